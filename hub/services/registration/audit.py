"""What a batch did, into the audit log: one entry for each message, which names the version that it made."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

from hub.rules import personal
from hub.rules.claims import Claim
from hub.services import set_aside
from hub.services.audit import log
from hub.services.audit.log import Draft
from hub.services.audit.vault import SubjectKey, Vault
from hub.services.registration.conflicts import Change, Effect
from registry_store.engine import Connection
from schemas.records.journal import QuarantineRow

WAITING, TOLD_AGAIN = "waiting", "told_again"
_ALREADY_THERE = ("sender", "sender_asset_ref", "on_behalf_of")


async def append(
    connection: Connection, vault: Vault, effects: Sequence[Effect], aside: Sequence[QuarantineRow], now: datetime
) -> None:
    """Notes every effect of a batch, and what it set aside, in the lanes of its journal partitions."""
    keys = await vault.keys(connection, {e.claim.reference for e in effects}, now) if effects else {}
    drafts: dict[str, list[Draft]] = defaultdict(list)
    for effect in effects:
        drafts[log.journal_lane(effect.entry.number)] += _drafts(effect, keys[effect.claim.reference])
    for row in aside:
        # What is set aside from the journal has its place there.
        drafts[log.journal_lane(row.journal_partition or 0)].append(set_aside.entry(row))
    await log.append(connection, drafts, now)


def _drafts(effect: Effect, key: SubjectKey) -> Iterator[Draft]:
    """The message with what it did to the asset that it speaks of, then each other asset that it changed."""
    own, claim = effect.own, effect.claim
    yield Draft(
        kind=_kind(own, effect.word),
        actor=claim.sender,
        payload=_payload(effect, key),
        sender=claim.sender,
        message_id=claim.message_id,
        asset_id=own.after.asset_id if own else None,
        version=own.after.version if own and own.is_one else None,
        subject=key.subject,
    )
    for change in effect.changes:
        if change is not own:
            yield Draft(
                kind=change.name,
                actor=claim.sender,
                payload={"changed_fields": list(change.changed_fields), "sealed": key.seal(_seen(change))},
                sender=claim.sender,
                message_id=claim.message_id,
                asset_id=change.after.asset_id,
                version=change.after.version,
                subject=key.subject,
            )


def _kind(own: Change | None, word: str | None) -> str:
    if own is None or word is not None:
        return word or WAITING
    return own.name if own.is_one else TOLD_AGAIN


def _seen(change: Change) -> dict[str, Any]:
    return {"state_sha256": sha256(change.state).hexdigest()}


def _payload(effect: Effect, key: SubjectKey) -> dict[str, Any]:
    claim, own = effect.claim, effect.own
    clear, hidden = personal.split(claim.said)
    if "source_seq" in clear:
        # Larger than what every reader of JSON takes for a whole number.
        clear["source_seq"] = str(clear["source_seq"])
    sealed = {"said": hidden} | (_seen(own) if own is not None and own.is_one else {})
    found = {
        "notification": type(claim.notification).__name__,
        "source": claim.source,
        "said": {name: value for name, value in clear.items() if name not in _ALREADY_THERE},
        "changed_fields": list(own.changed_fields) if own else [],
        "decision": _decision(claim),
        "concerns": [{n: v for n, v in vars(c).items() if v is not None} for c in effect.new_concerns],
        "adopted": [{"sender": c.sender, "message_id": c.message_id} for c in effect.adopted],
    }
    # What there is nothing to say of is left out.
    return {name: value for name, value in found.items() if value} | {"sealed": key.seal(sealed)}


def _decision(claim: Claim) -> dict[str, Any]:
    """Every rule that was asked and its reasons: which asset it is, where it stands, whether there is consent."""
    found: dict[str, Any] = {"identity": {"rule_id": f"ID-{claim.decision.outcome}"}}
    if claim.decision.reasons:
        found["identity"]["reasons"] = list(claim.decision.reasons)
    if claim.decision.others:
        found["identity"]["others"] = [str(other) for other in claim.decision.others]
    if claim.decision.evidence:
        found["identity"]["evidence"] = dict(claim.decision.evidence)
    if claim.resolution is not None:
        rule_id = f"MPAN-{claim.resolution.outcome}"
        found["meter_point"] = {"rule_id": rule_id, "reasons": list(claim.resolution.reasons)}
    if claim.permission is not None:
        found["consent"] = {"rule_id": f"CONSENT-{claim.permission.status}", "reasons": [claim.permission.reason]}
    return found
