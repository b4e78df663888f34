"""An export limit does not lift the ceiling: what counts is the rating of the units."""

from collections.abc import Iterator

from hub.rules.forms.facts import FormFacts
from hub.rules.forms.site_ceiling import shown
from hub.rules.notice import notice
from schemas.outbound import Concern
from schemas.reference import connection


def notices(facts: FormFacts) -> Iterator[Concern]:
    """Where what is exported is below the ceiling, and what the unit is rated is above."""
    state = facts.state
    rated, limited = facts.own.generating_kw, state.generation_capacity_kw
    if limited is None or limited >= rated:
        return
    phases, ceiling = state.phases or 1, connection.number("ceiling_per_phase", facts.on)
    if limited / phases <= ceiling < rated / phases:
        yield notice(
            "G100-EXPORT_LIMIT",
            f"Its output is told to be less than its rating; an export limit (G100) does not change that a rating above"
            f" {shown(ceiling, facts.on)} has to be approved before connecting (G99).",
        )
