"""Backup and restore of the embedded PostgreSQL, with nothing but its own programs."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from hub.embedded.account import Account
from hub.embedded.backup_folder import BackupFolder, BaseBackup
from hub.embedded.part import PartUnavailable, Progress
from hub.embedded.postgres import USER, EmbeddedPostgres
from hub.embedded.progress import telling

SEGMENT = re.compile(r"[0-9A-F]{24}|[0-9A-F]{8}\.history")
"""Names of files of the write-ahead log, and of the notes where it was set back."""


def take(postgres: EmbeddedPostgres, into: BackupFolder, now: datetime, progress: Progress) -> BaseBackup:
    """Copies the cluster of a running server, with what is written meanwhile. Raises `PartUnavailable`."""
    into.make(postgres.account)
    place = into.named(now)
    unfinished = place.with_suffix(".part")
    shutil.rmtree(unfinished, ignore_errors=True)
    with telling(progress, "Copying the database"):
        options = [
            "--checkpoint=fast",
            "--wal-method=stream",
            "--manifest-checksums=SHA256",
            "--no-password",
            "-U",
            USER,
        ]
        _run(postgres, "pg_basebackup", *options, "-h", str(postgres.socket_folder), "-D", str(unfinished))
    made = BaseBackup(place, now, datetime.now(UTC))
    made.write(unfinished)
    unfinished.rename(place)
    return made


@contextmanager
def restored(
    postgres: EmbeddedPostgres, source: BackupFolder, to: datetime | None, now: datetime, progress: Progress
) -> Iterator[Path | None]:
    """The server, running on the cluster as it was at a moment or as late as can be; gives where the cluster of before
    lies. It is stopped at the end. Where anything fails, the cluster of before is back. Raises `PartUnavailable`.

    `postgres` archives into `source`, from the first file of its new course on: a later restore could else take that
    for another.
    """
    base = source.base_for(to)
    with telling(progress, f"Checking the backup of {base.ended:%Y-%m-%d %H:%M:%S} UTC"):
        base.check()
    before = _set_aside(postgres, now)
    try:
        with telling(progress, "Copying it into its place"):
            _put(base, postgres, before)
        with telling(progress, "Replaying what was written after it"):
            postgres.recover(source.restore_settings(to))
        yield before
    except BaseException:
        postgres.kill()
        shutil.rmtree(postgres.cluster, ignore_errors=True)
        if before is not None:
            before.rename(postgres.cluster)
        raise
    finally:
        postgres.stop()


def _set_aside(postgres: EmbeddedPostgres, now: datetime) -> Path | None:
    if not postgres.cluster.exists():
        return None
    aside = postgres.cluster.with_name(f"cluster.before-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}")
    postgres.cluster.rename(aside)
    return aside


def _put(base: BaseBackup, postgres: EmbeddedPostgres, before: Path | None) -> None:
    """The copy in its place, with the end of the log of before, which may not be in the archive yet."""
    account = postgres.account
    shutil.copytree(base.folder, postgres.cluster, symlinks=True)
    if before is not None and _identifier(postgres, before) == _identifier(postgres, postgres.cluster):
        for file in sorted((before / "pg_wal").iterdir()):
            if SEGMENT.fullmatch(file.name):
                shutil.copy2(file, postgres.cluster / "pg_wal" / file.name)
    (postgres.cluster / "recovery.signal").touch()
    _hand_over(account, postgres.cluster)


def _hand_over(account: Account, folder: Path) -> None:
    folder.chmod(0o700)
    if account.owner is not None:
        for place in (folder, *folder.rglob("*")):
            shutil.chown(place, *account.owner)


def _identifier(postgres: EmbeddedPostgres, cluster: Path) -> str:
    """What tells clusters apart. A cluster that is broken has none that another has."""
    try:
        said = _run(postgres, "pg_controldata", str(cluster))
    except PartUnavailable:
        return f"unknown, of {cluster}"
    return next(line for line in said.splitlines() if line.startswith("Database system identifier"))


def _run(postgres: EmbeddedPostgres, program: str, *arguments: str) -> str:
    done = subprocess.run([postgres.programs / program, *arguments], capture_output=True, text=True)
    if done.returncode:
        raise PartUnavailable(f"{program} failed: {(done.stderr or done.stdout).strip()}")
    return done.stdout
