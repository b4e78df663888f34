"""Stage: match physical assets. To which asset a message belongs, or that it tells of a new one."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import uuid_utils.compat as uuid

from hub.rules import identity
from hub.rules.claims import Claim, Decision
from hub.rules.consent import ConsentDecision
from hub.rules.identity import Key
from hub.rules.meter_point_facts import Resolution
from hub.services.directory import Directory
from hub.services.registration.entry import JournalEntry
from hub.services.registration.view import RegisterView
from registry_store import assets, claims
from registry_store.engine import Connection
from schemas.identifiers import canonical_uprn, parse_mpan
from schemas.notifications import AssetCommissioned
from schemas.vocabulary import DedupeOutcome, ParticipantKind

WAITING = "No asset is registered under this reference yet; the message is kept and takes effect once it is."


def keys(entry: JournalEntry) -> tuple[Key, ...]:
    return identity.keys(entry.notification.source, entry.notification)


def lock_keys(entries: Sequence[JournalEntry]) -> Iterable[str]:
    """Everything by which another worker could be deciding about the same device or premises right now."""
    for entry in entries:
        for key in keys(entry):
            yield "\x1f".join(key)
        location = getattr(entry.notification, "location", None)
        if location is not None:
            for text in (location.import_mpan, location.export_mpan):
                if (core := parse_mpan(text).core) is not None:
                    yield f"mpan\x1f{core}"
            if (uprn := canonical_uprn(location.uprn).value) is not None:
                yield f"uprn\x1f{uprn}"


async def load(connection: Connection, entries: Sequence[JournalEntry]) -> RegisterView:
    """The assets that a key of the batch leads to, with all their claims."""
    wanted = sorted({key for entry in entries for key in keys(entry)})
    identifiers = await assets.matching(connection, wanted)
    asset_ids = sorted({row.asset_id for row in identifiers})
    references = sorted({(e.notification.source, e.notification.sender_asset_ref) for e in entries})
    return RegisterView.of(
        identifiers,
        await assets.by_ids(connection, asset_ids),
        await claims.of(connection, asset_ids, references),
    )


def decide(entry: JournalEntry, resolution: Resolution | None, view: RegisterView) -> Decision:
    """Where a message belongs. Only a commissioning notice makes a new asset; other messages wait for theirs."""
    numbers = {("import", resolution.import_mpan), ("export", resolution.export_mpan)} if resolution else set()
    told = identity.device(
        entry.notification.source,
        entry.notification,
        frozenset((direction, number) for direction, number in numbers if number is not None),
    )
    decision = identity.decide(told, view.candidates(keys(entry)))
    if decision.asset_id is not None:
        return decision
    if isinstance(entry.notification, AssetCommissioned):
        return replace(decision, asset_id=uuid.uuid7())
    return Decision(DedupeOutcome.NEW, None, (WAITING,))


def claim(
    entry: JournalEntry,
    resolution: Resolution | None,
    permission: ConsentDecision | None,
    decision: Decision,
    directory: Directory,
) -> Claim:
    """What the message says, with what was found out about it."""
    source = directory.members.get(entry.notification.source)
    return Claim(
        claim_id=uuid.uuid7(),
        source=entry.notification.source,
        # A source that has left since its message was accepted is believed as little as a platform.
        source_kind=source.kind if source else ParticipantKind.PLATFORM,
        sender=entry.sender,
        message_id=entry.message.id,
        notification=entry.notification,
        said_until=entry.notification.occurred_at,
        seq=entry.notification.source_seq,
        resolution=resolution,
        permission=permission,
        decision=decision,
    )
