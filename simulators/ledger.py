"""What was sent and heard: every actor writes it, and what was expected is held against it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from schemas.outbound import Receipt
from schemas.vocabulary import Door, ReceiptOutcome
from simulators.client import Answer
from simulators.messages import Expectation, Step

MOST_PROBLEMS = 50
Key = tuple[str, str]
"""Participant and message id."""


@dataclass(frozen=True)
class Accepted:
    door: Door
    expected: Expectation


class Ledger:
    """Counts of a run. A message is accepted once, however often it was repeated."""

    def __init__(self) -> None:
        self.sent = 0
        self.accepted: dict[Key, Accepted] = {}
        self.receipts: dict[Key, Receipt] = {}
        self.refused: Counter[str] = Counter()
        self.set_aside: set[str] = set()
        self.problems: list[str] = []
        self.problem_count = 0

    def heard(self, participant: str, door: Door, step: Step, answer: Answer) -> None:
        """One answer of a door to one message that was sent."""
        self.sent += 1
        if answer.status not in step.expected.statuses:
            self.problem(f"{step.expected.why}: answered {answer.status} {answer.code} ({answer.sentence})")
        if answer.quarantine_id is not None:
            self.set_aside.add(answer.quarantine_id)
        if answer.accepted:
            self.accepted.setdefault((participant, answer.message_id), Accepted(door, step.expected))
        else:
            self.refused[answer.code] += 1

    def handed_over(self, participant: str, door: Door, step: Step) -> None:
        """A message that a broker has acknowledged for the hub."""
        self.sent += 1
        self.accepted.setdefault((participant, step.outgoing.message_id), Accepted(door, step.expected))

    def settle(self, receipts: Iterable[Receipt]) -> None:
        """Final receipts; those that are not final yet are left out."""
        for receipt in receipts:
            key = (receipt.participant, receipt.message_id)
            if receipt.outcome is ReceiptOutcome.ACCEPTED or key in self.receipts or key not in self.accepted:
                continue
            self.receipts[key] = receipt
            expected = self.accepted[key].expected
            if receipt.outcome not in expected.outcomes:
                reasons = "; ".join(receipt.reasons)
                self.problem(f"{expected.why}: became {receipt.outcome} {receipt.code or ''} ({reasons})")

    def open(self, participant: str) -> list[str]:
        """Ids of accepted messages without a final receipt."""
        return [m for p, m in self.accepted if p == participant and (p, m) not in self.receipts]

    @property
    def participants(self) -> list[str]:
        return sorted({participant for participant, _ in self.accepted})

    @property
    def waiting(self) -> int:
        return len(self.accepted) - len(self.receipts)

    def outcomes(self) -> Counter[ReceiptOutcome]:
        return Counter(receipt.outcome for receipt in self.receipts.values())

    def by_door(self) -> Counter[Door]:
        return Counter(accepted.door for accepted in self.accepted.values())

    def problems_of(self, sentences: Iterable[str]) -> None:
        for sentence in sentences:
            self.problem(sentence)

    def problem(self, sentence: str) -> None:
        """Something that is not as it should be; the first fifty are kept in words."""
        self.problem_count += 1
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(sentence)
