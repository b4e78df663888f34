"""What the hub hears on a busy day: new devices, the same devices told of by others, changes, repeats."""

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count as numbers
from random import Random

from hub.identity import Identity
from schemas import avro
from schemas.notifications import Notification
from schemas.signed_message import SignedMessage
from schemas.vocabulary import Door
from simulators import telling
from simulators.cast import CLOUDS, INSTALLERS, PLATFORM
from simulators.messages import message_id
from simulators.premises import consent_at
from simulators.town import Home, home_at

CLOUD_TELLS, PLATFORM_CLAIMS, CHANGED, REPEATED = 0.44, 0.44, 0.22, 0.055
"""How often a new device is told of by its maker's cloud (where there is one) and claimed by a platform (where there is
consent), changes its rating, and how often its first message comes once more."""
SOONEST, LATEST = 1000, 4000
"""How many messages lie between the first word of a device and what follows on it: a cloud speaks up the next day, a
platform weeks later, and some 33,000 messages come on a day of 2030 (computed from assumed installations)."""
MIXED = 1024
"""Homes of so many in a row are told of in no order: neighbours do not have their devices put in at one moment."""
STEP = 389
"""How far it is from one to the next; no factor in common with `MIXED`, so that each has its turn."""
MESSAGES_A_HOME = 2.4
"""A little less than there are, so that a town of count / MESSAGES_A_HOME homes is large enough."""
PREMISES_A_HOME = 10
"""One home in so many has devices: Great Britain's 30 million premises have some 1.5 million solar roofs and as many
chargers (recalled; about a tenth). So two or three of a street of 24 are spoken of, and the registration data that is
looked through holds all of them."""

SENDERS = (*INSTALLERS, *CLOUDS, PLATFORM)
DOORS = {"installer": Door.WEBHOOK, "oem": Door.MQTT, "platform": Door.PLATFORM}


@dataclass(frozen=True)
class Told:
    """One message before it is signed."""

    message_id: str
    notification: Notification
    body: bytes

    @property
    def sender(self) -> str:
        return self.notification.sender

    @property
    def door(self) -> Door:
        """The door that such a sender uses."""
        return DOORS[self.sender.partition("-")[0]]

    def signed(self, by: Identity, timestamp: int) -> SignedMessage:
        return by.sign(self.body, self.message_id, timestamp)


def premises_for(count: int) -> int:
    """How many premises the town has whose homes `count` messages speak of."""
    homes = round(count / MESSAGES_A_HOME) + LATEST
    return PREMISES_A_HOME * (homes // MIXED + 1) * MIXED


def _mixed(number: int) -> int:
    """A home's place among its neighbours: each is told of once."""
    block, place = divmod(number, MIXED)
    return block * MIXED + place * STEP % MIXED


def mix(seed: int) -> Iterator[Told]:
    """Messages without end; the same seed gives the same ones. Bodies are Avro."""
    dice = Random(f"mix {seed}")
    waiting: list[tuple[int, int, Told]] = []
    order, at = numbers(), 0
    for number in numbers():
        home = home_at(seed, _mixed(number) * PREMISES_A_HOME)
        for line in range(len(home.devices)):
            while waiting and waiting[0][0] <= at:
                yield heapq.heappop(waiting)[2]
                at += 1
            first = _told(dice, telling.by_installer(home, line, INSTALLERS[number % len(INSTALLERS)]))
            yield first
            at += 1
            for later in _following(dice, seed, home, line, first):
                heapq.heappush(waiting, (at + dice.randrange(SOONEST, LATEST), next(order), later))


def _following(dice: Random, seed: int, home: Home, line: int, first: Told) -> Sequence[Told]:
    """What is said of a device after its installer has told of it."""
    found = []
    cloud, consent = home.devices[line].model.cloud, consent_at(seed, home.number)
    if cloud is not None and dice.random() < CLOUD_TELLS:
        found.append(_told(dice, telling.by_cloud(home, line, cloud)))
    if consent is not None and dice.random() < PLATFORM_CLAIMS:
        found.append(_told(dice, telling.by_platform(home, line, PLATFORM, consent, consent.fsp)))
    told = telling.by_installer(home, line, first.sender)
    if dice.random() < CHANGED:
        found.append(_told(dice, telling.later_fact(told, home, days=6)))
    if dice.random() < REPEATED:
        found.append(first)
    return found


def _told(dice: Random, notification: Notification) -> Told:
    return Told(message_id(dice), notification, avro.encode(notification))
