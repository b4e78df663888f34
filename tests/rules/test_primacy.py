"""Whose action goes first between system operators, by the rules in force."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hub.rules.primacy import check
from hub.rules.service import Service, operator_kind
from schemas.reference import load
from schemas.vocabulary import Direction

IN_FORCE = datetime(2026, 11, 2, 12, tzinfo=UTC)


def service(code: str, procurer: str, direction: Direction, starts: datetime = IN_FORCE) -> Service:
    return Service(code, procurer, direction, starts, starts + timedelta(hours=2), fsp="sparks")


MW_DISPATCH = service("MWD", "NESO", Direction.GENERATION_DOWN)


@pytest.mark.parametrize(
    ("one", "other", "rule", "priority"),
    [
        (MW_DISPATCH, service("SU", "UKPN_SPN", Direction.DEMAND_DOWN), "P1", "UKPN_SPN"),
        (MW_DISPATCH, service("SAOU_DA", "NGED", Direction.GENERATION_UP), "P1", "NGED"),
        (MW_DISPATCH, service("LEGACY_RESTORE", "UKPN", Direction.GENERATION_UP), "P0", None),
        (MW_DISPATCH, service("SU", "UKPN", Direction.GENERATION_DOWN), None, None),
        (service("DC", "NESO", Direction.DEMAND_UP), service("SU", "NPg", Direction.DEMAND_DOWN), "P0", None),
        (
            service("DC", "NESO", Direction.DEMAND_DOWN),
            service("SU", "NPg", Direction.DEMAND_DOWN),
            None,
            None,
        ),
        (MW_DISPATCH, service("ANM", "SSEN_SEPD", Direction.GENERATION_DOWN), "P7", None),
        (
            service("SU", "UKPN_EPN", Direction.DEMAND_UP),
            service("SU", "IDNO_ESP", Direction.DEMAND_DOWN),
            "P0",
            None,
        ),
        (
            service("ANM", "UKPN_EPN", Direction.GENERATION_DOWN),
            service("SU", "IDNO_ESP", Direction.GENERATION_DOWN),
            None,
            None,
        ),
        (service("CM", "DESNZ", Direction.GENERATION_UP), MW_DISPATCH, None, None),
        (service("DC", "NESO", Direction.DEMAND_UP), MW_DISPATCH, None, None),
    ],
)
def test_pairs_of_operators_are_judged_by_the_rules_in_force(
    one: Service, other: Service, rule: str | None, priority: str | None
) -> None:
    forth, back = check(one, other), check(other, one)
    assert forth == back
    assert (forth.rule_id if forth else None, forth.priority if forth else None) == (rule, priority)


def test_both_operators_and_the_provider_are_told() -> None:
    finding = check(MW_DISPATCH, service("SU", "UKPN_SPN", Direction.DEMAND_DOWN))
    assert finding is not None
    assert finding.tell == ("NESO", "UKPN_SPN", "sparks")
    assert "UKPN_SPN goes first" in finding.sentence
    assert finding.severity == "warning"


def at(starts: datetime) -> str | None:
    finding = check(
        replace(MW_DISPATCH, starts=starts, ends=starts + timedelta(hours=1)),
        service("SU", "UKPN_SPN", Direction.DEMAND_DOWN, starts),
    )
    return finding.rule_id if finding else None


def test_rule_one_holds_from_its_first_day_in_london() -> None:
    assert at(datetime(2025, 11, 30, 23, 59, tzinfo=UTC)) == "P0"
    assert at(datetime(2025, 12, 1, tzinfo=UTC)) == "P1"


def test_a_rule_with_a_later_date_waits_for_it(tmp_path: Path) -> None:
    shipped = Path(load.__file__).with_name("primacy_rules.csv").read_text("utf-8")
    changed = shipped.replace("effective 2025-12-01", "effective 2030-07-01")
    (tmp_path / "primacy_rules.csv").write_text(changed, encoding="utf-8")
    rules = load.primacy_rules(tmp_path)
    opposed = service("SU", "UKPN_SPN", Direction.DEMAND_DOWN)
    before = check(MW_DISPATCH, opposed, rules)
    assert before is not None and before.rule_id == "P0"
    # 30 June 23:30 UTC is 1 July in London summer time.
    eve = datetime(2030, 6, 30, 23, 30, tzinfo=UTC)
    later = [replace(s, starts=eve, ends=eve + timedelta(hours=1)) for s in (MW_DISPATCH, opposed)]
    after = check(later[0], later[1], rules)
    assert after is not None and after.rule_id == "P1"


def test_periods_apart_do_not_collide() -> None:
    later = service("SU", "UKPN_SPN", Direction.DEMAND_DOWN, IN_FORCE + timedelta(hours=2))
    assert check(MW_DISPATCH, later) is None


@pytest.mark.parametrize(
    ("procurer", "kind"),
    [
        ("NESO", "NESO"),
        ("UKPN", "DNO"),
        ("NPg", "DNO"),
        ("UKPN_EPN", "DNO"),
        ("IDNO_EDFI", "DNO"),
        ("DESNZ", None),
    ],
)
def test_buyers_are_told_apart(procurer: str, kind: str | None) -> None:
    assert operator_kind(procurer) == kind
