"""Stage: answers of an enquiry service. A place that was asked about is looked at anew with all that is known of it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from hub.clock import london_date
from hub.rules.claims import Claim, Told, fold
from hub.rules.matching.sighting import SightingId
from hub.rules.meter_point_facts import Resolution
from hub.rules.reconsider import reconsider
from hub.services.registration import resolve
from hub.services.registration.resolve import Places
from registry_store.engine import Connection
from schemas.asset import Location
from schemas.findings import MeterPointsAnswered


async def heard(
    connection: Connection, drafts: Sequence[Claim], known: Mapping[SightingId, Sequence[Claim]], now: datetime
) -> list[Claim]:
    """The claims of a batch, with the places resolved anew of those about which an enquiry service was asked."""
    of = {reference: list(known.get(reference, ())) for reference in {d.reference for d in drafts}}
    asked = {c.reference for c in (*drafts, *(c for found in of.values() for c in found)) if _is_answer(c)}
    if not asked:
        return list(drafts)
    about = [c for c in (*drafts, *(c for r in asked for c in of[r])) if c.reference in asked]
    places = await resolve.around(connection, [place for c in about if (place := _location(c)) is not None])
    found = []
    for draft in drafts:
        claims = of[draft.reference]
        claims.append(draft)
        if draft.reference in asked and (_is_answer(draft) or _location(draft) is not None):
            draft = replace(draft, resolution=_anew(fold(claims), claims, places, now))
            claims[-1] = draft
        found.append(draft)
    return found


def _anew(told: Told, claims: Sequence[Claim], places: Places, now: datetime) -> Resolution | None:
    """Nothing where no place was told yet: the answer was to a question about one that was taken back since."""
    location: Location | None = told.facts.get("location")
    if location is None:
        return None
    points = places.near(location)
    return reconsider(
        resolve.supplied(location),
        points,
        [c.notification for c in claims if isinstance(c.notification, MeterPointsAnswered)],
        resolve.kind_of(told.facts.get("asset_category")),
        london_date(now),
        places.links(location, points),
        told.facts.get("effective_from"),
    )


def _is_answer(claim: Claim) -> bool:
    return isinstance(claim.notification, MeterPointsAnswered)


def _location(claim: Claim) -> Location | None:
    return getattr(claim.notification, "location", None)
