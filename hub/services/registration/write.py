"""Last stage: write. Asset, identifiers, claims, history, receipts and outbox of a whole batch."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import uuid_utils.compat as uuid

from hub.rules.claims import Claim
from hub.rules.visibility import tellable
from hub.services.directory import Directory
from hub.services.registration import notices, stored
from hub.services.registration.conflicts import Effect
from registry_store import assets, claims, history, outbox, receipts
from registry_store.engine import Connection
from registry_store.outbox import Outgoing
from schemas import avro, topics
from schemas.identifiers import normalise_serial
from schemas.outbound import AssetState, Receipt
from schemas.records import AssetHistoryRow, AssetIdentifierRow, AssetRow, ReceiptRow
from schemas.vocabulary import DedupeOutcome, Door, ReceiptOutcome


@dataclass
class Changes:
    """Everything that a batch is going to write, gathered in the order of the journal."""

    directory: Directory
    now: datetime
    effects: list[Effect] = field(default_factory=list)

    def add(self, effect: Effect) -> None:
        self.effects.append(effect)

    def outcomes(self) -> dict[ReceiptOutcome, int]:
        return dict(Counter(outcome(effect) for effect in self.effects))


async def write(connection: Connection, changes: Changes) -> None:
    """One statement for each table."""
    now = changes.now
    changed = [(e, e.after.state) for e in changes.effects if e.after is not None and e.is_change]
    latest = {state.asset_id: state for _, state in changed}
    await assets.put(connection, [_asset_row(s, now) for s in latest.values()], list(_identifier_rows(changes)))
    await _write_claims(connection, changes)
    await history.add(connection, [_history_row(e, s, now) for e, s in changed])
    found = _receipts(changes.effects, now)
    await receipts.put(connection, [ReceiptRow.model_construct(**dict(r)) for r in found])
    outgoing = [o for e, s in changed for o in notices.of(e, s, changes.directory, now)]
    awaited = {e.entry.key for e in changes.effects if e.entry.door is not Door.WEBHOOK}
    # Which door a message came through that waited for its asset is not kept; over HTTP its sender may hear twice.
    awaited |= {(c.sender, c.message_id) for e in changes.effects for c in e.adopted}
    outgoing += [_receipt_message(r, now) for r in found if (r.participant, r.message_id) in awaited]
    await outbox.add(connection, outgoing)


async def _write_claims(connection: Connection, changes: Changes) -> None:
    said = [e for e in changes.effects if e.repeated is None]
    # A claim that waited for an asset of this very batch is not stored yet; it is stored with its asset.
    adopted = {c.claim_id: c.decision.asset_id for e in changes.effects for c in e.adopted}
    fresh = {e.claim.claim_id for e in said}
    await claims.add(
        connection,
        [stored.to_row(e.claim, adopted.get(e.claim.claim_id, e.asset_id), changes.now) for e in said],
    )
    await claims.adopt(connection, [(c, a) for c, a in adopted.items() if c not in fresh and a is not None])
    again = {e.repeated.claim_id: e.repeated for e in changes.effects if e.repeated is not None}
    await claims.say_again(connection, [(c.claim_id, c.said_until, c.seq) for c in again.values()])


def _asset_row(state: AssetState, now: datetime) -> AssetRow:
    return AssetRow.model_construct(
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
        state=state.model_dump(mode="json"),
        updated_at=now,
    )


def _identifier_rows(changes: Changes) -> Iterator[AssetIdentifierRow]:
    found: dict[tuple[str, str, str, UUID], None] = {}
    for effect in changes.effects:
        if effect.asset_id is not None and effect.repeated is None:
            found.update(dict.fromkeys((*key, effect.asset_id) for key in effect.keys))
    for scheme, issuer, value, asset_id in found:
        yield AssetIdentifierRow.model_construct(scheme=scheme, issuer=issuer, value=value, asset_id=asset_id)


def _history_row(effect: Effect, state: AssetState, now: datetime) -> AssetHistoryRow:
    return AssetHistoryRow.model_construct(
        asset_id=state.asset_id,
        version=state.version,
        valid_from=getattr(effect.claim.notification, "effective_from", state.effective_from),
        recorded_at=now,
        change=notices.change_name(effect, state),
        changed_fields=effect.changed_fields,
        participant=effect.claim.sender,
        message_id=effect.claim.message_id,
        state=state.model_dump(mode="json"),
    )


def outcome(effect: Effect) -> ReceiptOutcome:
    """How a message ended, for its sender: a query wins over everything, since somebody has to do something."""
    if effect.after is None or effect.new_concerns:
        return ReceiptOutcome.QUERIED
    if effect.before is None:
        return ReceiptOutcome.REGISTERED
    return ReceiptOutcome.UPDATED if effect.is_change and effect.claim.decision.own else ReceiptOutcome.DUPLICATE


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
    state = effect.after.state if effect.after else None
    queried = tellable(effect.new_concerns) if became is ReceiptOutcome.QUERIED else ()
    concerns = tuple(c.sentence for c in queried)
    return Receipt.model_construct(
        participant=claim.sender,
        message_id=claim.message_id,
        outcome=became,
        code=None,
        sender_asset_ref=claim.notification.sender_asset_ref,
        asset_id=state.asset_id if state else None,
        version=state.version if state else None,
        reasons=tuple(dict.fromkeys((*_matched(claim), *concerns))),
        recorded_at=now,
    )


def _matched(claim: Claim) -> tuple[str, ...]:
    """Why the message belongs where it does; that an asset is simply new needs no reason."""
    return () if claim.decision.outcome is DedupeOutcome.NEW and claim.decision.asset_id else claim.decision.reasons


def _receipt_message(receipt: Receipt, now: datetime) -> Outgoing:
    """For senders that do not come and ask: the MQTT door hands it on, a platform reads it from the topic."""
    key, value = receipt.participant.encode(), avro.encode(receipt)
    return Outgoing(uuid.uuid7(), topics.RECEIPTS, key, value, receipt.asset_id, receipt.version, now)
