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

RULES = (clocks.notices, type_test.notices, quantities.notices)
ABOUT_APPROVAL = (site_ceiling.notices, export_limit.notices, demand_form.notices, cluster.notices)
"""What only a network operator knows the answer to; it is not asked about what it tells of itself."""


_OF_FORMS = ("FORM-", "G98-", "G100-", "LCT-", "QTY-")


def is_of_forms(concern: Concern) -> bool:
    """Whether the connection forms raised it."""
    return concern.rule_id.startswith(_OF_FORMS)


def about(facts: FormFacts) -> tuple[Concern, ...]:
    """Each notice once, in an order that depends on nothing but the notices."""
    rules = RULES if facts.operator_told else (*RULES, *ABOUT_APPROVAL)
    found = [concern for rule in rules for concern in rule(facts)]
    if len(found) < 2:
        return tuple(found)
    return tuple(sorted(dict.fromkeys(found), key=lambda concern: (concern.rule_id, concern.sentence)))
