"""Batteries told of through a hub's door, and what was acknowledged of them."""

from collections.abc import Callable
from dataclasses import dataclass, field

from hub import identity
from hub.identity import Identity
from hub.services.verify import Verdict, verify
from hub.settings import Settings
from registry_store.engine import connect, transaction
from registry_store.reconciliation import outcomes
from schemas import avro
from schemas.asset import Location
from simulators.client import HubClient
from simulators.messages import Outgoing
from tests.support.notifications import a_battery

BATCH = 25


@dataclass
class Sending:
    """What one sender tells a hub, over and over until it is taken."""

    sender: Identity
    acknowledged: set[str] = field(default_factory=set)
    refused: list[str] = field(default_factory=list)
    _told: int = 0

    async def send(self, url: str, count: int, after_each_batch: Callable[[], None] = lambda: None) -> None:
        async with HubClient(url, patience=120) as client:
            for start in range(0, count, BATCH):
                batch = [self._next() for _ in range(min(BATCH, count - start))]
                for answer in await client.send_batch(self.sender, batch):
                    if answer.accepted:
                        self.acknowledged.add(answer.message_id)
                    else:
                        self.refused.append(f"{answer.status} {answer.code} {answer.sentence}")
                after_each_batch()

    def _next(self) -> Outgoing:
        self._told += 1
        number = self._told
        home = Location(address_line=f"{number} Mill Lane", postcode=f"IP{1 + number % 9} {number // 9 % 10}AA")
        told = a_battery(self.sender.participant, f"sent-{number}", serial_number=f"SENT-{number:08d}", location=home)
        return Outgoing(identity.new_message_id(), avro.encode(told))


async def nothing_is_lost(settings: Settings, sending: Sending) -> Verdict:
    """Waits until everything is registered and told; every acknowledged message has its final receipt."""
    engine = connect(settings.database or "")
    try:
        verdict = await verify(engine, settings.kafka or "", settings.secret or "", print)
        async with transaction(engine) as connection:
            found = await outcomes(connection, sending.sender.participant)
    finally:
        await engine.dispose()
    assert sending.refused == []
    assert verdict.problems == ()
    assert set(found) >= sending.acknowledged, "every acknowledged message has a final receipt"
    return verdict
