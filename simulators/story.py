"""The whole play: every sender and every subscriber at once against a running hub, and the sum of it.

Nothing is taken on trust: each answer and receipt is held against what was expected, and what subscribers
got against the change feed.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import assert_never

from hub import identity
from hub.identity import Identity
from schemas.vocabulary import Door, ReceiptOutcome
from simulators import cast, fsp, oem, so, talking
from simulators.cast import Plan, Way
from simulators.client import Change, HubClient
from simulators.fsp import OpportunityFeed
from simulators.ledger import Ledger
from simulators.pace import Pace, together
from simulators.premises import PROVIDERS
from simulators.so import NoticeFeed

POLL_SECONDS = 0.5


@dataclass(frozen=True)
class Stage:
    """A running hub and what to play on it; `identities` is the folder of its development identities."""

    url: str
    kafka: str
    mqtt: str
    identities: Path
    seed: int = 1
    messages: int = 2000
    patience: float = 120.0
    """Seconds without any progress after which what is missing counts as lost."""


@dataclass(frozen=True)
class Progress:
    sent: int
    accepted: int
    refused: int
    final: int


@dataclass(frozen=True)
class Summary:
    """What came of a play. `lost` counts what was acknowledged or due and never came."""

    sent: int
    accepted: dict[str, int]
    registered: int
    updated: int
    duplicates: int
    queried: int
    quarantined: int
    refused: dict[str, int]
    so_notices: int
    fsp_alerts: int
    lost: int
    seconds: float
    problem_count: int
    problems: tuple[str, ...]


async def play(stage: Stage, progress: Callable[[Progress], None]) -> Summary:
    """Runs all actors, waits until all is settled or nothing moves any more, and sums up."""
    began = asyncio.get_running_loop().time()
    play = _Play(stage, progress)
    async with HubClient(stage.url, patience=stage.patience) as client:
        await play.perform(client)
    return play.summary(asyncio.get_running_loop().time() - began)


class _Play:
    def __init__(self, stage: Stage, progress: Callable[[Progress], None]) -> None:
        self._stage = stage
        self._progress = progress
        self._ledger = Ledger()
        self._notices: dict[str, NoticeFeed] = {}
        self._alerts: dict[str, OpportunityFeed] = {}
        self._changes: list[Change] = []
        self._undelivered = 0
        self._over = False

    def _identity(self, participant: str) -> Identity:
        return identity.load(self._stage.identities / f"{participant}.json")

    def _told(self) -> None:
        ledger = self._ledger
        self._progress(Progress(ledger.sent, len(ledger.accepted), sum(ledger.refused.values()), len(ledger.receipts)))

    async def perform(self, client: HubClient) -> None:
        kafka = self._stage.kafka
        await together(
            self._send_and_wait(client),
            so.follow(kafka, so.all_operators(), self._notices, lambda: self._over),
            fsp.follow(kafka, PROVIDERS, self._alerts, lambda: self._over),
        )
        for feed in self._alerts.values():
            fsp.check_consent(feed, self._changes)

    async def _send_and_wait(self, client: HubClient) -> None:
        await together(*self._senders(client))
        await self._until_settled(client)
        await self._until_delivered(client)
        self._over = True

    def _senders(self, client: HubClient) -> Iterator[Coroutine[None, None, None]]:
        stage, ledger, told = self._stage, self._ledger, self._told
        for plan in cast.plans(stage.seed, stage.messages):
            who, said, pace = self._identity(plan.participant), plan.conversations, Pace(None)
            match plan.way:
                case Way.WEBHOOK:
                    yield talking.one_by_one(client, who, said, ledger, pace, told)
                case Way.BATCH:
                    yield talking.in_batches(client, who, said, ledger, pace, told)
                case Way.KAFKA:
                    yield talking.into_kafka(stage.kafka, who, said, ledger, pace, told)
                case Way.MQTT:
                    yield self._cloud(plan, who)
                case _:
                    assert_never(plan.way)

    async def _cloud(self, plan: Plan, who: Identity) -> None:
        stage = self._stage
        await oem.run(
            stage.mqtt,
            who,
            plan.conversations,
            self._ledger,
            Pace(None),
            self._told,
            seed=stage.seed,
            lose_connection_every=max(plan.count // (oem.RECONNECTS + 1), 1),
            patience=stage.patience,
        )

    async def _until_settled(self, client: HubClient) -> None:
        """Asks for receipts until every accepted message has its final one."""

        async def ask() -> int:
            for participant in self._ledger.participants:
                found = await client.receipts(self._identity(participant), self._ledger.open(participant))
                self._ledger.settle(found.values())
            self._told()
            return self._ledger.waiting

        missing = await self._until_none(ask)
        for participant in self._ledger.participants if missing else ():
            for message_id in self._ledger.open(participant):
                self._ledger.problem(f"{participant}: no final receipt for {message_id}")

    async def _until_delivered(self, client: HubClient) -> None:
        """Reads the change feed as NESO and waits until every change has reached whom it concerns."""
        reader = self._identity(so.NESO)
        last = 0

        async def ask() -> int:
            nonlocal last
            async for change in client.changes(reader, last):
                last = change.feed_seq
                self._changes.append(change)
            return len(undelivered(self._changes, self._notices))

        self._undelivered = await self._until_none(ask)
        for operator, event_id in undelivered(self._changes, self._notices):
            self._ledger.problem(f"{operator}: was not told of event {event_id}")

    async def _until_none(self, ask: Callable[[], Awaitable[int]]) -> int:
        """Asks until nothing is missing, or nothing has moved for as long as patience lasts."""
        clock = asyncio.get_running_loop().time
        fewest, moved = None, clock()
        while left := await ask():
            if fewest is None or left < fewest:
                fewest, moved = left, clock()
            if clock() - moved > self._stage.patience:
                return left
            await asyncio.sleep(POLL_SECONDS)
        return 0

    def summary(self, seconds: float) -> Summary:
        ledger = self._ledger
        outcomes = ledger.outcomes()
        for notices in self._notices.values():
            ledger.problems_of(notices.problems)
        for alerts in self._alerts.values():
            ledger.problems_of(alerts.problems)
        return Summary(
            sent=ledger.sent,
            accepted={door.value: ledger.by_door()[door] for door in Door if door is not Door.HUB},
            registered=outcomes[ReceiptOutcome.REGISTERED],
            updated=outcomes[ReceiptOutcome.UPDATED],
            duplicates=outcomes[ReceiptOutcome.DUPLICATE],
            queried=outcomes[ReceiptOutcome.QUERIED],
            quarantined=outcomes[ReceiptOutcome.QUARANTINED] + len(ledger.set_aside),
            refused=dict(ledger.refused),
            so_notices=sum(feed.received for feed in self._notices.values()),
            fsp_alerts=sum(feed.received for feed in self._alerts.values()),
            lost=ledger.waiting + self._undelivered,
            seconds=round(seconds, 1),
            problem_count=ledger.problem_count,
            problems=tuple(ledger.problems),
        )


def undelivered(changes: Iterable[Change], notices: Mapping[str, NoticeFeed]) -> list[tuple[str, str]]:
    """Operators and the events that they should have been told of and have not."""
    return [
        (operator, change.event_id)
        for change in changes
        if change.material
        for operator in dict.fromkeys((so.NESO, *(code.lower() for code in change.asset.operators)))
        if operator in notices and change.event_id not in notices[operator].told
    ]
