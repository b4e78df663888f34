"""A flood of signed messages, the same for the same seed, through every door; it remembers what was acknowledged."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random

from schemas import avro, body
from schemas.asset import Location
from schemas.notifications import AssetCommissioned, AssetUpdated, Notification
from schemas.vocabulary import AssetCategory, ConnectionStatus, Door
from simulators.messages import Outgoing

INSTALLER, CLOUD, PLATFORM = "installer-1", "oem-1", "platform-1"
DOORS = {INSTALLER: Door.WEBHOOK, CLOUD: Door.MQTT, PLATFORM: Door.PLATFORM}
CLOUD_SHARE, PLATFORM_SHARE, UPDATED_SHARE = 0.15, 0.15, 0.25
"""Of the devices: those whose maker tells of them too, those that a platform tells of, those told of a second time."""
BEGAN = datetime(2026, 3, 1, tzinfo=UTC)

Hook = Callable[[], None]


@dataclass(frozen=True)
class Told:
    """One message of the flood before it is signed."""

    sender: str
    notification: Notification
    outgoing: Outgoing

    @property
    def key(self) -> tuple[str, str]:
        return self.sender, self.outgoing.message_id


@dataclass
class Flood:
    """About `size` messages; what was acknowledged of them, and what was refused.

    Two floods have nothing to do with each other when neither's name begins with the other's.
    """

    name: str
    seed: int
    size: int
    doors: frozenset[Door] = frozenset(DOORS.values())
    acknowledged: set[tuple[str, str]] = field(default_factory=set)
    refused: list[str] = field(default_factory=list)
    more: list["Flood"] = field(default_factory=list)

    def one_more(self, size: int) -> "Flood":
        """A small flood that goes on where this one has ended, and counts as a part of it."""
        name = f"{self.name}-more{len(self.more)}"
        self.more.append(Flood(name, self.seed, size, self.doors, self.acknowledged, self.refused))
        return self.more[-1]

    def waves(self) -> tuple[list[Told], list[Told]]:
        """All of it: what comes first of each device, and what comes after that."""
        dice = Random(f"{self.name} {self.seed}")
        devices = round(self.size / (1 + UPDATED_SHARE + (CLOUD_SHARE if Door.MQTT in self.doors else 0)))
        first: list[Told] = []
        again: list[Told] = []
        for number in range(devices):
            teller = PLATFORM if dice.random() < PLATFORM_SHARE and Door.PLATFORM in self.doors else INSTALLER
            as_json = dice.random() < 0.5
            first.append(self._told(dice, self._commissioned(teller, number), as_json=as_json))
            if dice.random() < CLOUD_SHARE and Door.MQTT in self.doors:
                first.append(self._told(dice, self._commissioned(CLOUD, number), as_json=False))
            if dice.random() < UPDATED_SHARE:
                again.append(self._told(dice, self._updated(teller, number), as_json=as_json))
        dice.shuffle(first)
        dice.shuffle(again)
        return first, again

    def all(self) -> Iterator[Told]:
        for flood in (self, *self.more):
            for wave in flood.waves():
                yield from wave

    def _told(self, dice: Random, notification: Notification, *, as_json: bool) -> Told:
        content = body.to_json(notification) if as_json else avro.encode(notification)
        return Told(notification.sender, notification, Outgoing(f"msg_{dice.getrandbits(128):032x}", content))

    def _commissioned(self, sender: str, number: int) -> AssetCommissioned:
        return AssetCommissioned(
            sender=sender,
            sender_asset_ref=f"{self.name}-{number}",
            occurred_at=BEGAN + timedelta(seconds=number),
            effective_from=date(2026, 3, 1),
            asset_category=AssetCategory.BESS,
            manufacturer="Northmoor Storage",
            model="NM5",
            serial_number=f"NM5-{self.name.upper()}-{number:08d}",
            rated_capacity_kw=Decimal("3.68"),
            connection_status=ConnectionStatus.CONNECTED,
            commissioning_date=date(2026, 3, 1),
            location=Location(address_line=f"{number} {self.name} Lane", postcode="IP1 1AA", dno_code="UKPN_EPN"),
        )

    def _updated(self, sender: str, number: int) -> AssetUpdated:
        return AssetUpdated(
            sender=sender,
            sender_asset_ref=f"{self.name}-{number}",
            occurred_at=BEGAN + timedelta(days=31, seconds=number),
            effective_from=date(2026, 4, 1),
            rated_capacity_kw=Decimal("5.00"),
        )


class Hooks:
    """What is to happen in the middle: each hook is called once, in a thread, when its share is acknowledged.

    One waits for the other, so that a fault is over before the next one begins."""

    def __init__(self, flood: Flood, at: Mapping[float, Hook], total: int) -> None:
        self._flood = flood
        self._at = dict(sorted(at.items()))
        self._total = total
        self._one_at_a_time = asyncio.Lock()
        self._running: list[asyncio.Task[None]] = []

    def due(self) -> None:
        for share in [s for s in self._at if len(self._flood.acknowledged) >= s * self._total]:
            self._running.append(asyncio.create_task(self._run(self._at.pop(share))))

    async def _run(self, hook: Hook) -> None:
        async with self._one_at_a_time:
            await asyncio.to_thread(hook)

    async def all_done(self) -> None:
        await asyncio.gather(*self._running)
        assert not self._at, "every fault came in the middle of the flood"


def by_sender(wave: list[Told]) -> dict[str, list[Told]]:
    found: dict[str, list[Told]] = {}
    for told in wave:
        found.setdefault(told.sender, []).append(told)
    return found
