"""A folder of backups of the embedded PostgreSQL: copies of the whole cluster, and its write-ahead log since then."""

import hashlib
import json
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from hub.embedded.account import Account, let_in
from hub.embedded.part import PartUnavailable

MANIFEST = "backup.json"
ARCHIVE_SECONDS = 60
"""What PostgreSQL wrote is in the archive after this long, even if it was little."""


@dataclass(frozen=True)
class BaseBackup:
    """One copy of the cluster. From its end on, every moment that the archive reaches to can be gone back to."""

    folder: Path
    began: datetime
    ended: datetime

    def write(self, into: Path) -> None:
        times = {name: moment.isoformat() for name, moment in (("began", self.began), ("ended", self.ended))}
        (into / MANIFEST).write_text(json.dumps(times, indent=1))

    def check(self) -> None:
        """Raises `PartUnavailable` where a file is not as PostgreSQL wrote it. (Its own `pg_verifybackup` would do; it
        does not start in every build.)"""
        for file in json.loads((self.folder / "backup_manifest").read_text())["Files"]:
            path = self.folder / file["Path"]
            try:
                with path.open("rb") as content:
                    digest = hashlib.file_digest(content, "sha256").hexdigest()
            except FileNotFoundError:
                digest = ""
            if digest != file["Checksum"]:
                raise PartUnavailable(f"{path} is not as it was when the backup was made: restore another backup")

    @classmethod
    def read(cls, folder: Path) -> "BaseBackup":
        times = json.loads((folder / MANIFEST).read_text())
        return cls(folder, *(datetime.fromisoformat(times[name]) for name in ("began", "ended")))


@dataclass(frozen=True)
class BackupFolder:
    """`place` holds `base-TIME` folders and `wal`, the archive."""

    place: Path

    @property
    def archive(self) -> Path:
        return self.place.absolute() / "wal"

    def make(self, account: Account) -> None:
        """The folder and its archive, which the server's account writes. Raises `PartUnavailable`."""
        try:
            self.place.mkdir(mode=0o700, parents=True, exist_ok=True)
            if account.owner is not None:
                let_in(account.owner, self.place.absolute())
            account.make_folder(self.archive)
        except OSError as error:
            raise PartUnavailable(f"{self.place} cannot be a folder of backups: {error.strerror}") from None

    def named(self, began: datetime) -> Path:
        """Where a copy of that time goes."""
        return self.place.absolute() / f"base-{began.astimezone(UTC):%Y%m%dT%H%M%SZ}"

    def bases(self) -> Iterator[BaseBackup]:
        """Every finished copy, the eldest first. What was interrupted has no manifest."""
        for manifest in sorted(self.place.absolute().glob(f"base-*/{MANIFEST}")):
            yield BaseBackup.read(manifest.parent)

    def base_for(self, to: datetime | None) -> BaseBackup:
        """The copy to begin from in order to come to a moment, or as far as possible. Raises `PartUnavailable`."""
        found = [base for base in self.bases() if to is None or base.ended <= to]
        if found:
            return found[-1]
        if any(True for _ in self.bases()):
            first = next(self.bases())
            raise PartUnavailable(
                f"no backup in {self.place} is as old as that; the first one ended at {first.ended:%Y-%m-%d %H:%M:%S}"
                " UTC: give --to a later time"
            )
        raise PartUnavailable(f"there is no backup in {self.place}; `hub backup` makes one")

    def archive_settings(self) -> str:
        """Lines of PostgreSQL's configuration."""
        # A file is there as a whole or not at all; one that is there already must be the same.
        to = f"{_quoted(self.archive)}/%f"
        command = (
            f"if [ -f {to} ]; then cmp -s %p {to};"
            f" else cp %p {to}.part && sync {to}.part && mv {to}.part {to} && sync {to}; fi"
        )
        escaped = command.replace("'", "''")
        return f"archive_mode = on\narchive_timeout = {ARCHIVE_SECONDS}\narchive_command = '{escaped}'\n"

    def restore_settings(self, to: datetime | None) -> list[str]:
        """Settings for one start, `name=value`: replay what the archive holds, up to a moment or to its end."""
        # Not ready before it can be written to.
        found = ["hot_standby=off", f"restore_command=cp {_quoted(self.archive)}/%f %p"]
        found.append("recovery_target_action=promote")
        if to is not None:
            found.append(f"recovery_target_time={to.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f+00}")
        return found


def _quoted(path: Path) -> str:
    """For a shell, in a command in which PostgreSQL replaces what follows a percent sign."""
    return shlex.quote(str(path)).replace("%", "%%")
