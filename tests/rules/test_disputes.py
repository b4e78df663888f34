"""A ticket is a function of its messages: how it stands, who may do what, and by when, as tables and in any order."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.rules import dispute_deadlines, disputes
from hub.rules.dispute_deadlines import Deadlines
from hub.rules.disputes import Concerned, Message, Said, Ticket
from schemas.dispute_codes import DisputeAction, DisputeOutcome, DisputeRole, DisputeStatus, DisputeStep
from schemas.reference import disputes as reference
from schemas.reference import load
from schemas.vocabulary import ClockKind, ParticipantKind
from tests.support.disputes import a_closing, a_dispute, an_answer
from tests.support.notifications import T0

ADMIN, OPERATOR, SOURCE = DisputeRole.ADMINISTRATOR, DisputeRole.OPERATOR, DisputeRole.SOURCE
ROLES = {"admin": ADMIN, "eastern": OPERATOR, "installer-1": SOURCE, "fsp-1": DisputeRole.PROVIDER}
OPEN, ACKNOWLEDGED, INVESTIGATING = DisputeStatus.OPEN, DisputeStatus.ACKNOWLEDGED, DisputeStatus.INVESTIGATING
DONE, CORRECTED = DisputeStatus.NO_ACTION_REQUIRED, DisputeStatus.CORRECTED
_numbers = count()


def said(message: Message, received_at: datetime = T0) -> Said:
    roles = frozenset({ROLES[message.source]}) if message.source in ROLES else frozenset[DisputeRole]()
    return Said(message, message.sender, f"message-{next(_numbers)}", received_at, roles)


def corrected(**told: object) -> Message:
    return a_closing(outcome=DisputeOutcome.CORRECTED, corrected_fields=("phases",), **told)  # type: ignore[arg-type]


def ticket(*messages: Message) -> Ticket:
    found = disputes.fold(said(m) for m in messages)
    assert found is not None
    return found


def test_the_states_are_those_of_the_model() -> None:
    assert set(load.statuses("dispute_status")) == set(DisputeStatus)


@pytest.mark.parametrize(
    ("messages", "status"),
    [
        ((), OPEN),
        ((an_answer(),), ACKNOWLEDGED),
        ((an_answer(step=DisputeStep.INVESTIGATE),), INVESTIGATING),
        ((an_answer(step=DisputeStep.INVESTIGATE), an_answer(occurred_at=T0)), INVESTIGATING),
        ((an_answer(step=DisputeStep.STATEMENT, sender="fsp-1"),), OPEN),
        ((an_answer(step=DisputeStep.EVIDENCE, sender="fsp-1"),), OPEN),
        ((a_closing(),), DONE),
        ((corrected(),), CORRECTED),
        ((corrected(), a_closing(occurred_at=T0)), CORRECTED),
        ((corrected(occurred_at=T0), a_closing()), DONE),
        ((a_closing(sender="eastern"),), DONE),
        ((a_closing(sender="installer-1"),), DONE),
        ((corrected(sender="installer-1"),), OPEN),
        ((a_closing(sender="fsp-1"),), OPEN),
        ((an_answer(sender="fsp-1"),), OPEN),
        ((an_answer(sender="oem-2", step=DisputeStep.STATEMENT),), OPEN),
    ],
)
def test_how_a_ticket_stands(messages: Sequence[Message], status: DisputeStatus) -> None:
    assert ticket(a_dispute(), *messages).status is status


def test_nothing_is_there_before_somebody_has_raised_it() -> None:
    assert disputes.fold([]) is None
    assert disputes.fold([said(an_answer()), said(a_closing())]) is None


def test_a_ticket_has_the_same_id_whenever_its_message_is_read_again() -> None:
    first = disputes.dispute_id("installer-1", "message-1")
    assert first == disputes.dispute_id("installer-1", "message-1")
    assert first not in (disputes.dispute_id("installer-2", "message-1"), disputes.dispute_id("installer-1", "m"))


class TestRefusals:
    def refusal(self, *messages: Message) -> str:
        (why, *_) = ticket(*messages).refused.values()
        return why

    def test_a_stranger_raises_nothing_and_nobody_adds_to_it(self) -> None:
        found = ticket(a_dispute("oem-2"), an_answer())
        assert not disputes.is_in_force(found)
        assert list(found.refused.values()) == [
            "Only those who told of the asset, its provider, a network operator whom it concerns and the administrator"
            " may raise a dispute about an asset, and you are none of them.",
            "The dispute was not taken up, so there is nothing to add to it.",
        ]

    def test_what_comes_after_the_end(self) -> None:
        assert self.refusal(a_dispute(), a_closing(), an_answer(occurred_at=T0)) == (
            "The dispute was closed on 30 April 2026 and stays closed; raise a new one if something is still wrong."
        )

    def test_nobody_but_the_administrator_decides_what_he_raised_himself(self) -> None:
        own = ticket(a_dispute("eastern"), corrected(sender="eastern"))
        assert own.status is OPEN
        assert "somebody else decides it; you may withdraw it" in next(iter(own.refused.values()))
        assert ticket(a_dispute("admin"), corrected()).status is CORRECTED

    def test_a_step_that_is_for_others(self) -> None:
        assert self.refusal(a_dispute(), an_answer(sender="fsp-1")) == (
            "Only a network operator whom it concerns and the administrator may acknowledge a dispute, and you are none"
            " of them."
        )


class TestParties:
    NOW = Concerned(frozenset({"installer-1", "fsp-1"}), frozenset({"eastern"}), "fsp-1")

    def test_whom_an_asset_concerns(self) -> None:
        assert self.NOW.parties() == {
            "eastern": {OPERATOR},
            "fsp-1": {SOURCE, DisputeRole.PROVIDER},
            "installer-1": {SOURCE},
        }

    def test_who_was_a_party_once_stays_one(self) -> None:
        later = Concerned(frozenset({"oem-1"}), frozenset({"london"}), None).parties()
        assert set(disputes.joined(self.NOW.parties(), later)) == {*self.NOW.parties(), "oem-1", "london"}

    @pytest.mark.parametrize(
        ("name", "kind", "roles"),
        [
            ("admin", ParticipantKind.ADMIN, {ADMIN}),
            ("neso", ParticipantKind.NESO, {OPERATOR}),
            ("eastern", ParticipantKind.DNO, {OPERATOR}),
            ("london", ParticipantKind.DNO, set()),
            ("fsp-2", ParticipantKind.FSP, set()),
            ("gone", None, set()),
        ],
    )
    def test_what_somebody_is_to_it(self, name: str, kind: ParticipantKind | None, roles: set[DisputeRole]) -> None:
        assert disputes.roles_of(name, kind, self.NOW.parties()) == roles


def test_every_action_has_somebody_who_may_do_it() -> None:
    assert set(reference.rights()) == set(DisputeAction)


class TestDeadlines:
    # Friday 1 May 2026; Monday 4 May is a bank holiday everywhere, 25 May too.
    DUE = Deadlines(date(2026, 5, 6), date(2026, 6, 2))

    def test_they_are_counted_in_working_days_from_the_london_day(self) -> None:
        assert dispute_deadlines.deadlines(T0, None) == self.DUE
        # Half past midnight in London is still the day before in UTC.
        late = datetime(2026, 5, 5, 23, 30, tzinfo=UTC)
        assert dispute_deadlines.deadlines(late, None).acknowledge_by == date(2026, 5, 8)

    @pytest.mark.parametrize(
        ("answered", "now", "missed", "overdue"),
        [
            (None, datetime(2026, 5, 6, 22, 59, tzinfo=UTC), 0, 0),
            (None, datetime(2026, 5, 6, 23, 1, tzinfo=UTC), 1, 1),
            (None, datetime(2026, 6, 3, 9, tzinfo=UTC), 2, 2),
            (datetime(2026, 5, 6, 12, tzinfo=UTC), datetime(2026, 5, 20, tzinfo=UTC), 0, 0),
            (datetime(2026, 5, 8, 12, tzinfo=UTC), datetime(2026, 5, 20, tzinfo=UTC), 1, 0),
        ],
    )
    def test_what_was_missed_and_what_is_overdue(
        self, answered: datetime | None, now: datetime, missed: int, overdue: int
    ) -> None:
        more = [said(an_answer(), answered)] if answered is not None else []
        found = disputes.fold([said(a_dispute()), *more])
        assert found is not None
        assert len(dispute_deadlines.missed(found, self.DUE, now)) == missed
        assert len(dispute_deadlines.overdue(found, self.DUE, now)) == overdue

    def test_clocks_run_for_what_is_still_to_be_done(self) -> None:
        def kinds(*messages: Message) -> list[ClockKind]:
            return [c.kind for c in dispute_deadlines.running(ticket(a_dispute(), *messages), self.DUE)]

        assert kinds() == [ClockKind.DISPUTE_ACKNOWLEDGEMENT, ClockKind.DISPUTE_DECISION]
        assert kinds(an_answer()) == [ClockKind.DISPUTE_DECISION]
        assert kinds(a_closing()) == []


MOMENTS = st.integers(0, 3).map(lambda hours: T0 + timedelta(hours=hours))
SPEAKERS = st.sampled_from(sorted([*ROLES, "oem-2"]))
MESSAGES = st.one_of(
    st.builds(
        lambda s, at, step: an_answer(sender=s, occurred_at=at, step=step),
        SPEAKERS,
        MOMENTS,
        st.sampled_from(DisputeStep),
    ),
    st.builds(lambda s, at: a_closing(sender=s, occurred_at=at), SPEAKERS, MOMENTS),
    st.builds(lambda s, at: corrected(sender=s, occurred_at=at), SPEAKERS, MOMENTS),
)
TOLD = st.tuples(st.builds(a_dispute, SPEAKERS), st.lists(MESSAGES, max_size=8)).map(
    lambda found: [said(m) for m in (found[0], *found[1])]
)


@given(TOLD.flatmap(lambda all_of_it: st.tuples(st.just(all_of_it), st.permutations(all_of_it))))
def test_the_order_of_arrival_makes_no_difference(both: tuple[list[Said], list[Said]]) -> None:
    one, other = both
    assert disputes.fold(one) == disputes.fold(other) == disputes.fold([*other, *one][len(one) :])


@given(TOLD)
def test_every_message_is_taken_or_refused_with_a_sentence(all_of_it: list[Said]) -> None:
    found = disputes.fold(all_of_it)
    assert found is not None
    assert {s.key for s in found.taken} | set(found.refused) == {s.key for s in all_of_it}
    assert not {s.key for s in found.taken} & set(found.refused)
    assert all(why[0].isupper() and why.endswith(".") for why in found.refused.values())
    assert found.status.is_open == (found.closed is None)


@given(TOLD)
def test_a_ticket_that_was_closed_is_never_opened_again(all_of_it: list[Said]) -> None:
    found = disputes.fold(all_of_it)
    assert found is not None
    if found.closed is not None:
        assert found.taken[-1] is found.closed
        later = said(an_answer(occurred_at=T0 + timedelta(days=9)))
        again = disputes.fold([*all_of_it, later])
        assert again is not None
        assert (again.status, again.closed) == (found.status, found.closed)
