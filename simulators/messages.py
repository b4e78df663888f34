"""What an actor sends, and what it expects to hear: the unit of every simulator's plan."""

import base64
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from random import Random
from typing import Any

import orjson

from hub import clock
from hub.identity import Identity
from schemas import avro, body
from schemas.notifications import Notification
from schemas.signed_message import SignedMessage
from schemas.vocabulary import ReceiptOutcome

DAY_SECONDS = 24 * 60 * 60
STALE_SECONDS = 30 * DAY_SECONDS
"""Outside every door's window."""


@dataclass(frozen=True)
class Outgoing:
    """One message before it is signed; it is signed anew whenever it is sent.

    `signed_ago` seconds lie between its timestamp and now; `forged` turns one bit of the signature.
    """

    message_id: str
    body: bytes
    signed_ago: int = 0
    forged: bool = False

    def seal(self, identity: Identity) -> SignedMessage:
        """The signed message as of now, with its fault."""
        signed = identity.sign(self.body, self.message_id, int(clock.now().timestamp()) - self.signed_ago)
        return signed.model_copy(update={"signature": _broken(signed.signature)}) if self.forged else signed


def _broken(signature: str) -> str:
    """The same signature with one bit turned over."""
    version, _, encoded = signature.partition(",")
    raw = bytearray(base64.b64decode(encoded))
    raw[0] ^= 1
    return f"{version},{base64.b64encode(raw).decode('ascii')}"


@dataclass(frozen=True)
class Expectation:
    """Which answers are right at the door, and which outcomes later. No outcomes: nothing more is to come."""

    why: str
    statuses: frozenset[int]
    outcomes: frozenset[ReceiptOutcome] = frozenset()


@dataclass(frozen=True)
class Step:
    outgoing: Outgoing
    expected: Expectation


Conversation = tuple[Step, ...]
"""What one sender says of one thing, in this order; conversations go on side by side."""

_R = ReceiptOutcome
ACCEPTED = frozenset({202, 200})
"""200 when the same seed was run against this hub before: its ids are known already."""

TOLD = Expectation(
    "an asset told of; others may have told of it before",
    ACCEPTED,
    frozenset({_R.REGISTERED, _R.UPDATED, _R.DUPLICATE, _R.QUERIED}),
)
CHANGED = Expectation("a later fact of the same asset", ACCEPTED, frozenset({_R.UPDATED, _R.DUPLICATE, _R.QUERIED}))
LATE = Expectation(
    "an older fact that comes after a newer one", ACCEPTED, frozenset({_R.UPDATED, _R.DUPLICATE, _R.QUERIED})
)
BAD_MPAN = Expectation(
    "an MPAN whose check digit is wrong costs only its field", ACCEPTED, frozenset({_R.QUERIED, _R.DUPLICATE})
)
CLAIMED_TWICE = Expectation(
    "a second provider claims an asset",
    ACCEPTED,
    frozenset({_R.QUERIED, _R.UPDATED, _R.REGISTERED, _R.DUPLICATE}),
)
REPEAT = Expectation("the same id and body once more", ACCEPTED, TOLD.outcomes)
BAD_SIGNATURE = Expectation("one bit of the signature is wrong", frozenset({401}))
STALE = Expectation("signed a month ago", frozenset({401}))
# A door that has just been started again may not know the id; the registration then finds the second body.
ID_REUSED = Expectation("an id used again for another body", frozenset({409, 202}))
TRUNCATED = Expectation("half a body", frozenset({422}))
PAYLOAD_INVALID = Expectation("a body that breaks a rule of its shape", frozenset({422}))


def message_id(dice: Random) -> str:
    return f"msg_{dice.getrandbits(128):032x}"


def outgoing(dice: Random, notification: Notification, as_json: bool) -> Outgoing:
    """A message with a body in JSON or in Avro."""
    return Outgoing(message_id(dice), body.to_json(notification) if as_json else avro.encode(notification))


def content_id(prefix: str, content: bytes) -> str:
    """A message id that follows from the content alone: the same content is the same message."""
    return f"{prefix}_{hashlib.sha256(content).hexdigest()[:40]}"


def truncated(dice: Random, told: Outgoing) -> Step:
    """The first half of a body under an id of its own, properly signed."""
    return Step(Outgoing(message_id(dice), told.body[: len(told.body) // 2]), TRUNCATED)


def forged(dice: Random, told: Outgoing) -> Step:
    return Step(replace(told, message_id=message_id(dice), forged=True), BAD_SIGNATURE)


def stale(dice: Random, told: Outgoing) -> Step:
    return Step(replace(told, message_id=message_id(dice), signed_ago=STALE_SECONDS), STALE)


# Each breaks one rule of the shape; the value None takes the field out.
BREAKAGES: tuple[dict[str, Any], ...] = (
    {"occurred_at": None},
    {"sender_asset_ref": ""},
    {"effective_from": "31/02/2025"},
    {"rated_capacity_kw": "NaN"},
    {"rated_capacity_kw": "-3.68"},
    {"asset_category": "PERPETUAL_MOTION"},
    {"phases": "three"},
    {"location": {}},
    {"colour": "white"},
)


def invalid(dice: Random, notification: Notification) -> Step:
    """A JSON body that breaks one rule of its shape, under an id of its own."""
    fields = orjson.loads(body.to_json(notification)) | dice.choice(BREAKAGES)
    kept = {name: value for name, value in fields.items() if value is not None}
    return Step(Outgoing(message_id(dice), orjson.dumps(kept)), PAYLOAD_INVALID)


def count(conversations: Iterable[Conversation]) -> int:
    return sum(len(conversation) for conversation in conversations)


def chosen(dice: Random, rates: dict[str, float]) -> str | None:
    """One of the names with its rate as probability, or none of them."""
    roll = dice.random()
    for name, rate in rates.items():
        roll -= rate
        if roll < 0:
            return name
    return None
