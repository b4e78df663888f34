"""The hand that writes: knows what its source knows, slips as often as it does, and keeps a list of its slips."""

from dataclasses import dataclass, field
from datetime import date
from random import Random

from simulators.corpus.rates import Rates
from simulators.corpus.tellers import Sender

CONFUSED = {"O": "0", "0": "O", "I": "1", "1": "I", "S": "5", "5": "S", "B": "8", "8": "B", "Z": "2", "2": "Z"}
FULL_WIDTH = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
LIGATURES = (("ffi", "\ufb03"), ("fi", "\ufb01"), ("fl", "\ufb02"), ("ff", "\ufb00"))


@dataclass
class Pen:
    """One telling's pen on its `day`; `tags` are the slips made with it."""

    dice: Random
    rates: Rates
    sender: Sender
    day: date
    tags: list[str] = field(default_factory=list)

    def knows(self, name: str) -> bool:
        return self.dice.random() < self.rates.knows[(self.sender.style, name)]

    def slips(self, name: str) -> bool:
        """Whether the slip happens now; if so it is noted."""
        happens = self.dice.random() < self.rates.slips[(self.sender.style, name)] * self.sender.slips_times
        if happens:
            self.tags.append(name)
        return happens

    def text(self, value: str) -> str:
        """The text, now and then in characters that look the same and are others."""
        return self._damaged(value) if self.slips("text_damage") else value

    def _damaged(self, value: str) -> str:
        dice = self.dice
        for letters, ligature in LIGATURES:
            if letters in value:
                return value.replace(letters, ligature)
        match dice.randrange(4):
            case 0:
                return value.translate(FULL_WIDTH)
            case 1:
                return value.replace(" ", "\u00a0").replace("-", "\u2011") + "\u00a0"
            case 2:
                return f"{value[:2]}\u200b{value[2:]}"
            case _:
                # UTF-8 read as Latin, as spreadsheets do with what is not plain ASCII.
                return value.replace("-", "\u2013").replace(" ", "\u00a0").encode().decode("latin-1")


def mistyped(dice: Random, value: str) -> str:
    """The value with one slip of the eye or the finger; never the value itself."""
    while True:
        place = dice.randrange(len(value))
        character = value[place]
        kind = dice.choices(("misread", "other", "swapped", "left_out", "doubled"), weights=(35, 25, 20, 14, 6))[0]
        match kind:
            case "misread":
                written = value[:place] + CONFUSED.get(character, character) + value[place + 1 :]
            case "other":
                other = dice.choice("0123456789" if character.isdigit() else "ABCDEFGHJKMNPRTUVWXY")
                written = value[:place] + other + value[place + 1 :]
            case "swapped":
                written = value[:place] + value[place : place + 2][::-1] + value[place + 2 :]
            case "left_out":
                written = value[:place] + value[place + 1 :]
            case _:
                written = value[:place] + character + value[place:]
        if _bare(written) != _bare(value):
            return written


def _bare(value: str) -> str:
    return "".join(character for character in value.upper() if character.isalnum())
