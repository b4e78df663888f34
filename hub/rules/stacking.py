"""What one asset may be contracted for at the same time.

Stacking concerns one asset in two services; whose action wins between operators is `primacy`. The published
tables leave most pairs open, and what is open is for a person to review, never taken as allowed.
"""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import combinations
from typing import Literal, assert_never

from hub.rules.service import Finding, Service, Severity, concerned
from schemas.reference import load
from schemas.reference.tables import ProviderRule, StackingPair

Policy = Literal["evidence_only", "stacking_by_default"]
Pairs = Mapping[frozenset[str], StackingPair]


def check(
    services: Sequence[Service],
    policy: Policy,
    rated_kw: Decimal | None = None,
    pairs: Pairs | None = None,
    provider_rules: Sequence[ProviderRule] | None = None,
) -> tuple[Finding, ...]:
    """All that stands against the services of ONE asset, in an order that does not depend on theirs.

    `rated_kw` is the rating of the asset, for services that share it; tables default to the shipped ones.
    """
    pairs = load.stacking_pairs() if pairs is None else pairs
    rules = load.provider_rules() if provider_rules is None else provider_rules
    ordered = sorted(services, key=_order)
    findings: list[Finding] = []
    for first, second in combinations(ordered, 2):
        if first.overlaps(second):
            findings.extend(_opposed(first, second))
            findings.extend(_stacked(first, second, policy, pairs))
            findings.extend(_through_two_providers(first, second, rules))
    if rated_kw is not None:
        findings.extend(_over_rating(ordered, rated_kw, policy, pairs))
    return tuple(dict.fromkeys(findings))


def _order(service: Service) -> tuple[str, ...]:
    start, end = service.starts.timestamp(), service.ends.timestamp()
    capacity = "" if service.capacity_kw is None else str(service.capacity_kw)
    parts = (service.product_code, service.procurer, service.fsp or "", service.direction, capacity)
    return (*parts, f"{start:020.3f}", f"{end:020.3f}")


def _opposed(first: Service, second: Service) -> Iterator[Finding]:
    if first.opposes(second):
        sentence = (
            f"{first.product_code} and {second.product_code} call for opposite directions at the same time. "
            "That is a conflict of primacy, not stacking."
        )
        yield _finding("STK-OPPOSITE", "warning", sentence, first, second)


def _stacked(first: Service, second: Service, policy: Policy, pairs: Pairs) -> Iterator[Finding]:
    names = f"{first.product_code} and {second.product_code}"
    if first.product_code == second.product_code:
        sentence = f"{first.product_code} is contracted twice in the same period; the same kW count once."
        yield _finding("STK-SAME-PRODUCT", "warning", sentence, first, second)
        return
    pair = pairs.get(frozenset((first.product_code, second.product_code)))
    if pair is None:
        sentence = f"The stacking table has no row for {names}; ask both buyers before relying on both."
        yield _finding("STK-UNKNOWN", "warning", sentence, first, second)
        return
    note = f" Note: {pair.conditions}." if pair.conditions else ""
    match _mode(pair, policy):
        case "prohibited":
            firm = pair.firmness == "firm"
            severity: Severity = "blocking" if firm else "warning"
            known = "may not be given" if firm else "are read as not to be given (to be confirmed)"
            sentence = f"{names} {known} by one asset (table of {pair.as_of}).{note}"
            yield _finding("STK-PROHIBITED", severity, sentence, first, second)
        case "unknown_review":
            sentence = f"Nobody has published whether one asset may give {names} together; review it.{note}"
            yield _finding("STK-UNKNOWN", "warning", sentence, first, second)
        case "jumping":
            sentence = f"{names} are published as allowed in different periods only, and these overlap.{note}"
            yield _finding("STK-JUMPING-ONLY", "warning", sentence, first, second)
        case "splitting" | "co_delivery":
            return
        case unheard_of:
            raise ValueError(f"the stacking table has the mode {unheard_of!r}, which is none of the five")


def _through_two_providers(first: Service, second: Service, rules: Sequence[ProviderRule]) -> Iterator[Finding]:
    if first.fsp is None or second.fsp is None or first.fsp == second.fsp:
        return
    for rule in rules:
        if first.product_code in rule.products and second.product_code in rule.products:
            severity: Severity = "blocking" if rule.firmness == "firm" else "warning"
            yield _finding(rule.rule_id, severity, f"{rule.sentence} Two are named for one asset.", first, second)


def _over_rating(services: Sequence[Service], rated_kw: Decimal, policy: Policy, pairs: Pairs) -> Iterator[Finding]:
    """Services that share an asset must divide its kW; the sum is largest when some service starts."""
    sized = [service for service in services if service.capacity_kw is not None]
    for moment in sorted({service.starts for service in sized}):
        running = [service for service in sized if service.starts <= moment < service.ends]
        for towards_export in (True, False):
            sharing = [service for service in running if service.raises_export is towards_export]
            needed = _needed_kw(sharing, policy, pairs)
            if len(sharing) > 1 and needed > rated_kw:
                codes = tuple(sorted({service.product_code for service in sharing}))
                names = " and ".join(codes)
                sentence = f"{names} together call for {needed} kW of an asset rated {rated_kw} kW."
                yield Finding("STK-CAPACITY", "warning", sentence, codes, concerned(*sharing))


def _needed_kw(services: Sequence[Service], policy: Policy, pairs: Pairs) -> Decimal:
    """The kW that the services need together: split services add up, co-delivered ones use the same kW."""
    if not services:
        return Decimal(0)
    first, rest = services[0], services[1:]
    capacity = first.capacity_kw or Decimal(0)
    apart = [service for service in rest if not _co_delivered(first, service, policy, pairs)]
    with_first = capacity + _needed_kw(apart, policy, pairs)
    return with_first if len(apart) == len(rest) else max(with_first, _needed_kw(rest, policy, pairs))


def _co_delivered(first: Service, second: Service, policy: Policy, pairs: Pairs) -> bool:
    pair = pairs.get(frozenset((first.product_code, second.product_code)))
    return pair is not None and _mode(pair, policy) == "co_delivery"


def _mode(pair: StackingPair, policy: Policy) -> str:
    match policy:
        case "evidence_only":
            return pair.mode_evidence_only
        case "stacking_by_default":
            return pair.mode_stacking_by_default
        case _:
            assert_never(policy)


def _finding(rule_id: str, severity: Severity, sentence: str, first: Service, second: Service) -> Finding:
    codes = (first.product_code, second.product_code)
    return Finding(rule_id, severity, sentence, codes, concerned(first, second))
