"""The versions of an asset: who brought each about, when, by which message, and which rules had a say."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from hub.clock import today
from hub.rules.access import Grant
from hub.rules.claims import Claim
from hub.rules.telling import is_own, sees_evidence
from hub.rules.timeline import FOR_EVER, Horizon, Message, When
from hub.services.registration import stored
from hub.services.views import Views, provided_now
from registry_store import claims, history, past, sightings
from registry_store.engine import Connection, Engine, repeatable_read
from schemas.outbound import AssetState
from schemas.records.assets import AssetHistoryRow


@dataclass(frozen=True)
class Rule:
    """One rule that had a say in a version, and what it says, for a person."""

    rule_id: str
    sentence: str


@dataclass(frozen=True)
class Version:
    """One version of an asset as the reader sees it, with the message behind it as far as he may know it."""

    row: AssetHistoryRow
    asset: AssetState
    changed_fields: tuple[str, ...]
    participant: str | None
    message_id: str | None
    notification: str | None
    rules: tuple[Rule, ...]


@dataclass(frozen=True)
class HistoryPage:
    """Versions in their order, and the number to go on from where there may be more."""

    versions: list[Version]
    next_after: int | None


@dataclass(frozen=True)
class _Loaded:
    """A page of versions as they are stored, and all that is needed to show them."""

    rows: Sequence[AssetHistoryRow]
    more: bool
    before: AssetHistoryRow | None
    not_yet: frozenset[Message]
    """Messages behind later versions that were recorded together with the last of the page."""
    causes: Mapping[Message, Claim]
    views: Views


class Histories:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def versions(self, grant: Grant, asset_id: UUID, when: When, after: int, limit: int) -> HistoryPage | None:
        """The next versions that concerned the reader or that his own messages brought about, each as of the day asked
        for; nothing where the asset was never his business."""
        async with repeatable_read(self._engine) as connection:
            present = await past.version(connection, grant.rows, asset_id, FOR_EVER)
            if present is None:
                return None
            loaded = await _load(connection, grant, present, when, after, limit)
        versions: list[Version] = []
        for number, row in enumerate(loaded.rows):
            # An asset may have thousands of claims, and others wait at this door.
            await asyncio.sleep(0)
            before = loaded.rows[number - 1] if number else loaded.before
            if (version := _version(row, before, grant, loaded, when)) is not None:
                versions.append(version)
        return HistoryPage(versions, loaded.rows[-1].version if loaded.more else None)


async def _load(
    connection: Connection, grant: Grant, present: past.Version, when: When, after: int, limit: int
) -> _Loaded:
    asset_id = present.row.asset_id
    found = await history.page(connection, asset_id, when.horizon.known_at, after, limit + 1)
    rows, more = found[:limit], len(found) > limit
    if not rows:
        return _Loaded((), False, None, frozenset(), {}, await Views.load(connection, grant, (), frozenset(), today()))
    before = await history.page(connection, asset_id, FOR_EVER, rows[0].version - 2, 1) if rows[0].version > 1 else []
    not_yet = await history.causes_after(connection, asset_id, rows[-1].version, rows[-1].recorded_at)
    theirs = provided_now(grant, [present])
    states = [AssetState.model_validate(row.state) for row in rows]
    views = await Views.load(connection, grant, states, theirs, today(), deep=when.as_of is not None)
    causes = await _causes(connection, asset_id, rows)
    return _Loaded(rows, more, before[0] if before else None, frozenset(not_yet), causes, views)


async def _causes(connection: Connection, asset_id: UUID, rows: Sequence[AssetHistoryRow]) -> Mapping[Message, Claim]:
    """What was said with the messages behind the versions, as far as it was said of this asset."""
    members = {(m.source, m.reference) for m in await sightings.ever_of(connection, [asset_id])}
    found = await claims.by_messages(connection, sorted(members), [row.message_id for row in rows])
    return {(row.sender, row.message_id): stored.from_row(row) for row in found}


def _version(
    row: AssetHistoryRow, before: AssetHistoryRow | None, grant: Grant, loaded: _Loaded, when: When
) -> Version | None:
    views, state = loaded.views, AssetState.model_validate(row.state)
    own = is_own(row.participant, grant)
    if not own and not views.whole(state):
        return None
    seen = views.of(state, _horizon(row, loaded, when), when.as_of)
    if seen is None:
        return None
    # The sender may be another provider, and who else claims an asset is not for one to know.
    named = own or grant.rows.everything or grant.visibility.only_providers is None
    told = own or grant.rows.everything
    compared = own or sees_evidence(grant)
    cause = loaded.causes.get((row.participant, row.message_id))
    return Version(
        row,
        seen,
        views.changes(row.changed_fields, state),
        row.participant if named else None,
        row.message_id if told else None,
        type(cause.notification).__name__ if cause and named else None,
        (*_identity(cause, compared), *_raised(seen, before)),
    )


def _horizon(row: AssetHistoryRow, loaded: _Loaded, when: When) -> Horizon:
    """What was known when a version was made, and not what came with the later ones of the same batch. For the last
    one it is all that is asked about: what came later made no version, and may still have been true on the day."""
    if row is loaded.rows[-1] and not loaded.more:
        return when.horizon
    later = (r for r in loaded.rows if r.version > row.version and r.recorded_at == row.recorded_at)
    not_yet = {(r.participant, r.message_id) for r in later}
    if loaded.rows[-1].recorded_at == row.recorded_at:
        not_yet |= loaded.not_yet
    return Horizon(row.recorded_at, frozenset(not_yet))


def _identity(cause: Claim | None, compared: bool) -> Sequence[Rule]:
    """Why the message belongs to this asset; what was compared is for its sender, as his receipt says it."""
    if cause is None or not compared:
        return ()
    return [Rule(f"ID-{cause.decision.outcome}", " ".join(cause.decision.reasons))]


def _raised(seen: AssetState, before: AssetHistoryRow | None) -> Sequence[Rule]:
    """The concerns that this version was the first to have."""
    known = set(AssetState.model_validate(before.state).concerns) if before is not None else set()
    return [Rule(c.rule_id, c.sentence) for c in seen.concerns if c not in known]
