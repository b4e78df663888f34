"""Last stage: write. Assets, sightings, claims, history, receipts and outbox of a whole batch."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import uuid_utils.compat as uuid
from orjson import Fragment

from hub.rules.claims import Claim
from hub.rules.visibility import tellable
from hub.services.directory import Directory
from hub.services.registration import notices, stored
from hub.services.registration.conflicts import Change, Effect
from hub.services.registration.known import known_after
from hub.services.registration.neighbours import Moved, Neighbours
from registry_store import assets, claims, history, outbox, receipts, sightings
from registry_store.engine import Connection
from registry_store.outbox import Outgoing
from schemas import avro, topics
from schemas.identifiers import normalise_serial
from schemas.made import made
from schemas.outbound import Receipt
from schemas.records.assets import AssetHistoryRow, AssetRow, FormerOperatorRow
from schemas.records.outbound import ReceiptRow
from schemas.records.sightings import MembershipRow, SightingKeyRow, SightingRow
from schemas.vocabulary import DedupeOutcome, Door, ReceiptOutcome


@dataclass(frozen=True)
class Changes:
    """Everything that a batch is going to write, in the order of the journal. `tell_all` as for `write_assets`."""

    directory: Directory
    now: datetime
    neighbours: Neighbours
    effects: list[Effect]
    tell_all: bool = False

    def outcomes(self) -> dict[ReceiptOutcome, int]:
        return dict(Counter(outcome(effect) for effect in self.effects))


async def write(connection: Connection, changes: Changes) -> None:
    """One statement for each table."""
    now = changes.now
    changed = caused(changes.effects)
    outgoing = await write_assets(connection, changed, changes.directory, now, tell_all=changes.tell_all)
    moved = [(e.claim, m) for e in changes.effects for m in e.placement.moved]
    await write_sightings(connection, changes.neighbours, moved, now)
    await _write_claims(connection, changes)
    found = _receipts(changes.effects, now)
    await receipts.put(connection, [made(ReceiptRow, **vars(r)) for r in found])
    awaited = {e.entry.key for e in changes.effects if e.entry.door not in (Door.WEBHOOK, Door.HUB)}
    # Which door a message came through that waited for its asset is not kept; over HTTP its sender may hear twice.
    awaited |= {(c.sender, c.message_id) for e in changes.effects for c in e.adopted}
    outgoing += [receipt_message(r, now) for r in found if (r.participant, r.message_id) in awaited]
    await outbox.add(connection, outgoing)


def caused(effects: Iterable[Effect]) -> list[tuple[Claim, Change]]:
    """Every change that messages have made, with what was said in the message."""
    return [(effect.claim, change) for effect in effects for change in effect.changes]


async def write_assets(
    connection: Connection,
    changed: Sequence[tuple[Claim, Change]],
    directory: Directory,
    now: datetime,
    *,
    tell_all: bool = False,
) -> list[Outgoing]:
    """Assets that have changed, each version of them with the claim behind it, and what is to be told of that.

    `tell_all`: operators are told of changes that are not material, too.
    """
    known = known_after(changed)
    latest = {c.after.asset_id: (c, told.version) for (_, c), told in zip(changed, known, strict=True)}
    new = {c.after.asset_id for _, c in changed if c.before is None}
    rows = [_asset_row(change, version, now) for change, version in latest.values()]
    await assets.add(connection, [row for row in rows if row.asset_id in new])
    await assets.put(connection, [row for row in rows if row.asset_id not in new])
    await history.add(connection, [_history_row(claim, c, now) for claim, c in changed])
    await history.note_former_operators(connection, [row for _, c in changed for row in _areas_left(c)])
    return [
        outgoing
        for (claim, c), told in zip(changed, known, strict=True)
        for outgoing in notices.of(claim, c, directory, now, material=told is c.after, tell_all=tell_all)
    ]


async def write_sightings(
    connection: Connection, view: Neighbours, moved: Sequence[tuple[Claim, Moved]], now: datetime
) -> None:
    """Sightings with their keys, and which of them are another asset's from now on, with the claim behind that."""
    new, their_keys = list[SightingRow](), list[SightingKeyRow]()
    rows, keys, gone = list[SightingRow](), list[SightingKeyRow](), list[SightingKeyRow]()
    for sighting_id in sorted(view.changed):
        sighting = view.sightings[sighting_id]
        known = view.before.get(sighting_id)
        row = stored.sighting_row(sighting, view.assets[sighting_id], view.standing[sighting_id])
        has = set(sighting.all_keys())
        if known is None:
            new.append(row)
            their_keys += stored.key_rows(sighting_id, has)
            continue
        rows.append(row)
        had = set(known.all_keys())
        keys += stored.key_rows(sighting_id, has - had)
        gone += stored.key_rows(sighting_id, had - has)
    await sightings.put(connection, new, their_keys, rows, keys, gone)
    await sightings.note_memberships(connection, [_membership(claim, m, now) for claim, m in moved])


