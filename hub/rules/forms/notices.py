"""Everything that the connection forms ask of one asset, in notices."""

from hub.rules.forms import (
    clocks,
    cluster,
    demand_form,
    export_limit,
    quantities,
    site_ceiling,
    type_test,
)
from hub.rules.forms.facts import FormFacts
from schemas.outbound import Concern

RULES = (
    clocks.notices,
    site_ceiling.notices,
    export_limit.notices,
    demand_form.notices,
    cluster.notices,
    type_test.notices,
    quantities.notices,
)


def about(facts: FormFacts) -> tuple[Concern, ...]:
    """Each notice once, in an order that depends on nothing but the notices."""
    found = {concern: None for rule in RULES for concern in rule(facts)}
    return tuple(sorted(found, key=lambda concern: (concern.rule_id, concern.sentence)))
