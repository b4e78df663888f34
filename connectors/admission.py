"""The checks of a signed message, in their order. Pure: everything they need is handed to them."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from connectors import answers
from connectors.answers import Answer
from hub.rules import plausibility, review_rights, signature
from hub.services.directory import Directory
from schemas import body
from schemas.decisions import Decision, IdentityDecided
from schemas.disputes import Correction, DisputeClosed
from schemas.notifications import AssetCommissioned, AssetDeregistered, AssetUpdated, Notification
from schemas.reference.review import IDENTITY, METER_POINT
from schemas.signed_message import MAX_BODY_BYTES, SignedMessage
from schemas.vocabulary import Door, ParticipantKind


@dataclass(frozen=True)
class Arrival:
    """A signed message as it reached a door.

    `received_at` is the hub's clock, or the broker's append time where a broker was in between. `expected_sender` is
    whom the channel is for (an MQTT topic, a platform's Kafka topic), where it says so.
    """

    message: SignedMessage
    received_at: datetime
    expected_sender: str | None = None


@dataclass(frozen=True)
class Admitted:
    """A message that may go into the journal. `digest` is SHA-256 of its body."""

    message: SignedMessage
    sender: str
    notification: Notification
    received_at: datetime
    digest: bytes

    @property
    def message_id(self) -> str:
        return self.message.id


@dataclass(frozen=True)
class Refused:
    """A message that may not, and whether it is set aside: only what an authentic sender sent is."""

    arrival: Arrival
    answer: Answer
    sender: str | None = None
    why: str | None = None
    """For the log, where the public answer says less."""

    @property
    def message_id(self) -> str:
        return self.arrival.message.id

    @property
    def kept(self) -> bool:
        return self.sender is not None


def check(arrival: Arrival, door: Door, directory: Directory, window_seconds: int) -> Admitted | Refused:
    """Size, key, signature, time, then shape, then scope: nothing of a stranger's body is decoded."""
    message = arrival.message
    if len(message.body) > MAX_BODY_BYTES:
        return Refused(arrival, answers.too_large(MAX_BODY_BYTES, message.id))
    key = directory.keys.get(message.key_id)
    why = "key unknown" if key is None else key.refusal(door, arrival.received_at)
    if key is None or why is not None:
        return Refused(arrival, answers.unauthenticated(message.id), why=why)
    if not signature.verifies(message, key.public_key):
        return Refused(arrival, answers.unauthenticated(message.id), why="signature does not verify")
    if arrival.expected_sender not in (None, key.participant):
        return Refused(arrival, answers.unauthenticated(message.id), why="another participant's channel")
    if abs(arrival.received_at.timestamp() - message.timestamp) > window_seconds:
        return Refused(arrival, answers.stale(message.id, window_seconds))
    return _read(arrival, key, directory)


def _read(arrival: Arrival, key: signature.SigningKey, directory: Directory) -> Admitted | Refused:
    message, sender = arrival.message, key.participant
    try:
        notification = body.decode(message.body)
    except body.BodyUnknown as error:
        return Refused(arrival, answers.schema_unknown(message.id, str(error)), sender)
    except body.BodyInvalid as error:
        return Refused(arrival, answers.payload_invalid(message.id, error.problems), sender)
    if found := plausibility.problems(notification, arrival.received_at):
        return Refused(arrival, answers.payload_invalid(message.id, found), sender)
    if beyond := _beyond_scope(notification, key, directory, arrival.received_at):
        return Refused(arrival, answers.scope_denied(message.id, beyond), sender)
    digest = hashlib.sha256(message.body).digest()
    return Admitted(message, sender, notification, arrival.received_at, digest)


def _beyond_scope(
    notification: Notification, key: signature.SigningKey, directory: Directory, now: datetime
) -> str | None:
    """What the message claims that its key may not say; nothing when all is within scope."""
    if notification.sender != key.participant:
        return f"sender must be {key.participant}, whose key signed the message"
    principal = notification.on_behalf_of
    if principal is not None and not directory.may_speak_for(key.participant, principal, now):
        return f"no delegation lets {key.participant} speak for {principal}; have one registered, or drop on_behalf_of"
    if isinstance(notification, AssetDeregistered):
        return _not_a_provider(notification.source, directory)
    if isinstance(notification, Decision):
        return _no_right(notification, directory)
    told = notification.correction if isinstance(notification, DisputeClosed) else notification
    if not isinstance(told, AssetCommissioned | AssetUpdated | Correction):
        return None
    category = told.asset_category
    if key.categories and category is not None and category not in key.categories:
        return f"the key may not speak of {category}; use a key whose scope has it"
    if isinstance(told, AssetCommissioned | AssetUpdated) and told.market is not None:
        return _beyond_market(told.market.fsp, told.source, directory)
    return None


def _beyond_market(fsp: str, source: str, directory: Directory) -> str | None:
    member = directory.members.get(fsp)
    if fsp != source:
        return "market.fsp must be the participant that the message speaks for: a claim is made by its own provider"
    if member is None or member.kind is not ParticipantKind.FSP:
        return f"{fsp} is no Flexibility Service Provider here, and only one of them may claim an asset"
    return None


def _no_right(notice: Decision, directory: Directory) -> str | None:
    """What is known of a decision before the register is asked: of whose references it is, and by whom."""
    member = directory.members.get(notice.source)
    if member is None:
        return f"{notice.source} takes no part in this hub"
    decider = review_rights.Decider(member.id, member.kind, member.operator_codes)
    question = IDENTITY if isinstance(notice, IdentityDecided) else METER_POINT
    answer = review_rights.may_decide(decider, question, [review_rights.Side(s or None) for s, _ in notice.names])
    return f"{answer.rule_id}: {answer.sentence}" if answer.standing is review_rights.Standing.DENIED else None


def _not_a_provider(source: str, directory: Directory) -> str | None:
    member = directory.members.get(source)
    if member is None or member.kind is not ParticipantKind.FSP:
        return (
            "only the provider that registered an asset for the market, or a platform on its behalf, ends that; for a"
            " device that is gone send AssetDecommissioned"
        )
    return None
