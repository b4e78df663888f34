"""A PostgreSQL and a streaming replica of it, from the same programs."""

import asyncio
import subprocess
from pathlib import Path
from urllib.parse import quote

import asyncpg

from hub.embedded.postgres import DATABASE, USER, EmbeddedPostgres
from tests.support.parts import say_nothing


class Standby(EmbeddedPostgres):
    """Ready as soon as it follows."""

    name = "the replica"

    def _says_ready(self) -> bool:
        file = self.cluster / "postmaster.pid"
        lines = file.read_text().splitlines() if file.exists() else []
        return len(lines) >= 8 and lines[7].strip() in ("standby", "ready")


class Pair:
    """A primary, and a replica that can take its place. `url` names both."""

    def __init__(self, folder: Path) -> None:
        self.primary = EmbeddedPostgres(folder / "primary", say_nothing)
        self.replica = Standby(folder / "replica", say_nothing)

    @property
    def url(self) -> str:
        hosts = "&".join(f"host={quote(str(s.socket_folder), safe='/')}:5432" for s in (self.primary, self.replica))
        return f"postgresql://{USER}@/{DATABASE}?{hosts}&target_session_attrs=primary"

    def start(self) -> None:
        self.primary.start()
        home = self.replica.cluster.parent
        home.mkdir(parents=True)
        account = self.replica.account
        where = ["-h", str(self.primary.socket_folder), "-U", USER, "-D", str(self.replica.cluster)]
        account.make_folder(self.replica.cluster)
        subprocess.run(
            [self.primary.programs / "pg_basebackup", "--checkpoint=fast", "--write-recovery-conf", *where],
            check=True,
            cwd=self.replica.cluster,
            **account.as_subprocess_options(),
        )
        self.replica.start()

    def wait_for_the_replica(self, *, synchronous: bool) -> None:
        """Whether a commit is only done once the replica has it on its disk."""
        names = "*" if synchronous else ""
        _run(self.primary, f"ALTER SYSTEM SET synchronous_standby_names = '{names}'", "SELECT pg_reload_conf()")

    def fail_over(self) -> None:
        """kill -9 of the primary; the replica takes over."""
        self.primary.kill()
        _run(self.replica, "SELECT pg_promote()")

    def stop(self) -> None:
        self.replica.stop()
        self.primary.stop()


def _run(server: EmbeddedPostgres, *statements: str) -> None:
    async def work() -> None:
        connection = await asyncpg.connect(server.address)
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    asyncio.run(work())