def _membership(claim: Claim, moved: Moved, now: datetime) -> MembershipRow:
    (source, reference), asset_id = moved
    return made(
        MembershipRow,
        membership_id=0,
        source=source,
        reference=reference,
        asset_id=asset_id,
        recorded_at=now,
        participant=claim.sender,
        message_id=claim.message_id,
    )


async def _write_claims(connection: Connection, changes: Changes) -> None:
    said = [e for e in changes.effects if e.repeated is None]
    await claims.add(connection, [stored.to_row(e.claim, changes.now) for e in said])
    await claims.say_again(
        connection, [stored.repeat_row(e.repeated, e.claim, changes.now) for e in changes.effects if e.repeated]
    )


def _areas_left(change: Change) -> Iterator[FormerOperatorRow]:
    before = change.before.operators if change.before else ()
    for code in set(before) - set(change.after.operators):
        yield made(FormerOperatorRow, operator=code, asset_id=change.after.asset_id)


def _asset_row(change: Change, told_version: int, now: datetime) -> AssetRow:
    state = change.after
    return made(
        AssetRow,
        asset_id=state.asset_id,
        version=state.version,
        status=state.status,
        asset_category=str(state.asset_category),
        import_mpan=state.place.import_mpan,
        export_mpan=state.place.export_mpan,
        serial_key=normalise_serial(state.serial_number).normal,
        postcode=state.place.postcode,
        operators=state.operators,
        sources=state.sources,
        fsp=state.market.fsp if state.market else None,
        merged_into=state.merged_into,
        state=Fragment(change.state),
        updated_at=now,
        told_version=told_version,
    )


def _history_row(claim: Claim, change: Change, now: datetime) -> AssetHistoryRow:
    state = change.after
    return made(
        AssetHistoryRow,
        asset_id=state.asset_id,
        version=state.version,
        valid_from=getattr(claim.notification, "effective_from", state.effective_from),
        recorded_at=now,
        change=change.name,
        changed_fields=change.changed_fields,
        participant=claim.sender,
        message_id=claim.message_id,
        state=Fragment(change.state),
    )


def outcome(effect: Effect) -> ReceiptOutcome:
    """How a message ended, for its sender: a query wins over everything, since somebody has to do something."""
    if effect.outcome is not None:
        return effect.outcome
    if effect.own is None or effect.new_concerns:
        return ReceiptOutcome.QUERIED
    if effect.own.before is None:
        return ReceiptOutcome.REGISTERED
    return ReceiptOutcome.UPDATED if effect.own.is_one and effect.claim.decision.own else ReceiptOutcome.DUPLICATE


def _receipts(effects: list[Effect], now: datetime) -> list[Receipt]:
    """One for each message; a message that waited for its asset gets its last word once the asset is there."""
    found: dict[tuple[str, str], Receipt] = {}
    for effect in effects:
        for claim in effect.adopted:
            found[(claim.sender, claim.message_id)] = _receipt(effect, claim, ReceiptOutcome.UPDATED, now)
        key = (effect.claim.sender, effect.claim.message_id)
        found[key] = _receipt(effect, effect.claim, outcome(effect), now)
    return list(found.values())


def _receipt(effect: Effect, claim: Claim, became: ReceiptOutcome, now: datetime) -> Receipt:
    state = effect.own.after if effect.own else None
    queried = tellable(effect.new_concerns) if became is ReceiptOutcome.QUERIED else ()
    concerns = tuple(c.sentence for c in queried)
    return made(
        Receipt,
        participant=claim.sender,
        message_id=claim.message_id,
        outcome=became,
        code=effect.code,
        sender_asset_ref=claim.notification.sender_asset_ref,
        asset_id=state.asset_id if state else None,
        version=state.version if state else None,
        reasons=tuple(dict.fromkeys((*_matched(claim), *concerns))),
        recorded_at=now,
    )


def _matched(claim: Claim) -> tuple[str, ...]:
    """Why the message belongs where it does; that an asset is simply new needs no reason."""
    decision = claim.decision
    is_new = decision.outcome is DedupeOutcome.NEW and decision.asset_id is not None and not decision.own
    return () if is_new else decision.reasons


def receipt_message(receipt: Receipt, now: datetime) -> Outgoing:
    """For senders that do not come and ask: the MQTT door hands it on, a platform reads it from the topic."""
    key, value = receipt.participant.encode(), avro.encode(receipt)
    return Outgoing(uuid.uuid7(), topics.RECEIPTS, key, value, receipt.asset_id, receipt.version, now)
