"""Installers: forms with several lines through the webhook, in JSON and Avro, with the slips of real ones."""

from collections.abc import Iterator
from dataclasses import replace
from random import Random

from schemas.notifications import AssetDecommissioned
from simulators import messages, telling
from simulators.messages import (
    BAD_MPAN,
    CHANGED,
    ID_REUSED,
    LATE,
    REPEAT,
    TOLD,
    Conversation,
    Outgoing,
    Step,
)
from simulators.town import Home, home_at

JSON_SHARE = 0.5
"""Of forms; the others come from software with Avro."""

RATES = {
    "repeat": 0.06,  # the same id and body once more, as after an answer that got lost
    "retry": 0.04,  # the same id signed anew, as after a time-out
    "bad_signature": 0.02,
    "stale": 0.02,
    "id_reused": 0.02,  # the same id for another body
    "truncated": 0.02,
    "payload_invalid": 0.03,
    "bad_mpan": 0.05,  # a wrong check digit
    "late": 0.04,  # a newer fact, then an older one
    "removed": 0.02,
}
"""How often a line of a form goes with each slip; the rest go smoothly."""

RETRY_SECONDS = 20


def plan(seed: int, participant: str, count: int, part: int = 0, parts: int = 1) -> Iterator[Conversation]:
    """`count` messages of one installer, who does every `parts`-th job of the town from job `part` on."""
    dice = Random(f"installer {seed} {participant}")
    left, number = count, part
    while left > 0:
        home = home_at(seed, number)
        as_json = dice.random() < JSON_SHARE
        for line in range(len(home.devices)):
            conversation = _line(dice, home, line, participant, as_json)[:left]
            left -= len(conversation)
            if conversation:
                yield conversation
        number += parts


def _line(dice: Random, home: Home, line: int, participant: str, as_json: bool) -> Conversation:
    slip = messages.chosen(dice, RATES)
    notification = telling.by_installer(home, line, participant, bad_mpan=slip == "bad_mpan")
    told = messages.outgoing(dice, notification, as_json)
    first = Step(told, BAD_MPAN if slip == "bad_mpan" else TOLD)
    match slip:
        case "repeat":
            return first, Step(told, REPEAT)
        case "retry":
            return Step(replace(told, signed_ago=RETRY_SECONDS), TOLD), Step(told, REPEAT)
        case "bad_signature":
            return messages.forged(dice, told), first
        case "stale":
            return messages.stale(dice, told), first
        case "id_reused":
            other = telling.later_fact(notification, home, days=3)
            return first, Step(replace(messages.outgoing(dice, other, as_json), message_id=told.message_id), ID_REUSED)
        case "truncated":
            return messages.truncated(dice, told), first
        case "payload_invalid":
            return messages.invalid(dice, notification), first
        case "late":
            newer, older = (telling.later_fact(notification, home, days) for days in (12, 6))
            return (
                first,
                Step(messages.outgoing(dice, newer, as_json), CHANGED),
                Step(messages.outgoing(dice, older, as_json), LATE),
            )
        case "removed":
            return first, Step(_removed(dice, home, notification.sender_asset_ref, participant, as_json), CHANGED)
        case _:
            return (first,)


def _removed(dice: Random, home: Home, reference: str, participant: str, as_json: bool) -> Outgoing:
    gone = AssetDecommissioned(
        sender=participant,
        sender_asset_ref=reference,
        occurred_at=home.later(days=14),
        effective_from=home.later(days=14).date(),
        reason="taken out again",
    )
    return messages.outgoing(dice, gone, as_json)
