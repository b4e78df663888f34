"""The ceiling up to which generation may be connected first and told of afterwards, over all units at a meter point.

What the register knows leaves room: units may share an inverter, and nobody tells on which phase a unit is. So there
is a least and a most that a phase may carry, and only where the least is too much is that said for certain. The
sentences hold no sums, so that they stay as they are while units come and go on the same side of the ceiling.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from hub.rules.forms.facts import ZERO, FormFacts, SiteGroup
from hub.rules.notice import notice
from schemas.outbound import Concern
from schemas.reference import connection
from schemas.reference.connection_categories import connection_categories

THREE_PHASES = 3
HYBRID = "hybrid"


@dataclass(frozen=True)
class PhaseLoad:
    """What the fullest phase of a supply carries, in kW: at least, and at the most."""

    least: Decimal
    most: Decimal


def load(site: Sequence[SiteGroup]) -> PhaseLoad:
    """The generation of a site on its fullest phase."""
    generating = [group for group in site if group.generating_kw > ZERO]
    shared = _behind_a_hybrid(generating)
    least = [group for group in generating if group not in shared]
    return PhaseLoad(_least(least), _most(generating))


def _behind_a_hybrid(generating: Sequence[SiteGroup]) -> list[SiteGroup]:
    """Panels and batteries that may stand behind an inverter which they share: then its rating is theirs."""
    kinds = connection_categories()
    if not any(kinds[group.category].generates == HYBRID for group in generating):
        return []
    return [group for group in generating if kinds[group.category].behind_hybrid]


def _least(groups: Sequence[SiteGroup]) -> Decimal:
    """Single-phase units stand on one phase of a single-phase supply; any other supply may spread all it has."""
    total = sum((group.generating_kw for group in groups), ZERO)
    return total if all(group.phases == 1 for group in groups) else total / THREE_PHASES


def _most(groups: Sequence[SiteGroup]) -> Decimal:
    """All units on one phase. Added up before it is divided, so that the order of units rounds nothing otherwise."""
    totals = {n: sum((g.generating_kw for g in groups if (g.phases or 1) == n), ZERO) for n in range(1, 4)}
    return sum((total / n for n, total in totals.items()), ZERO)


def notices(facts: FormFacts) -> Iterator[Concern]:
    """Whether approval was to come first. Only what generates itself is told so."""
    if facts.own.generating_kw == ZERO:
        return
    ceiling = connection.number("ceiling_per_phase", facts.on)
    if sum((group.generating_kw for group in facts.site), ZERO) <= ceiling:
        # Not even all of it on one phase is too much.
        return
    found, limit = load(facts.site), shown(ceiling, facts.on)
    if found.least > ceiling:
        sentence = (
            f"The generating and storing units at this meter point together are rated above {limit}, so the network"
            " operator has to approve them before they are connected (G99); if it has, nothing is to be done."
        )
        yield notice("G98-CEILING", sentence)
    elif found.most > ceiling:
        sentence = (
            f"The generating and storing units at this meter point may together be above {limit}; unless they share an"
            " inverter or are spread over three phases, the network operator has to approve them first (G99)."
        )
        yield notice("G98-CEILING_MAYBE", sentence)


def shown(ceiling: Decimal, on: date) -> str:
    """The ceiling as an installer knows it."""
    return f"{ceiling} kW a phase ({connection.number('ceiling_current_per_phase', on):f} A)"
