"""Who may do what with which rows: a table over every kind of participant."""

import pytest

from hub.rules.access import Action, Denial, Grant, Object, Principal, RowFilter, authorise
from schemas.vocabulary import ParticipantKind

READS = tuple(o for o in Object if o not in (Object.SERVICE, Object.NOTIFICATION))
KINDS = tuple(ParticipantKind)


def principal(kind: ParticipantKind, *speaks_for: str) -> Principal:
    codes = ("UKPN_EPN",) if kind in (ParticipantKind.DNO, ParticipantKind.IDNO) else ()
    return Principal("me", kind, codes, speaks_for)


def granted(who: Principal, on: Object = Object.ASSET) -> Grant:
    decision = authorise(who, Action.READ, on)
    assert isinstance(decision, Grant)
    return decision


@pytest.mark.parametrize("on", Object)
@pytest.mark.parametrize("action", Action)
def test_without_a_token_only_what_is_open_to_everybody(action: Action, on: Object) -> None:
    decision = authorise(None, action, on)
    if (action, on) in ((Action.READ, Object.SERVICE), (Action.SEND, Object.NOTIFICATION)):
        assert isinstance(decision, Grant)
        assert decision.rows == RowFilter(), "and no row of the register"
    else:
        assert isinstance(decision, Denial)
        assert decision.status == 401


@pytest.mark.parametrize("on", [o for o in READS if o is not Object.DISPUTE])
@pytest.mark.parametrize("kind", KINDS)
def test_nobody_writes_to_the_register_but_by_signed_messages(kind: ParticipantKind, on: Object) -> None:
    decision = authorise(principal(kind), Action.SEND, on)
    assert isinstance(decision, Denial)
    assert decision.status == 403


ROWS = {
    ParticipantKind.INSTALLER: RowFilter(sources=("me",)),
    ParticipantKind.OEM: RowFilter(sources=("me",)),
    ParticipantKind.PLATFORM: RowFilter(sources=("me",)),
    ParticipantKind.FSP: RowFilter(fsps=("me",)),
    ParticipantKind.DNO: RowFilter(operator_codes=("UKPN_EPN",), sources=("me",)),
    ParticipantKind.IDNO: RowFilter(operator_codes=("UKPN_EPN",), sources=("me",)),
    ParticipantKind.NESO: RowFilter(everything=True),
    ParticipantKind.ADMIN: RowFilter(everything=True),
    ParticipantKind.REGULATOR: RowFilter(),
    ParticipantKind.HUB: RowFilter(),
}


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("kind", KINDS)
def test_disputes_are_for_those_who_are_named_as_parties(kind: ParticipantKind, action: Action) -> None:
    decision = authorise(principal(kind, "fsp-1"), action, Object.DISPUTE)
    assert isinstance(decision, Grant)
    assert decision.rows == RowFilter(everything=kind is ParticipantKind.ADMIN, sources=("me", "fsp-1"))


@pytest.mark.parametrize("on", [o for o in READS if o is not Object.DISPUTE])
@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_reads_its_own_rows(kind: ParticipantKind, on: Object) -> None:
    decision = granted(principal(kind), on)
    assert (decision.participant, decision.rows) == ("me", ROWS[kind])


def test_a_platform_reads_for_the_providers_that_it_may_speak_for() -> None:
    assert granted(principal(ParticipantKind.PLATFORM, "fsp-1")).rows == RowFilter(sources=("me",), fsps=("fsp-1",))


@pytest.mark.parametrize(
    ("who", "only"),
    [
        (principal(ParticipantKind.FSP), {"me"}),
        (principal(ParticipantKind.PLATFORM, "fsp-1"), {"fsp-1"}),
        (principal(ParticipantKind.PLATFORM), set()),
        (principal(ParticipantKind.DNO), None),
        (principal(ParticipantKind.NESO), None),
        (principal(ParticipantKind.ADMIN), None),
    ],
    ids=str,
)
def test_whose_market_part_a_reader_sees(who: Principal, only: set[str] | None) -> None:
    assert granted(who).visibility.only_providers == only


def test_a_filter_without_parts_lets_no_row_through() -> None:
    assert RowFilter() == RowFilter(everything=False, operator_codes=(), sources=(), fsps=())
