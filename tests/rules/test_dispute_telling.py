"""What each party of a dispute reads of it: sentences for people, and nothing of those whom he must not know."""

from collections.abc import Iterator

import pytest

from hub.rules import disputes
from hub.rules.dispute_telling import Reader, Shown, reminder, shown
from hub.rules.disputes import Message, Said, Ticket
from schemas.dispute_codes import DisputeOutcome, DisputeRole, DisputeStep, DisputeSubject
from schemas.disputes import Correction, DisputedField, DisputeRaised
from schemas.vocabulary import ClockKind, ParticipantKind
from tests.support.disputes import PAPER, WRONG_RATING, a_closing, a_dispute, an_answer
from tests.support.notifications import COMMISSIONED_ON, T0

ROLES = {
    "admin": DisputeRole.ADMINISTRATOR,
    "eastern": DisputeRole.OPERATOR,
    "fsp-1": DisputeRole.PROVIDER,
    "fsp-2": DisputeRole.SOURCE,
    "installer-1": DisputeRole.SOURCE,
}
KINDS = {
    "admin": ParticipantKind.ADMIN,
    "neso": ParticipantKind.NESO,
    "eastern": ParticipantKind.DNO,
    "fsp-1": ParticipantKind.FSP,
    "fsp-2": ParticipantKind.FSP,
    "installer-1": ParticipantKind.INSTALLER,
    "oem-1": ParticipantKind.OEM,
    "platform-1": ParticipantKind.PLATFORM,
}
FIELDS = (WRONG_RATING, DisputedField(field="location.uprn", right_value="10"), DisputedField(field="market"))


def said(message: Message) -> Said:
    return Said(message, message.sender, f"id of {message.sender}", T0, frozenset({ROLES[message.sender]}))


def ticket(*messages: Message) -> Ticket:
    found = disputes.fold(said(m) for m in messages)
    assert found is not None
    return found


def seen(who: str, *messages: Message) -> list[Shown]:
    found = ticket(*messages)
    return [shown(s, found, Reader(frozenset({who}), KINDS[who])) for s in found.taken]


RAISED = a_dispute("fsp-2", fields=FIELDS, reason="Ours since May.")


@pytest.mark.parametrize("who", [name for name in KINDS if name != "fsp-2"])
def test_who_raised_it_is_for_those_who_decide_only(who: str) -> None:
    (first,) = seen(who, RAISED)
    reads_all = who in ("admin", "neso", "eastern")
    assert (first.text, first.evidence) == (("Ours since May.", (PAPER,)) if reads_all else (None, ()))
    assert first.said_by == ("source" if reads_all else "another_party")
    assert first.participant == ("fsp-2" if who == "admin" else None)
    assert "fsp-2" not in first.sentence


@pytest.mark.parametrize(
    ("who", "fields"),
    [
        ("fsp-2", FIELDS),
        ("admin", FIELDS),
        ("eastern", FIELDS),
        ("fsp-1", (WRONG_RATING, DisputedField(field="location.uprn"), DisputedField(field="market"))),
        ("installer-1", (WRONG_RATING, DisputedField(field="location.uprn"))),
    ],
)
def test_what_is_disputed_without_what_is_personal_or_hidden(who: str, fields: tuple[DisputedField, ...]) -> None:
    assert seen(who, RAISED)[0].fields == fields


@pytest.mark.parametrize("who", KINDS)
def test_what_those_who_decide_say_everybody_reads(who: str) -> None:
    _, answer, end = seen(who, RAISED, an_answer(), a_closing())
    assert (answer.text, end.text) == ("We have read it.", "The plate was looked at.")
    assert answer.participant == "admin"


def test_a_provider_is_known_to_the_operators_of_the_network() -> None:
    (first,) = seen("eastern", a_dispute("fsp-1"))
    assert (first.said_by, first.participant) == ("provider", "fsp-1")


def everything_said() -> Iterator[Message]:
    for subject in DisputeSubject:
        yield a_dispute("fsp-2", subject=subject)
    for step in DisputeStep:
        yield an_answer(step=step)
    yield a_closing()
    yield a_closing(sender="fsp-2")
    yield a_closing(outcome=DisputeOutcome.CORRECTED, corrected_fields=("phases",))
    yield a_closing(
        outcome=DisputeOutcome.CORRECTED,
        correction=Correction(effective_from=COMMISSIONED_ON, asset_name="Boiler room"),
    )


@pytest.mark.parametrize("who", ["fsp-2", "fsp-1", "eastern"])
def test_every_step_is_a_sentence(who: str) -> None:
    for message in everything_said():
        first = [] if isinstance(message, DisputeRaised) else [RAISED]
        last = seen(who, *first, message)[-1]
        assert last.sentence[0].isupper()
        assert last.sentence.endswith(".")
        assert "dispute about this asset" in last.sentence
        assert "Boiler room" not in last.sentence


def test_a_reminder_names_what_is_late_and_who_should_act() -> None:
    assert reminder(ClockKind.DISPUTE_DECISION, COMMISSIONED_ON) == (
        "The dispute about this asset was to be decided by 20 April 2026 and has not been; the administrator or its"
        " network operator should decide it now."
    )
