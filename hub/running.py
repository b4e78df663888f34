"""How a command finds the hub that `hub up` started on this machine: one small file in the data folder."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from hub import identity
from hub.errors import HubError
from hub.identity import Identity

FILE = "hub.json"
IDENTITIES = "identities"


class NotRunning(HubError):
    """No hub is up in this data folder."""


@dataclass(frozen=True)
class Running:
    """Addresses of a running hub: `url` of the HTTP door, the others as the settings take them."""

    url: str
    kafka: str
    database: str
    mqtt: str
    pid: int

    def write(self, data: Path) -> None:
        file = data / FILE
        file.touch(mode=0o600)
        file.write_text(json.dumps(asdict(self), indent=1))


def find(data: Path) -> Running:
    """The hub of this data folder. Raises `NotRunning` with what to do."""
    try:
        return Running(**json.loads((data / FILE).read_text()))
    except FileNotFoundError:
        raise NotRunning(f"no hub is running in {data}; start one with `hub up`, or give --url and --key") from None


def forget(data: Path) -> None:
    (data / FILE).unlink(missing_ok=True)


def development_identity(data: Path, participant: str) -> Identity:
    """The key and token that `hub up` made for one of its development participants."""
    return identity.load(identity_file(data, participant))


def identity_file(data: Path, participant: str) -> Path:
    return data / IDENTITIES / f"{participant}.json"
