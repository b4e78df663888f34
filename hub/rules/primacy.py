"""Whose action goes first where the national and a network operator work against each other.

The hub records, warns and reports; it never decides dispatch. Only rules in force are applied, and where none
is published both operators are warned.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from hub.rules.service import NESO, Finding, Service, concerned, operator_kind
from schemas.reference import load
from schemas.reference.tables import PrimacyRule

_LONDON = ZoneInfo("Europe/London")


def check(service_a: Service, service_b: Service, rules: Mapping[str, PrimacyRule] | None = None) -> Finding | None:
    """What the rules say of two services on one asset or one network; None where they do not collide.

    Only operators of the electricity system are compared, and only in periods that overlap. The rules are
    tried in the order of the table and hold by the day on which the overlap begins, in Europe/London.
    """
    kinds = {operator_kind(service_a.procurer), operator_kind(service_b.procurer)}
    if None in kinds or service_a.procurer == service_b.procurer or not service_a.overlaps(service_b):
        return None
    first, second = sorted((service_a, service_b), key=lambda s: (s.procurer != NESO, s.procurer, s.product_code))
    begins = max(first.starts, second.starts).astimezone(UTC)
    for rule in (load.primacy_rules() if rules is None else rules).values():
        if _in_force(rule, begins) and _matches(rule, first, second, with_neso="NESO" in kinds):
            return _finding(rule, first, second)
    return None


def _in_force(rule: PrimacyRule, begins: datetime) -> bool:
    day: date = begins.astimezone(_LONDON).date()
    return rule.standing or (rule.effective_from is not None and rule.effective_from <= day)


def _matches(rule: PrimacyRule, first: Service, second: Service, with_neso: bool) -> bool:
    """Whether the rule's words fit; `first` is NESO's where it is one of the two."""
    if not rule.neso_products:
        return False
    # A rule that names products or a priority is between NESO and a network operator; the default is for all.
    if not with_neso and (rule.neso_products != {"any"} or rule.dno_products != {"any"}):
        return False
    return (
        _holds(rule.neso_products, first.product_code)
        and _holds(rule.dno_products, second.product_code)
        and second.product_code not in rule.dno_products_excluded
        and _fits(rule.neso_directions, first, second)
        and _fits(rule.dno_directions, second, first)
    )


def _holds(named: frozenset[str], product_code: str) -> bool:
    return "any" in named or product_code in named


def _fits(named: frozenset[str], service: Service, other: Service) -> bool:
    return "any" in named or service.direction in named or ("opposite" in named and service.opposes(other))


def _finding(rule: PrimacyRule, first: Service, second: Service) -> Finding:
    holder = {"DNO": second.procurer, "NESO": first.procurer}.get(rule.priority)
    names = f"{first.product_code} of {first.procurer} and {second.product_code} of {second.procurer}"
    if holder is None:
        sentence = f"{names} may work against each other, and no rule in force says which goes first ({rule.name})."
    else:
        sentence = f"{names}: {holder} goes first ({rule.name}); {rule.effect_on_other_so}."
    return Finding(
        rule_id=rule.rule_id,
        severity="warning",
        sentence=sentence,
        products=(first.product_code, second.product_code),
        tell=concerned(first, second),
        priority=holder,
    )
