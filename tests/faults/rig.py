"""A whole hub to be broken: each part and process can be killed, held down, frozen, or made to die at a given place."""

import asyncio
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

from hub import running
from hub.embedded import supervisor as supervising
from hub.embedded.part import Part
from hub.embedded.stack import Stack, environment
from hub.embedded.supervisor import Supervisor
from hub.identity import Identity
from hub.settings import Settings
from registry_store.engine import connect, transaction
from registry_store.journal_progress import Partition, watermarks
from tests.faults import failpoints
from tests.support import parts
from tests.support.wait import until

LONGEST_PAUSE_SECONDS = 0.5
STOP_SECONDS = 5.0


class Rig(Stack):
    """The hub's own stack, whose processes are those of `tests.faults.process`."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings, parts.say_nothing)
        self.failpoints = self.data / "failpoints"
        self.besides = Supervisor(parts.say_nothing)
        """Processes that a test has started beside the usual ones."""

    def start_role(self, role: str, name: str | None = None) -> None:
        self._run(self.supervisor, role, name or role, self.settings)

    def start_besides(self, role: str, name: str, skew: float = 0.0, **settings: object) -> None:
        """One more process of a role, with settings of its own and a clock that may be wrong, until `end_besides`."""
        self._run(self.besides, role, name, self.settings.model_copy(update=settings), skew)

    def end_besides(self) -> None:
        self.besides.stop_all(STOP_SECONDS)

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
        until(lambda: not file.exists(), f"the {role} came to {point}", 60)

    def stop_at(self, role: str, point: str) -> None:
        """Returns once a process of the role stands still there."""
        file = failpoints.arm(self.failpoints, role, point, failpoints.STOP)
        until(lambda: not file.exists(), f"the {role} came to {point}", 60)

    def freeze(self, name: str) -> None:
        self._signal(name, signal.SIGSTOP)

    def wake(self, name: str) -> None:
        self._signal(name, signal.SIGCONT)

    def _signal(self, name: str, number: signal.Signals) -> None:
        by = self.supervisor if name in self.supervisor._children else self.besides
        pid = by.pid(name)
        assert pid is not None, f"{name} runs"
        os.kill(pid, number)

    @contextmanager
    def away(self, part: Part) -> Iterator[None]:
        """A part that is killed, and that nobody starts again before the end."""
        with mock.patch.object(part, "alive", lambda: True):
            part.kill()
            yield

    def watermarks(self) -> dict[Partition, int]:
        """How far the journal is registered."""

        async def ask() -> dict[Partition, int]:
            engine = connect(self.settings.database or "", pool_size=1)
            try:
                async with transaction(engine) as connection:
                    return await watermarks(connection)
            finally:
                await engine.dispose()

        return asyncio.run(ask())


@contextmanager
def running_rig(folder: Path, **settings: object) -> Iterator[Rig]:
    """A rig that is up; what is to come back after a fault does so at once."""
    with (
        parts.short_sessions(),
        mock.patch.object(supervising, "LONGEST_PAUSE_SECONDS", LONGEST_PAUSE_SECONDS),
    ):
        made = Rig(Settings(data=folder, port=0, **settings))  # type: ignore[arg-type]
        try:
            made.start()
            yield made
        finally:
            made.end_besides()
            made.stop()
