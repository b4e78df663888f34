"""Several premises of one installer near each other, within a short time: approval comes first."""

from collections.abc import Iterator
from datetime import date

from hub.rules.forms.distance import Basis, Distance
from hub.rules.forms.facts import ZERO, FormFacts
from hub.rules.notice import notice
from schemas.outbound import Concern
from schemas.reference import connection

CERTAIN, PERHAPS = "G98-CLUSTER", "G98-CLUSTER_MAYBE"
_NEAR_FOR_CERTAIN = (Basis.SAME_PROPERTY, Basis.SAME_POSTCODE)


def notices(facts: FormFacts) -> Iterator[Concern]:
    """One notice: by the surest of the works near by."""
    commissioned = facts.state.commissioning_date
    if commissioned is None or facts.own.generating_kw == ZERO:
        return
    days = int(connection.number("cluster_window", facts.on))
    near = [
        found
        for work in facts.works
        if abs((work.commissioned_on - commissioned).days) <= days
        and (found := _near(work.distance, facts.on)) is not None
    ]
    metres = f"{connection.number('cluster_distance', facts.on):f} m"
    if any(near):
        yield notice(
            CERTAIN,
            f"Its installer has put in generation at other premises within {metres} and within {days} days; then the"
            " network operator has to approve all of them before they are connected.",
        )
    elif near:
        yield notice(
            PERHAPS,
            f"Its installer has put in generation at other premises in the same postcode area within {days} days; where"
            f" they are within {metres}, the network operator has to approve all of them first.",
        )


def _near(distance: Distance, on: date) -> bool | None:
    """True for near, False for perhaps near, nothing for far."""
    if distance.basis is Basis.MEASURED and distance.metres is not None:
        return True if distance.metres <= connection.number("cluster_distance", on) else None
    return distance.basis in _NEAR_FOR_CERTAIN
