"""The form for chargepoints and heat pumps: what may be told of afterwards, and what needs an application first.

The demand of the home besides these devices is not known here, and kW are at most as many as kVA; so what is above the
limit by the devices alone is above it for certain.
"""

from collections.abc import Iterator

from hub.rules.forms.facts import ZERO, FormFacts
from hub.rules.forms.site_ceiling import THREE_PHASES
from hub.rules.notice import notice
from schemas.outbound import Concern
from schemas.reference import connection


def notices(facts: FormFacts) -> Iterator[Concern]:
    """For a device that has this form."""
    category = facts.category
    if category is None or not category.demand_form or facts.state.decommissioned_on is not None:
        return
    yield from _demand(facts)
    if category.generates != "no":
        yield from _bidirectional(facts)


def _demand(facts: FormFacts) -> Iterator[Concern]:
    own, on = facts.own, facts.on
    limit = connection.number("demand_per_phase", on)
    words = f"{connection.number('demand_current', on):f} A ({limit} kVA) a phase"
    if own.demand_kw / (own.phases or THREE_PHASES) > limit:
        yield notice(
            "LCT-DEMAND",
            f"This device alone takes more than {words}, so the network operator has to be asked before it is"
            " connected; if it has agreed, nothing is to be done.",
        )
    elif sum((g.demand_kw / (g.phases or 1) for g in facts.site), ZERO) > limit:
        yield notice(
            "LCT-DEMAND_SITE",
            f"The chargepoints and heat pumps at this meter point may together take more than {words}; unless their"
            " load is managed below that, the network operator has to be asked first.",
        )


def _bidirectional(facts: FormFacts) -> Iterator[Concern]:
    generating = [g for g in facts.site if g.generating_kw > ZERO]
    single = all(g.phases == 1 for g in generating)
    limit = connection.number("v2g_single_phase" if single else "v2g_three_phase", facts.on)
    if sum((g.generating_kw for g in generating), ZERO) > limit:
        phases = "one phase" if single else "three phases"
        yield notice(
            "LCT-V2G",
            f"Generation and storage at this meter point are above {limit:f} kW on {phases}, so the form for"
            " chargepoints does not cover this charger; apply to the network operator for generation (G99).",
        )
