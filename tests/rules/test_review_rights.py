"""Who may decide what, by the table of rights."""

import pytest

from hub.rules.review_rights import Decider, Side, Standing, may_decide, operators_of
from schemas.reference.review import IDENTITY, METER_POINT, QUESTIONS, review_rights
from schemas.vocabulary import ParticipantKind
from tests.support.premises import FLAT, HOUSE, NEW_BUILD

EASTERN = frozenset({"UKPN_EPN"})
LONDON = frozenset({"UKPN_LPN"})
UNKNOWN: frozenset[str] = frozenset()
ADMIN = Decider("admin", ParticipantKind.ADMIN)
OPERATOR = Decider("eastern", ParticipantKind.DNO, ("UKPN_EPN",))
INSTALLER = Decider("installer-1", ParticipantKind.INSTALLER)


@pytest.mark.parametrize(
    ("decider", "sides", "standing"),
    [
        (ADMIN, (Side(), Side()), Standing.ALLOWED),
        (OPERATOR, (Side("oem-1", EASTERN), Side("oem-2", EASTERN)), Standing.ALLOWED),
        (OPERATOR, (Side("oem-1", EASTERN), Side("oem-2", UNKNOWN)), Standing.ALLOWED),
        (OPERATOR, (Side("oem-1", EASTERN), Side("oem-2", LONDON)), Standing.DENIED),
        (OPERATOR, (Side("oem-1", EASTERN | LONDON), Side("oem-2", EASTERN)), Standing.ALLOWED),
        (OPERATOR, (Side("oem-1", LONDON), Side("oem-2", UNKNOWN)), Standing.DENIED),
        (OPERATOR, (Side("oem-1", UNKNOWN), Side()), Standing.OPEN),
        (INSTALLER, (Side("installer-1"), Side("installer-1", LONDON)), Standing.ALLOWED),
        (INSTALLER, (Side("installer-1"), Side("oem-1")), Standing.DENIED),
        (INSTALLER, (Side("installer-1"), Side()), Standing.OPEN),
        (Decider("fsp-1", ParticipantKind.FSP), (Side("fsp-1"), Side("fsp-1")), Standing.DENIED),
        (Decider("neso", ParticipantKind.NESO, ("NESO",)), (Side("oem-1", EASTERN),) * 2, Standing.DENIED),
    ],
)
def test_who_may_decide_whether_two_devices_are_one(
    decider: Decider, sides: tuple[Side, Side], standing: Standing
) -> None:
    assert may_decide(decider, IDENTITY, sides).standing is standing
    assert may_decide(decider, IDENTITY, sides[::-1]).standing is standing


@pytest.mark.parametrize("kind", [k for k in ParticipantKind if k not in ("admin", "dno", "idno")])
def test_nobody_but_operators_and_the_administrator_names_meter_points(kind: ParticipantKind) -> None:
    answer = may_decide(Decider("somebody", kind, ("UKPN_EPN",)), METER_POINT, (Side("somebody", EASTERN),))
    assert answer.standing is Standing.DENIED


def test_every_refusal_names_its_rule_and_says_whom_to_ask() -> None:
    for (kind, question), right in review_rights().items():
        assert question in QUESTIONS
        assert right.rule_id.startswith("REV-"), kind
        assert right.sentence.endswith("."), kind


def test_the_operators_of_meter_points_are_told_by_their_first_digits() -> None:
    assert operators_of(HOUSE.import_mpan, None) == EASTERN
    assert operators_of(FLAT.import_mpan, FLAT.export_mpan) == LONDON
    assert operators_of(NEW_BUILD.import_mpan) == {"IDNO_ESP"}
    assert operators_of(None, "9912345678901") == UNKNOWN
