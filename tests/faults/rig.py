"""A whole hub to be broken: each part and process can be killed, held down, frozen, or made to die at a given place."""

import asyncio
import os
import signal
import sys
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar
from unittest import mock

import asyncpg
import psutil
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from hub import kafka, running
from hub.embedded import supervisor as supervising
from hub.embedded.part import Part
from hub.embedded.ports import free_port
from hub.embedded.stack import Stack, environment
from hub.embedded.supervisor import Supervisor
from hub.identity import Identity
from hub.settings import Settings
from schemas import topics
from tests.faults import failpoints, process
from tests.support import parts
from tests.support.wait import until

T = TypeVar("T")
GROUP = "fmar-registration"
LONGEST_PAUSE_SECONDS = 0.5
PATIENCE_SECONDS = 120.0
"""For what takes a few seconds on a machine that has nothing else to do."""
STOP_SECONDS = 5.0
WAITED_FOR = """
SELECT waiting.locktype FROM pg_locks held
JOIN pg_stat_activity holder ON holder.pid = held.pid AND holder.state = 'idle in transaction'
LEFT JOIN pg_locks waiting ON NOT waiting.granted AND held.pid = ANY (pg_blocking_pids(waiting.pid))
WHERE held.relation = 'watermark'::regclass AND held.mode = 'RowExclusiveLock' AND held.granted
"""


