"""A trading platform: providers' claims in bulk, over HTTP and straight into Kafka."""

from collections.abc import Iterator
from random import Random

from simulators import messages, telling
from simulators.messages import CLAIMED_TWICE, REPEAT, TOLD, Conversation, Step
from simulators.premises import PROVIDERS, consent_at
from simulators.town import home_at

RATES = {
    "repeat": 0.03,
    "second_claim": 0.08,  # the other provider claims the same asset
    "bad_signature": 0.01,
    "payload_invalid": 0.01,
    "truncated": 0.01,
}
"""How often a claim in bulk over HTTP goes with each slip."""

KAFKA_RATES = {name: RATES[name] for name in ("repeat", "second_claim")}
"""Into Kafka go only messages that some receipt must come for: nobody answers a stranger there."""


def plan(
    seed: int, participant: str, count: int, rates: dict[str, float], part: int = 0, parts: int = 1
) -> Iterator[Conversation]:
    """`count` claims on behalf of the providers, for every `parts`-th home whose people have consented."""
    dice = Random(f"platform {seed} {participant} {part}")
    left, number = count, part
    while left > 0:
        for conversation in _home(dice, seed, number, participant, rates):
            kept = conversation[:left]
            left -= len(kept)
            if kept:
                yield kept
        number += parts


def _home(dice: Random, seed: int, number: int, participant: str, rates: dict[str, float]) -> Iterator[Conversation]:
    consent = consent_at(seed, number)
    if consent is None:
        return
    home = home_at(seed, number)
    for line in range(len(home.devices)):
        claim = telling.by_platform(home, line, participant, consent, consent.fsp)
        told = messages.outgoing(dice, claim, as_json=False)
        first = Step(told, TOLD)
        match messages.chosen(dice, rates):
            case "repeat":
                yield first, Step(told, REPEAT)
            case "second_claim":
                rival = next(fsp for fsp in PROVIDERS if fsp != consent.fsp)
                second = telling.by_platform(home, line, participant, consent, rival)
                yield first, Step(messages.outgoing(dice, second, as_json=False), CLAIMED_TWICE)
            case "bad_signature":
                yield messages.forged(dice, told), first
            case "payload_invalid":
                yield messages.invalid(dice, claim), first
            case "truncated":
                yield messages.truncated(dice, told), first
            case _:
                yield (first,)
