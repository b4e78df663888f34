"""What every embedded part offers: a real server of our own, for when the settings name no outside one."""

from collections.abc import Callable
from typing import Protocol

from hub.errors import HubError

Progress = Callable[[str], None]
"""Takes one sentence for the person who waits: what is being done, how big it is, how long it has taken."""


class PartUnavailable(HubError):
    """An embedded part cannot run here; the text says exactly what to do about it."""


class Part(Protocol):
    """A server process that belongs to this hub and keeps its state in the hub's data folder."""

    name: str

    def start(self) -> None:
        """Returns when the server is ready. Raises `PartUnavailable`."""

    def stop(self) -> None:
        """Ends the server in good order, within 4 s. Without effect when it is not running."""

    def kill(self) -> None:
        """SIGKILL for the server and its children, as a fault would have it; `start` works again after it."""

    def alive(self) -> bool: ...

    @property
    def pid(self) -> int | None:
        """Of the real server process, not of a wrapper; None when it does not run."""

    @property
    def address(self) -> str:
        """Where clients find it; stays the same over restarts. See each part for the form."""
