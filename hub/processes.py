"""The composition root: each process of a hub, put together from its parts and run until it is told to stop."""

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import prometheus_client
import structlog
from aiohttp import web

from connectors import webhook
from connectors.clockwork import Clockwork
from connectors.delivery import deliver_disputes, deliver_receipts
from connectors.directories.asking import Enquirer
from connectors.directories.enquiry_service import EnquiryService
from connectors.intake import Intake
from connectors.journal import Journal
from connectors.mqtt import MqttDoor
from connectors.own_voice import OwnVoice
from connectors.platform import PlatformDoor
from hub import clock, garbage
from hub import log as logging
from hub.api import audit as audit_api
from hub.api import disputes as dispute_api
from hub.api import reads as read_api
from hub.api import reviews as review_api
from hub.api import service
from hub.connections import KEEP_ALIVE_SECONDS, Limited
from hub.errors import Unavailable
from hub.problems import as_problems
from hub.publisher import Publisher
from hub.routes import Route, guarded
from hub.services import own_voice
from hub.services.audit.access import AccessLog
from hub.services.audit.log import process_lane
from hub.services.audit.reads import AuditReads
from hub.services.audit.vault import Vault
from hub.services.audited_reads import AuditedReads
from hub.services.directory import DirectoryWatch
from hub.services.disputes import Disputes
from hub.services.progress import ProgressWatch
from hub.services.reviews import Decisions, Reviews
from hub.settings import Settings
from registry_store.engine import Engine, connect
from streams.relay import Relay

SHUTDOWN_SECONDS = 4.0
MAX_LINE_BYTES = 64 * 1024
"""Of a request line: 500 message ids of 64 characters fit, as `GET /v1/receipts` promises."""
FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 0.2, 3.0

log = structlog.get_logger()


class Door:
    """What every door process has: directory, journal, intake."""

    def __init__(self, settings: Settings) -> None:
        self.engine: Engine = connect(settings.database or "")
        self.directory = DirectoryWatch(self.engine)
        self.publisher = Publisher(settings.kafka or "")
        journal = Journal(self.publisher, settings.secret or "")
        self.intake = Intake(self.directory, journal, self.engine, settings)
        self.voice = OwnVoice(journal, own_voice.identity(settings.secret or ""), clock.now)
        self.vault = Vault(settings.secret or "")
        self.accesses = AccessLog(self.engine, process_lane("access", settings.port))

    async def start(self) -> None:
        await _patiently(self.directory.start)
        await _patiently(lambda: self.vault.start(self.engine))

    async def close(self) -> None:
        await self.accesses.close()
        await self.intake.close()
        await self.publisher.close()
        await self.engine.dispose()


async def door(settings: Settings) -> None:
    """The HTTP door and the read interface."""
    parts = Door(settings)
    progress = ProgressWatch(parts.engine, settings.kafka or "")
    routes = http_routes(parts, progress)
    await parts.start()
    app = web.Application(middlewares=[as_problems])
    app.add_routes(guarded(routes, parts.directory))
    runner = web.AppRunner(
        app,
        access_log=None,
        shutdown_timeout=SHUTDOWN_SECONDS,
        max_line_size=MAX_LINE_BYTES,
        keepalive_timeout=KEEP_ALIVE_SECONDS,
    )
    await runner.setup()
    listening = None
    try:
        connections = Limited(runner, settings.max_connections)
        listening = await asyncio.get_running_loop().create_server(
            connections, settings.bind, settings.port, backlog=1024
        )
        log.info("door_open", port=settings.port)
        await _until_told(parts.directory.follow(), progress.follow(), parts.accesses.follow())
    finally:
        if listening is not None:
            listening.close()
        await runner.cleanup()
        await parts.close()


def http_routes(parts: Door, progress: ProgressWatch) -> list[Route]:
    """Every route of the HTTP door, each with the action and object that it is authorised for."""
    reads = AuditedReads(parts.engine, parts.accesses, parts.vault)
    log_reads = AuditReads(parts.engine, parts.accesses, parts.vault)
    disputes = Disputes(parts.engine, parts.directory, parts.voice, parts.accesses)
    reviews = Reviews(parts.engine, parts.accesses)
    content = [
        *webhook.routes(parts.intake),
        *read_api.routes(reads),
        *audit_api.routes(log_reads),
        *dispute_api.routes(disputes),
        *review_api.routes(reviews, Decisions(parts.engine, parts.directory, parts.voice)),
    ]
    return [*service.routes(progress, content), *content]


