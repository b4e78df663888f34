"""A flood of signed messages through the door, with hooks at given shares of it; it remembers what was acknowledged."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal

from hub import identity
from hub.identity import Identity
from schemas import avro
from schemas.asset import Location
from schemas.notifications import AssetCommissioned, AssetUpdated, Notification
from schemas.vocabulary import AssetCategory, ConnectionStatus
from simulators.client import HubClient
from simulators.messages import Outgoing

BATCH = 200
SIDE_BY_SIDE = 4
SINGLE_EVERY = 10
"""Every tenth batch goes message by message through the webhook."""


@dataclass
class Flood:
    """What was sent and acknowledged; `updated` of the assets are told of a second time."""

    assets: int
    updated: int
    acknowledged: set[str] = field(default_factory=set)
    refused: list[str] = field(default_factory=list)

    @property
    def messages(self) -> int:
        return self.assets + self.updated


async def pour(url: str, sender: Identity, flood: Flood, at: Mapping[float, Callable[[], None]]) -> None:
    """Sends everything; each hook is called once, in a thread, when its share of the flood is acknowledged."""
    first = [_outgoing(_commissioned(sender.participant, n)) for n in range(flood.assets)]
    again = [_outgoing(_updated(sender.participant, n)) for n in range(flood.updated)]
    hooks = dict(sorted(at.items()))
    running: list[asyncio.Task[None]] = []

    def due() -> None:
        for share in [s for s in hooks if len(flood.acknowledged) >= s * flood.messages]:
            running.append(asyncio.create_task(asyncio.to_thread(hooks.pop(share))))

    async with HubClient(url, patience=90) as client:
        for wave in (first, again):
            batches = [wave[start : start + BATCH] for start in range(0, len(wave), BATCH)]
            queue = iter(enumerate(batches))
            await asyncio.gather(*(_send(client, sender, queue, flood, due) for _ in range(SIDE_BY_SIDE)))
    await asyncio.gather(*running)
    assert not hooks, "every fault came in the middle of the flood"


async def _send(client: HubClient, sender: Identity, queue: object, flood: Flood, due: Callable[[], None]) -> None:
    for number, batch in queue:  # type: ignore[attr-defined]
        if number % SINGLE_EVERY:
            answers = await client.send_batch(sender, batch)
        else:
            answers = await asyncio.gather(*(client.send(sender, each) for each in batch))
        flood.acknowledged.update(a.message_id for a in answers if a.accepted)
        flood.refused.extend(f"{a.status} {a.code} {a.sentence}" for a in answers if not a.accepted)
        due()


def _outgoing(notification: Notification) -> Outgoing:
    return Outgoing(identity.new_message_id(), avro.encode(notification))


def _commissioned(sender: str, number: int) -> AssetCommissioned:
    return AssetCommissioned(
        sender=sender,
        sender_asset_ref=f"flood-{number}",
        occurred_at=datetime(2026, 3, 1, tzinfo=UTC),
        effective_from=date(2026, 3, 1),
        asset_category=AssetCategory.BESS,
        manufacturer="Northmoor Storage",
        model="NM5",
        serial_number=f"NM5-{number:08d}",
        rated_capacity_kw=Decimal("3.68"),
        connection_status=ConnectionStatus.CONNECTED,
        commissioning_date=date(2026, 3, 1),
        location=Location(address_line=f"{number} Mill Lane", postcode="IP1 1AA", dno_code="UKPN_EPN"),
    )


def _updated(sender: str, number: int) -> AssetUpdated:
    return AssetUpdated(
        sender=sender,
        sender_asset_ref=f"flood-{number}",
        occurred_at=datetime(2026, 4, 1, tzinfo=UTC),
        effective_from=date(2026, 4, 1),
        rated_capacity_kw=Decimal("5.00"),
    )
