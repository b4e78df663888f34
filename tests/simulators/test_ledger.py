"""The ledger notices what is not as expected, and counts each message once."""

import pytest

from schemas.outbound import Receipt
from schemas.vocabulary import Door, ReceiptOutcome
from simulators import messages
from simulators.client import Answer
from simulators.ledger import MOST_PROBLEMS, Ledger
from simulators.messages import Outgoing, Step
from tests.simulators.hub_stand_in import receipt

TOLD = Step(Outgoing("ledger-message-0001", b"{}"), messages.TOLD)
REPEAT = Step(TOLD.outgoing, messages.REPEAT)
FORGED = Step(Outgoing("ledger-message-0002", b"{}", forged=True), messages.BAD_SIGNATURE)


def answer(step: Step, status: int, quarantine_id: str | None = None) -> Answer:
    return Answer(step.outgoing.message_id, status, "a_code", quarantine_id=quarantine_id)


def final(step: Step, outcome: ReceiptOutcome) -> Receipt:
    return Receipt.model_validate(receipt("installer-1", step.outgoing.message_id, outcome, "because"))


def heard(*said: tuple[Step, int]) -> Ledger:
    ledger = Ledger()
    for step, status in said:
        ledger.heard("installer-1", Door.WEBHOOK, step, answer(step, status))
    return ledger


def test_a_repeat_is_sent_twice_and_accepted_once() -> None:
    ledger = heard((TOLD, 202), (REPEAT, 200))
    assert (ledger.sent, len(ledger.accepted), ledger.problem_count) == (2, 1, 0)
    assert ledger.by_door() == {Door.WEBHOOK: 1}


@pytest.mark.parametrize(("step", "status"), [(TOLD, 422), (FORGED, 202), (REPEAT, 409)])
def test_an_answer_that_was_not_expected_is_a_problem(step: Step, status: int) -> None:
    ledger = heard((step, status))
    assert ledger.problem_count == 1
    assert str(status) in ledger.problems[0]


def test_a_refusal_that_was_expected_is_none() -> None:
    ledger = heard((FORGED, 401))
    assert (ledger.problem_count, dict(ledger.refused), ledger.accepted) == (0, {"a_code": 1}, {})


def test_what_was_set_aside_is_counted_once() -> None:
    ledger = Ledger()
    for _ in range(2):
        ledger.heard("installer-1", Door.WEBHOOK, FORGED, answer(FORGED, 401, "quarantine-1"))
    assert len(ledger.set_aside) == 1


def test_a_message_waits_until_its_receipt_is_final() -> None:
    ledger = heard((TOLD, 202))
    ledger.settle([final(TOLD, ReceiptOutcome.ACCEPTED)])
    assert ledger.open("installer-1") == [TOLD.outgoing.message_id]
    ledger.settle([final(TOLD, ReceiptOutcome.REGISTERED)] * 2)
    assert (ledger.waiting, ledger.open("installer-1")) == (0, [])
    assert ledger.outcomes() == {ReceiptOutcome.REGISTERED: 1}


def test_an_outcome_that_was_not_expected_is_a_problem() -> None:
    ledger = heard((TOLD, 202))
    ledger.settle([final(TOLD, ReceiptOutcome.QUARANTINED)])
    assert ledger.problem_count == 1
    assert "quarantined" in ledger.problems[0]


def test_problems_beyond_the_first_are_counted_only() -> None:
    ledger = Ledger()
    ledger.problems_of(str(n) for n in range(MOST_PROBLEMS + 5))
    assert (ledger.problem_count, len(ledger.problems)) == (MOST_PROBLEMS + 5, MOST_PROBLEMS)
