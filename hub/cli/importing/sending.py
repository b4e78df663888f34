"""Import a public register: its rows become signed notifications through the batch door of a running hub."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, assert_never

from hub.cli.importing import chargepoints, ecr
from hub.cli.importing.results import Part, Refused, Repeated, Result
from hub.cli.importing.summary import Ending, ImportSummary, RowOutcome, of_receipt, summarise
from hub.identity import Identity
from schemas import avro
from schemas.outbound import Receipt
from schemas.vocabulary import ReceiptOutcome
from simulators.client import Answer, HubClient
from simulators.messages import Outgoing, content_id
from simulators.pace import side_by_side

Kind = Literal["ecr", "chargepoints"]
BATCH = 250
SIDE_BY_SIDE = 2
POLL_SECONDS = 0.5
NOT_YET = "Accepted, but not registered yet; import the file again to ask."
SENT_BEFORE = "Sent before with the same content; it has no further effect."


@dataclass(frozen=True)
class ImportProgress:
    """Assets to send, answered by the door, and ended."""

    assets: int
    answered: int
    ended: int


@dataclass(frozen=True)
class _Letter:
    """One asset on its way. Its id follows from what it says, so that saying it again has no effect."""

    part: Part
    outgoing: Outgoing


def sender_of(kind: Kind) -> str:
    """The participant that speaks for a register."""
    match kind:
        case "ecr":
            return ecr.SENDER
        case "chargepoints":
            return chargepoints.SENDER
        case _:
            assert_never(kind)


def results_of(kind: Kind, file: Path) -> list[Result]:
    """What every row of a file becomes. Raises `table.FileUnusable`."""
    match kind:
        case "ecr":
            return ecr.map_rows(ecr.read(file))
        case "chargepoints":
            return chargepoints.map_rows(chargepoints.read(file))
        case _:
            assert_never(kind)


async def import_file(
    kind: Kind,
    file: Path,
    url: str,
    identity: Identity,
    progress: Callable[[ImportProgress], None],
    patience: float = 120.0,
) -> ImportSummary:
    """Sends every row of a file to the hub at `url` and waits until each has ended.

    Raises `table.FileUnusable`, `client.HubSilent` or `client.HubRefused`. After an interruption the same
    file may be imported again: what was taken is then a duplicate.
    """
    results = results_of(kind, file)
    letters = [_letter(kind, result) for result in results if isinstance(result, Part)]
    sending = _Sending(letters, progress, patience)
    async with HubClient(url, patience=patience) as client:
        some = [letters[start : start + BATCH] for start in range(0, len(letters), BATCH)]
        await side_by_side(some, lambda batch: sending.send(client, identity, batch), SIDE_BY_SIDE)
        await sending.wait(client, identity)
    endings = [*_not_sent(results), *sending.endings()]
    return summarise(sorted({result.row for result in results}), len(letters), endings)


def _letter(kind: Kind, part: Part) -> _Letter:
    body = avro.encode(part.notification)
    return _Letter(part, Outgoing(content_id(kind, body), body))


def _not_sent(results: Sequence[Result]) -> Iterator[Ending]:
    for result in results:
        match result:
            case Refused(row, reason):
                yield Ending(row, RowOutcome.REFUSED, (reason,))
            case Repeated(row, _):
                yield Ending(row, RowOutcome.DUPLICATE, ("An earlier row of the file says the same.",))
            case Part():
                pass
            case _:
                assert_never(result)


class _Sending:
    def __init__(self, letters: Sequence[_Letter], progress: Callable[[ImportProgress], None], patience: float) -> None:
        self._letters = letters
        self._progress = progress
        self._patience = patience
        self._answers: dict[str, Answer] = {}
        self._receipts: dict[str, Receipt] = {}

    async def send(self, client: HubClient, identity: Identity, letters: Sequence[_Letter]) -> None:
        answers = await client.send_batch(identity, [letter.outgoing for letter in letters])
        for letter, answer in zip(letters, answers, strict=True):
            # Two assets that say the same share an id; what the first was told holds for both.
            self._answers.setdefault(letter.outgoing.message_id, answer)
        self._tell()

    async def wait(self, client: HubClient, identity: Identity) -> None:
        """Asks for receipts until all are final, or none has come for as long as patience lasts."""
        clock = asyncio.get_running_loop().time
        moved = clock()
        while (open_ids := self._open()) and clock() - moved < self._patience:
            found = await client.receipts(identity, open_ids)
            final = {m: r for m, r in found.items() if r.outcome is not ReceiptOutcome.ACCEPTED}
            if final:
                self._receipts |= final
                moved = clock()
                self._tell()
            else:
                await asyncio.sleep(POLL_SECONDS)

    def _open(self) -> list[str]:
        return [m for m, answer in self._answers.items() if answer.status == 202 and m not in self._receipts]

    def _tell(self) -> None:
        answered = len(self._answers)
        self._progress(ImportProgress(len(self._letters), answered, answered - len(self._open())))

    def endings(self) -> Iterator[Ending]:
        for letter in self._letters:
            row, message_id = letter.part.row, letter.outgoing.message_id
            answer, receipt = self._answers[message_id], self._receipts.get(message_id)
            if not answer.accepted:
                yield Ending(row, RowOutcome.REFUSED, (f"{answer.code}: {answer.sentence}",))
            elif answer.status == 200:
                yield Ending(row, RowOutcome.DUPLICATE, (SENT_BEFORE,))
            elif receipt is not None:
                yield of_receipt(row, receipt, letter.part.notes)
            else:
                yield Ending(row, RowOutcome.QUERIED, (NOT_YET,))