class Rig(Stack):
    """The hub's own stack, whose processes are those of `tests.faults.process`."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings, parts.say_nothing)
        self.near_port = free_port()
        self.far_port = free_port((self.near_port,))
        self.kafka.more_settings = parts.SHORT_SESSIONS + SECOND_LISTENER.format(
            near=self.near_port, far=self.far_port, broker="{broker}", controller="{controller}"
        )
        self.failpoints = self.data / "failpoints"
        self._besides: dict[str, Supervisor] = {}

    def start_role(self, role: str, name: str | None = None) -> None:
        self._run(self.supervisor, role, name or role, self.settings)

    def start_besides(self, role: str, name: str, skew: float = 0.0, **settings: object) -> None:
        """One more process of a role, with settings of its own and a clock that may be wrong, until `end_besides`."""
        by = self._besides[name] = Supervisor(parts.say_nothing)
        self._run(by, role, name, self.settings.model_copy(update=settings), skew)

    def end_one(self, name: str, *, kill: bool) -> None:
        """Ends one of those, which is then not started again."""
        self._besides.pop(name).stop_all(0.0 if kill else STOP_SECONDS)

    def end_besides(self) -> None:
        for name in list(self._besides):
            self.end_one(name, kill=False)

    def _run(self, by: Supervisor, role: str, name: str, settings: Settings, skew: float = 0.0) -> None:
        argv = [sys.executable, "-m", "tests.faults.process", role, str(self.failpoints), str(skew)]
        log = self.data / "logs" / f"{name}.log"
        log.parent.mkdir(exist_ok=True)
        path = {"PYTHONPATH": os.pathsep.join(sys.path)}
        by.start(name, argv, environment(settings) | path, log)

    def identity(self, participant: str) -> Identity:
        return running.development_identity(self.data, participant)

    def die_at(self, role: str, point: str) -> None:
        """Returns once a process of the role has died there."""
        file = failpoints.arm(self.failpoints, role, point)
        until(lambda: not file.exists(), f"the {role} came to {point}", PATIENCE_SECONDS)

    def stop_at(self, role: str, point: str, names: Sequence[str]) -> str:
        """Returns once one of these processes of the role stands still there, and which."""
        file = failpoints.arm(self.failpoints, role, point, failpoints.STOP)
        until(lambda: not file.exists(), f"the {role} came to {point}", PATIENCE_SECONDS)
        # It takes the file away before it stops.
        until(lambda: any(map(self._stands_still, names)), f"one of {names} stands still", PATIENCE_SECONDS)
        (name,) = filter(self._stands_still, names)
        return name

    def _stands_still(self, name: str) -> bool:
        pid = self._running(name)
        return pid is not None and psutil.Process(pid).status() == psutil.STATUS_STOPPED

    def freeze(self, name: str) -> None:
        os.kill(self._pid(name), signal.SIGSTOP)

    def wake(self, name: str) -> None:
        os.kill(self._pid(name), signal.SIGCONT)

    def kill(self, name: str) -> None:
        """SIGKILL for one of those beside the usual ones; it is started again."""
        self._besides[name].kill(name)

    def cpu_seconds(self, name: str) -> float:
        """What a process has used since its start."""
        spent = psutil.Process(self._pid(name)).cpu_times()
        return float(spent.user + spent.system)

    def _pid(self, name: str) -> int:
        pid = self._running(name)
        assert pid is not None, f"{name} runs"
        return pid

    def _running(self, name: str) -> int | None:
        return self._besides.get(name, self.supervisor).pid(name)

    @contextmanager
    def away(self, part: Part) -> Iterator[None]:
        """A part that is killed, and that nobody starts again before the end."""
        with mock.patch.object(part, "alive", lambda: True):
            part.kill()
            yield

    def journal_ends(self) -> dict[int, int]:
        """The next offset of each partition of the journal, by its number."""
        ends = _apart(kafka.topic_ends(self.settings.kafka or "", *topics.JOURNAL))
        return {topics.journal_number(*at): end for at, end in ends.items()}

    def registered(self, ends: Mapping[int, int]) -> bool:
        """Whether the journal is registered up to these offsets."""
        done = self.watermarks()
        return all(done.get(number, -1) >= end - 1 for number, end in ends.items())

    def watermarks(self) -> dict[int, int]:
        """The last offset of each partition of the journal that is registered."""
        rows = self.ask("SELECT topic, partition, last_offset FROM watermark")
        return {topics.journal_number(row["topic"], row["partition"]): row["last_offset"] for row in rows}

    def sharing(self, *names: str) -> set[str]:
        """Those of these workers that have a part of the journal; none while it is being divided."""
        members = self._members()
        pids = {name: self._running(name) for name in names}
        return {name for name, pid in pids.items() if pid is not None and process.member(pid) in members}

    def _members(self) -> frozenset[str]:
        async def work() -> frozenset[str]:
            admin = AIOKafkaAdminClient(bootstrap_servers=self.settings.kafka)
            try:
                await admin.start()
                (found,) = await admin.describe_consumer_groups([GROUP])
                ((_, _, state, _, _, members, *_),) = found.groups
                return frozenset(member[1] for member in members if state == "Stable")
            except KafkaError:
                # A broker that only starts has no coordinator for it yet.
                return frozenset()
            finally:
                await admin.close()

        return _apart(work())

    def waited_for(self) -> set[str] | None:
        """What is waited for of a transaction that holds watermarks and is asked nothing: kinds of locks.

        None where there is no such transaction.
        """
        found = self.ask(WAITED_FOR)
        return {kind for (kind,) in found if kind is not None} if found else None

    def database_answers(self) -> bool:
        try:
            return bool(self.ask("SELECT 1"))
        except (OSError, asyncpg.PostgresError):
            return False

    def ask(self, *statements: str) -> list[asyncpg.Record]:
        """The answer to the last of these statements, all of them in one transaction."""

        async def work() -> list[asyncpg.Record]:
            connection = await asyncpg.connect(self.settings.database)
            try:
                async with connection.transaction():
                    found: list[list[asyncpg.Record]] = [await connection.fetch(each) for each in statements]
                    return found[-1]
            finally:
                await connection.close()

        return _apart(work())


def _apart(work: Coroutine[Any, Any, T]) -> T:
    """In a thread and a loop of its own, so that it may be called from wherever a test is."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


# A way into Kafka on which a test can put a wire of its own in between: clients are told the far end of it.
SECOND_LISTENER = """\
listeners=PLAINTEXT://127.0.0.1:{broker},CONTROLLER://127.0.0.1:{controller},WIRE://127.0.0.1:{near}
advertised.listeners=PLAINTEXT://127.0.0.1:{broker},WIRE://127.0.0.1:{far}
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,WIRE:PLAINTEXT
"""


@contextmanager
def running_rig(folder: Path, **settings: object) -> Iterator[Rig]:
    """A rig that is up; what is to come back after a fault does so at once."""
    with mock.patch.object(supervising, "LONGEST_PAUSE_SECONDS", LONGEST_PAUSE_SECONDS):
        made = Rig(Settings(data=folder, port=0, **settings))  # type: ignore[arg-type]
        try:
            made.start()
            yield made
        finally:
            made.end_besides()
            made.stop()