async def mqtt(settings: Settings) -> None:
    """The MQTT door, and the delivery of outcomes to its senders."""
    parts = Door(settings)
    await parts.start()
    door = MqttDoor(settings.mqtt or "", parts.intake)
    try:
        kafka = settings.kafka or ""
        told = deliver_receipts(kafka, door), deliver_disputes(kafka, door)
        await _until_told(door.run(), *told, parts.directory.follow())
    finally:
        await parts.close()


async def platform(settings: Settings) -> None:
    """The door of platforms that write straight into Kafka."""
    parts = Door(settings)
    await parts.start()
    try:
        await _until_told(PlatformDoor(settings, parts.intake, parts.engine).run(), parts.directory.follow())
    finally:
        await parts.close()


async def relay(settings: Settings) -> None:
    """From outbox to topics."""
    parts = Relay(settings)
    try:
        await _until_told(parts.run())
    finally:
        await parts.close()


async def enquiries(settings: Settings) -> None:
    """Asks an enquiry service about places whose meter point is not settled. Registration never waits for it."""
    if settings.enquiry_url is None:
        log.info("nobody_to_ask", do="set HUB_ENQUIRY_URL to have unresolved places asked about")
        return await _until_told()
    async with (
        _speaking(settings) as (engine, voice),
        EnquiryService.connected(
            settings.enquiry_url, settings.enquiry_token, settings.enquiry_timeout_seconds, settings.enquiry_in_flight
        ) as service,
    ):
        await _until_told(Enquirer(engine, voice, service, clock.now).run(settings.enquiry_poll_seconds))


async def clocks(settings: Settings) -> None:
    """Tells the journal of days that have passed without the message that was due."""
    async with _speaking(settings) as (engine, voice):
        await _until_told(Clockwork(engine, voice, clock.now).run(settings.clock_poll_seconds))


@asynccontextmanager
async def _speaking(settings: Settings) -> AsyncIterator[tuple[Engine, OwnVoice]]:
    """What a process needs that tells the journal what the hub found out itself."""
    engine, publisher = connect(settings.database or ""), Publisher(settings.kafka or "")
    secret = settings.secret or ""
    try:
        await _patiently(lambda: own_voice.register(engine, secret, clock.now()))
        yield engine, OwnVoice(Journal(publisher, secret), own_voice.identity(secret), clock.now)
    finally:
        await publisher.close()
        await engine.dispose()


ROLES: dict[str, Callable[[Settings], Coroutine[Any, Any, None]]] = {
    "door": door,
    "mqtt": mqtt,
    "platform": platform,
    "relay": relay,
    "enquiries": enquiries,
    "clock": clocks,
}


def run(role: str, settings: Settings) -> None:
    """Runs one process to its end. The worker is Faust's own and does not come back."""
    logging.configure(settings.log, role)
    if settings.metrics_port and role != "door":
        prometheus_client.start_http_server(settings.metrics_port, settings.bind)
    if role == "worker":
        from streams.worker import work

        work()
    else:
        import uvloop

        garbage.look_less_often(after=10_000)
        uvloop.run(ROLES[role](settings))


async def _until_told(*jobs: Coroutine[Any, Any, None]) -> None:
    """Runs jobs side by side until SIGTERM or SIGINT; one that ends by itself ends the process."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    tasks = [asyncio.ensure_future(job) for job in jobs]
    waiting = asyncio.ensure_future(stop.wait())
    done, pending = await asyncio.wait([*tasks, waiting], return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    await asyncio.gather(*pending, return_exceptions=True)
    for task in done:
        task.result()


async def _patiently(action: Callable[[], Awaitable[None]]) -> None:
    """Until it succeeds: a process that starts before PostgreSQL waits for it."""
    wait = FIRST_WAIT_SECONDS
    while True:
        try:
            return await action()
        except Unavailable as error:
            log.warning("waits_to_start", reason=str(error))
            await asyncio.sleep(wait)
            wait = min(2 * wait, LONGEST_WAIT_SECONDS)
