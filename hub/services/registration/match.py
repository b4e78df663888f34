"""Stage: match physical assets. Of which device a message speaks, and which assets are others than before for it."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import uuid_utils.compat as uuid

from hub.rules.claims import Claim, Decision
from hub.rules.matching import policy as matching_policy
from hub.rules.matching.claimed import sighting_of
from hub.rules.matching.identity import Grouping
from hub.rules.matching.judgement import Judgement, judge
from hub.rules.matching.sighting import Sighting, SightingId
from hub.rules.meter_point_facts import Resolution
from hub.services.registration import neighbours, stored
from hub.services.registration.decided import NO_SOURCE
from hub.services.registration.entry import JournalEntry
from hub.services.registration.evidence import Evidence
from hub.services.registration.neighbours import Moved, Neighbours
from registry_store import claims, locks
from registry_store.engine import Connection
from schemas.vocabulary import DedupeOutcome, ParticipantKind

WAITING = Decision(
    DedupeOutcome.NEW,
    None,
    ("No asset is registered under this reference yet; the message is kept and takes effect once it is.",),
)


@dataclass(frozen=True)
class Placement:
    """Where one message belongs: the decision, every asset that it makes another (its own first), who moved.

    There is none of these while the message waits for its asset. `first` says that its source never told of the asset
    before.
    """

    decision: Decision
    groupings: tuple[Grouping, ...] = ()
    moved: tuple[Moved, ...] = ()
    first: bool = False

    @property
    def members(self) -> tuple[SightingId, ...]:
        """All sightings of the message's own asset."""
        return self.groupings[0].members if self.groupings else ()


@dataclass(frozen=True)
class Matched:
    """What every message of a batch says and its placement, in its order, and what it leaves of the sightings."""

    drafts: tuple[Claim, ...]
    placements: tuple[Placement, ...]
    neighbours: Neighbours
    known: Mapping[SightingId, list[Claim]]
    """The claims under each reference of the batch from before it."""


def draft(entry: JournalEntry, resolution: Resolution | None, source_kind: ParticipantKind) -> Claim:
    """What the message says, before anything is decided about it."""
    return Claim(
        claim_id=uuid.uuid7(),
        source=entry.notification.source,
        source_kind=source_kind,
        sender=entry.sender,
        message_id=entry.message.id,
        notification=entry.notification,
        said_until=entry.notification.occurred_at,
        received_at=entry.received_at,
        seq=entry.notification.source_seq,
        resolution=resolution,
        permission=None,
        decision=WAITING,
    )


async def match(
    connection: Connection, entries: Sequence[JournalEntry], drafts: Sequence[Claim], evidence: Evidence
) -> Matched:
    """Decides about each message of a batch in its order. What it depends on is held until the transaction ends."""
    policy = matching_policy.shipped()
    references = sorted({d.reference for d in drafts})
    # Before their claims are read: another worker may be registering what the other lane has of them.
    await locks.take(connection, ("\x1f".join(("reference", *reference)) for reference in references))
    known: dict[SightingId, list[Claim]] = defaultdict(list)
    for row in await claims.of_references(connection, references):
        claim = stored.from_row(row)
        known[claim.reference].append(claim)
    drafts = await evidence.heard(connection, entries, drafts, known)
    told = list(_told(entries, drafts, known, policy))
    await locks.take(connection, _lock_keys(told))
    view = await neighbours.load(connection, policy, references, [s for s in told if s is not None])
    placements = tuple(_place(d, s, view, evidence) for d, s in zip(drafts, told, strict=True))
    return Matched(tuple(drafts), placements, view, known)


def _told(
    entries: Sequence[JournalEntry],
    drafts: Sequence[Claim],
    known: Mapping[SightingId, list[Claim]],
    policy: matching_policy.Policy,
) -> Iterator[Sighting | None]:
    """What each source says of its device after each message; nothing while it has not told that it stands."""
    so_far = {reference: list(found) for reference, found in known.items()}
    for entry, claim in zip(entries, drafts, strict=True):
        claims_of_it = so_far.setdefault(claim.reference, [])
        claims_of_it.append(claim)
        yield sighting_of(claims_of_it, policy, entry.received_at)


def _lock_keys(told: Sequence[Sighting | None]) -> Iterator[str]:
    """Everything else by which another worker could be deciding about the same device or premises right now."""
    for sighting in told:
        if sighting is None:
            continue
        yield "\x1f".join(("asset", NO_SOURCE, str(sighting.own_id)))
        for key in sighting.all_keys():
            yield "\x1f".join(key)


def _place(claim: Claim, told: Sighting | None, view: Neighbours, evidence: Evidence) -> Placement:
    if told is None:
        return Placement(WAITING)
    known = view.sightings.get(told.id)
    told = told.with_own_id(known.own_id if known is not None else evidence.own_id(told))
    groupings, moved = view.place(told)
    judgement = judge(told.id, view.device(told.id), again=known is not None)
    return Placement(_decision(judgement, groupings[0], own=known is not None), groupings, moved, known is None)


def _decision(judgement: Judgement, grouping: Grouping, *, own: bool) -> Decision:
    return Decision(
        judgement.outcome,
        grouping.asset_id,
        judgement.reasons,
        tuple(other for other in judgement.others if other != grouping.asset_id),
        own,
        dict(judgement.evidence),
    )
