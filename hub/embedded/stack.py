"""A whole hub on one machine: embedded parts where no outside ones are set, and the hub's processes."""

import asyncio
import http.client
import os
import sys
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus

from fasteners import InterProcessLock

from hub import running
from hub.embedded import development
from hub.embedded.backup_folder import BackupFolder
from hub.embedded.kafka import EmbeddedKafka
from hub.embedded.keeper import Keeper
from hub.embedded.mqtt import EmbeddedMqtt
from hub.embedded.part import Part, PartUnavailable, Progress
from hub.embedded.ports import free_port, is_free
from hub.embedded.postgres import EmbeddedPostgres
from hub.embedded.supervisor import Supervisor
from hub.errors import HubError, SettingsInvalid
from hub.running import Running
from hub.services.prepare import prepare, read_participants
from hub.settings import PREFIX, Settings
from registry_store.engine import connect
from schemas.participants import Consent

ROLES = ("relay", "worker", "clock", "platform", "mqtt", "door")
"""In the order in which they start; they stop in the opposite order, so that nothing comes in any more first."""

READY_SECONDS = 60.0
LOCK = "lock"
"""In the data folder; whoever has it is alone there."""
PROCESS_STOP_SECONDS = 5.0


class AlreadyUp(HubError):
    """Another hub has the data folder."""


class PortTaken(HubError):
    """Something else listens where the HTTP door is to be."""


class NotReady(HubError):
    """The hub did not become ready in time; the text says what it waits for and where its logs are."""


class Stack:
    """Starts and stops everything. State is in the data folder and is there again next time."""

    def __init__(self, settings: Settings, progress: Progress, consents: Iterable[Consent] = ()) -> None:
        self.data = settings.data.absolute()
        self._given = settings
        self._progress = progress
        self._consents = tuple(consents)
        # Two hubs on one folder would stop each other's servers as leftovers.
        self._alone = InterProcessLock(self.data / LOCK)
        self.supervisor = Supervisor(progress)
        self.kafka = EmbeddedKafka(self.data, progress)
        backups = None if settings.backup is None else BackupFolder(settings.backup)
        self.postgres = EmbeddedPostgres(self.data, progress, backups)
        self._logins = self.data / "mqtt-logins.json"
        self.mqtt = EmbeddedMqtt(self.data, progress, self._logins)
        self._keeper = Keeper(self._parts(), progress)
        self.settings = settings
        self.url = ""
        self._said = ""

    def start(self) -> Running:
        """Returns when the hub takes messages. Raises `PartUnavailable`, `NotReady` or `SettingsInvalid`."""
        try:
            self.data.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SettingsInvalid(f"HUB_DATA: {self.data} cannot be a folder of ours ({error.strerror})") from None
        given = self._given.participants
        if given is not None and not given.exists():
            raise SettingsInvalid(f"HUB_PARTICIPANTS: {given} does not exist; unset it to have one made")
        if not self._alone.acquire(blocking=False):
            raise AlreadyUp(f"a hub is already up in {self.data}; stop it first, or give another folder with --data")
        if self._given.port and not is_free(self._given.port):
            raise PortTaken(
                f"port {self._given.port} is in use; set HUB_PORT (or --port) to another, or to 0 for a free one"
            )
        development.ensure(self.data, self._given.participants_file, self._consents)
        known = read_participants(self._given.participants_file)
        hub_login = development.mqtt_logins(self.data, known, self._logins)
        self._start_parts()
        port = self._given.port or free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.settings = self._given.model_copy(
            update={
                "kafka": self._given.kafka or self.kafka.address,
                "database": self._given.database or self.postgres.address,
                "mqtt": self._given.mqtt or _with_login(self.mqtt.address, *hub_login),
                "port": port,
                "data": self.data,
                "secret": self._given.secret or development.secret(self.data),
            }
        )
        self._keeper.start()
        self._progress("Preparing tables and topics.")
        asyncio.run(self._prepare())
        for role in ROLES:
            self.start_role(role)
        if self.settings.enquiry_url is not None:
            self.start_role("enquiries")
        self.wait_ready()
        found = Running(
            self.url,
            self.settings.kafka or "",
            self.settings.database or "",
            self._given.mqtt or self.mqtt.address,
            os.getpid(),
        )
        found.write(self.data)
        return found

    def start_role(self, role: str, name: str | None = None) -> None:
        """Starts one of the hub's processes; `name` tells several of one role apart."""
        argv = [sys.executable, "-m", "hub.cli.main", "run", role]
        log = self.data / "logs" / f"{name or role}.log"
        log.parent.mkdir(exist_ok=True)
        self.supervisor.start(name or role, argv, environment(self.settings), log)

    def wait_ready(self) -> None:
        """Returns when `/readyz` answers 200."""
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            if self._answers():
                return
            time.sleep(0.1)
        raise NotReady(f"not ready after {READY_SECONDS:.0f} s: {self._said}; the logs are in {self.data / 'logs'}")

    def _answers(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.settings.port, timeout=2)
        try:
            connection.request("GET", "/readyz")
            answer = connection.getresponse()
            self._said = answer.read().decode("utf-8", "replace")
            return answer.status == HTTPStatus.OK
        except OSError:
            self._said = "the HTTP door does not answer"
            return False
        finally:
            connection.close()

    def stop(self) -> None:
        """Stops everything in good order, within 10 s."""
        if not self._alone.acquired:
            return
        running.forget(self.data)
        self._keeper.stop()
        self.supervisor.stop_all(PROCESS_STOP_SECONDS)
        _at_once([part.stop for part in self._parts()])
        self._alone.release()

    def _parts(self) -> list[Part]:
        return [
            part
            for part, given in (
                (self.kafka, self._given.kafka),
                (self.postgres, self._given.database),
                (self.mqtt, self._given.mqtt),
            )
            if given is None
        ]

    def _start_parts(self) -> None:
        try:
            _at_once([part.start for part in self._parts()])
        except PartUnavailable:
            _at_once([part.stop for part in self._parts()])
            raise

    async def _prepare(self) -> None:
        engine = connect(self.settings.database or "")
        try:
            await prepare(self.settings, engine)
        finally:
            await engine.dispose()


def environment(settings: Settings) -> dict[str, str]:
    """The environment of a process with these settings, and with nothing of ours besides."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    given = settings.model_dump(mode="json", exclude_none=True)
    return kept | {f"{PREFIX}{name.upper()}": str(value) for name, value in given.items()}


def _with_login(address: str, user: str, password: str) -> str:
    return address.replace("mqtt://", f"mqtt://{user}:{password}@", 1)


def _at_once(actions: list[Callable[[], None]]) -> None:
    """Runs actions side by side; raises the first error once all have ended."""
    with ThreadPoolExecutor(max(1, len(actions))) as pool:
        for future in [pool.submit(action) for action in actions]:
            future.result()
