"""After an upgrade: sightings worked out from the claims of a register that had none, by the registration's own rules.

The migration leaves them bare. First each gets its facts and keys; then the neighbourhood of each is decided anew, and
every asset is composed again. In pages, so that a register of any size can be brought up, and go on after a stop.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from uuid import UUID

from hub.rules.claims import Claim
from hub.rules.matching import policy as matching_policy
from hub.rules.matching.claimed import sighting_of
from hub.rules.matching.identity import Grouping
from hub.rules.matching.policy import Policy as MatchingPolicy
from hub.rules.matching.sighting import SightingId
from hub.rules.matching.standing import Standing
from hub.rules.stacking import Policy
from hub.services.directory import Directory
from hub.services.registration import conflicts, forms, neighbours, peers, stored, unit, view, write
from hub.services.registration.conflicts import Change
from hub.services.registration.neighbours import Neighbours
from hub.services.registration.overlay import Overlay
from hub.services.registration.surroundings import Surroundings
from hub.services.registration.view import RegisterView
from registry_store import claims, locks, outbox, sightings
from registry_store.engine import Connection, Engine, transaction
from schemas.records.sightings import SightingKeyRow, SightingRow

PAGE = 100
_LOCK = "backfill"
_ANY_TIME = datetime.fromtimestamp(0, UTC)
"""An own id was given by the migration; what the facts say of it is not used."""


async def backfill(engine: Engine, directory: Directory, policy: Policy, now: datetime) -> int:
    """Works out every sighting that the migration left bare; says how many. Nothing where there are none."""
    matching = matching_policy.shipped()
    after: SightingId | None = None
    while page := await _read(engine, matching, after):
        after = page[-1]
    after, count = None, 0
    while page := await _decide(engine, matching, directory, policy, now, after):
        after, count = page[-1], count + len(page)
    return count


async def _read(engine: Engine, matching: MatchingPolicy, after: SightingId | None) -> list[SightingId]:
    """Facts and keys of the next bare sightings."""
    async with transaction(engine) as connection:
        await locks.take(connection, [_LOCK])
        bare = await sightings.undecided(connection, after, PAGE, without_facts=True)
        told: dict[SightingId, list[Claim]] = {(row.source, row.reference): [] for row in bare}
        for claim_row in await claims.of_references(connection, sorted(told)):
            claim = stored.from_row(claim_row)
            told[claim.reference].append(claim)
        rows, keys = [], list[SightingKeyRow]()
        for row in bare:
            found = sighting_of(told[row.source, row.reference], matching, _ANY_TIME)
            if found is not None:
                its_own = found.with_own_id(row.own_id)
                facts = stored.sighting_row(its_own, row.asset_id, Standing()).facts
                rows.append(row.model_copy(update={"facts": facts}))
                keys += stored.key_rows(found.id, found.all_keys())
        await sightings.put(connection, [], [], rows, keys, [])
    return list(told)


async def _decide(
    engine: Engine,
    matching: MatchingPolicy,
    directory: Directory,
    policy: Policy,
    now: datetime,
    after: SightingId | None,
) -> list[SightingId]:
    """Of which assets the next sightings are, and what these assets are now."""
    async with transaction(engine) as connection:
        await locks.take(connection, [_LOCK])
        ids = _ids(await sightings.undecided(connection, after, PAGE, without_facts=False))
        if not ids:
            return ids
        matched = await neighbours.load_undecided(connection, matching, ids)
        groupings, moved = matched.settle_anew(ids)
        register = await view.load(connection, groupings, {}, Overlay(), directory)
        around = Surroundings()
        caused = await _changes(connection, groupings, matched, register, around, policy)
        by = {sighting_id: _newest(register.about([sighting_id])) for sighting_id, _ in moved}
        outgoing = await write.write_assets(connection, caused, directory, now)
        await write.write_sightings(connection, matched, [(by[m[0]], m) for m in moved], now)
        await forms.write(connection, around, register.looked_at.values())
        await outbox.add(connection, outgoing)
    return ids


def _ids(rows: Iterable[SightingRow]) -> list[SightingId]:
    return [(row.source, row.reference) for row in rows]


async def _changes(
    connection: Connection,
    groupings: Sequence[Grouping],
    matched: Neighbours,
    register: RegisterView,
    around: Surroundings,
    policy: Policy,
) -> list[tuple[Claim, Change]]:
    """What is another than before, by the newest claim about it; of one that is another's now, about that."""
    members: dict[UUID | None, tuple[SightingId, ...]] = {g.asset_id: g.members for g in groupings}
    accounts = [register.account(grouping) for grouping in groupings]
    await around.look(connection, [unit.of(said) for said in accounts if said is not None])
    causes: dict[UUID, Claim] = {}
    found = []
    for grouping, said in zip(groupings, accounts, strict=True):
        claim = _newest(register.about(grouping.members or members.get(grouping.merged_into, ())))
        causes[claim.claim_id] = claim
        found.append((claim, conflicts.change(grouping, said, claim, register, around, policy)))
    found += await peers.look_again(connection, matched, register, around, policy, causes)
    return [(claim, change) for claim, change in found if change is not None and change.is_one]


def _newest(told: Sequence[Claim]) -> Claim:
    return max(told, key=lambda claim: (claim.said_until, claim.message_id))
