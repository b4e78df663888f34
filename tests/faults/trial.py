"""What a trial of a fault was and came to, for the table of all of them (`python -m tests.faults.report`)."""

import json
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.faults.checker import Checked


@dataclass(frozen=True)
class Form:
    """How much is tried: the short form is part of every test run, the long one is a campaign of its own."""

    name: str
    seed: int
    messages: int

    def size(self, share: float, short: int) -> int:
        """So many messages, a share of the campaign's, where a fault needs fewer; `short` in the short form."""
        return short if self.name == "short" else max(short, round(self.messages * share))


@dataclass
class Trial:
    """One test of one fault."""

    fault: str
    test: str
    form: str
    seed: int
    tries: Counter[str] = field(default_factory=Counter)
    acknowledged: int = 0
    lost: int = 0
    repeated: int = 0
    otherwise: int = 0
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    outcome: str = "not ended"
    seconds: float = 0.0
    began: float = field(default_factory=time.monotonic)

    def tried(self, what: str, times: int = 1) -> None:
        self.tries[what] += times

    def note(self, sentence: str) -> None:
        """Something measured, for the table."""
        self.notes.append(sentence)

    def found(self, checked: Checked) -> None:
        """Notes what the checker says, and insists that all is well."""
        self.acknowledged += checked.acknowledged
        self.lost += checked.lost
        self.repeated += checked.repeated
        self.otherwise += checked.otherwise
        self.problems += checked.problems
        assert checked.ok, checked

    def ended(self, outcome: str) -> None:
        self.outcome = outcome
        self.seconds = round(time.monotonic() - self.began, 1)

    def as_json(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "began"}


def write(file: Path, trials: list[Trial]) -> None:
    """Adds trials to those that the file holds; one of the same test and form takes the place of the older one."""
    known = json.loads(file.read_text()) if file.exists() else []
    found = {(each["test"], each["form"]): each for each in known}
    found |= {(trial.test, trial.form): trial.as_json() for trial in trials}
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(list(found.values()), indent=1) + "\n")
