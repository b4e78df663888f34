"""Who says what an asset shows, and which sightings it is made of."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from hub.clock import today
from hub.rules import provenance, telling
from hub.rules.access import Grant
from hub.rules.claims import Told, by_reference, fold
from hub.rules.matching.sighting import SightingId
from hub.rules.matching.standing import Standing
from hub.rules.provenance import FieldSource, Saying
from hub.rules.timeline import Membership, When
from hub.services.registration import stored
from hub.services.shown import Elsewhere, one
from hub.services.views import Views, provided_now
from registry_store import past, sightings
from registry_store.engine import Connection, Engine, repeatable_read
from schemas.outbound import AssetState


@dataclass(frozen=True)
class Teller:
    """One sighting of the asset: who tells of it under which reference, since when it is of this asset, and why.

    `standing` is what joins it to others by now; of the past it is not kept beyond what each message's decision says.
    """

    told: Told
    since: Membership
    standing: Standing | None


@dataclass(frozen=True)
class Sources:
    """An asset, the sources of its fields, what each source calls it, and the sightings that it is made of."""

    asset: AssetState
    fields: tuple[FieldSource, ...]
    names: tuple[Saying, ...]
    tellers: tuple[Teller, ...]
    recorded: dict[UUID, datetime] = field(default_factory=dict)
    """When each claim was recorded, by its id."""


class Provenance:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def sources(self, grant: Grant, asset_id: UUID, when: When) -> Sources | Elsewhere | None:
        """The sources of all that the reader may see of an asset, on a day, as it was known at a time."""
        async with repeatable_read(self._engine) as connection:
            found = await one(connection, grant, asset_id, when)
            if not isinstance(found, AssetState):
                return found
            version = await past.version(connection, grant.rows, asset_id, when.horizon.known_at)
            if version is None:
                return None
            state = AssetState.model_validate(version.row.state)
            theirs = provided_now(grant, [version])
            views = await Views.load(connection, grant, [state], theirs, today(), deep=True)
            standings = await _standings(connection, asset_id) if when.is_now else {}
        return _sources(found, state, views, standings, grant, when)


async def _standings(connection: Connection, asset_id: UUID) -> dict[SightingId, Standing]:
    rows = await sightings.of_assets(connection, [asset_id])
    return {(row.source, row.reference): stored.standing(row) for row in rows}


def _sources(
    shown: AssetState,
    version: AssetState,
    views: Views,
    standings: dict[SightingId, Standing],
    grant: Grant,
    when: When,
) -> Sources:
    whole = views.unmasked(version, when.horizon, when.as_of) or shown
    told = [fold(group) for group in by_reference(views.claims(whole, when.horizon, when.as_of))]
    found = (telling.tellable(f, whole, grant, today()) for f in provenance.of(whole, told))
    since = views.members(version.asset_id, when.horizon)
    mine = [t for t in told if telling.known_of(t.source, t.source_kind, t.latest.sender, grant).evidence]
    tellers = [Teller(t, since[t.latest.reference], standings.get(t.latest.reference)) for t in mine]
    return Sources(
        shown,
        tuple(f for f in found if f is not None),
        tuple(_names(shown, told, grant)),
        tuple(tellers),
        views.recorded(version.asset_id),
    )


def _names(shown: AssetState, told: Sequence[Told], grant: Grant) -> Iterator[Saying]:
    if shown.external_ids:
        for saying in provenance.named(told):
            if telling.known_of(saying.source, saying.kind, saying.claim.sender, grant).kind:
                yield saying
