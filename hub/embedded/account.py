"""The system account that a server runs as: PostgreSQL refuses to run as root."""

import os
import pwd
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from hub.embedded.part import PartUnavailable

SERVER_USER = "pgserver"


class SubprocessOptions(TypedDict, total=False):
    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True)
class Account:
    """`owner` is (user id, group id), or None for the account that the hub itself runs as."""

    owner: tuple[int, int] | None

    @classmethod
    def for_server(cls) -> "Account":
        """The hub's own account; under root, that of a system user without rights, made at the first need."""
        if os.geteuid() != 0:
            return cls(None)
        try:
            entry = pwd.getpwnam(SERVER_USER)
        except KeyError:
            entry = make_user()
        return cls((entry.pw_uid, entry.pw_gid))

    def make_folder(self, folder: Path) -> None:
        """A folder that this account alone may enter. One that is there already must be its own."""
        folder.mkdir(mode=0o700, exist_ok=True)
        if self.owner is not None:
            os.chown(folder, *self.owner)
        expected = os.geteuid() if self.owner is None else self.owner[0]
        if folder.is_symlink() or folder.stat().st_uid != expected:
            raise PartUnavailable(f"{folder} belongs to another user; remove it and start again")
        folder.chmod(0o700)

    def as_subprocess_options(self) -> SubprocessOptions:
        if self.owner is None:
            return {}
        return {"user": self.owner[0], "group": self.owner[1], "extra_groups": []}


def let_in(owner: tuple[int, int], *folders: Path) -> None:
    """Lets the account pass through (not list) the folders above those it needs, as far as it cannot yet."""
    for folder in folders:
        for place in (folder, *folder.parents):
            status = place.stat()
            if status.st_uid != owner[0] and not status.st_mode & stat.S_IXOTH:
                place.chmod(status.st_mode | stat.S_IXOTH)


def make_user() -> pwd.struct_passwd:
    """A user that nobody can log in as. Raises `PartUnavailable` with what to do instead."""
    command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", SERVER_USER]
    try:
        subprocess.run(command, check=True, capture_output=True, text=True)
        return pwd.getpwnam(SERVER_USER)
    except (OSError, subprocess.SubprocessError, KeyError) as error:
        raise PartUnavailable(
            f"PostgreSQL does not run as root, and the system user {SERVER_USER} could not be made "
            f"({error}); start the hub as an ordinary user, or set HUB_DATABASE to another PostgreSQL"
        ) from error
