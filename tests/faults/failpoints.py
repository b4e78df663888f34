"""Places in the hub where a test lets a process die or stand still: armed by a file, which the process takes away.

A point is armed for whichever process of its role comes there next.
"""

import os
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

KILL, STOP = "kill", "stop"
"""What a process does to itself there: SIGKILL, or SIGSTOP, which it wakes from as if nothing had been."""

POINTS = {
    "door": ("before-produce", "after-produce"),
    "worker": ("before-transaction", "before-commit", "after-commit", "after-ack"),
    "relay": ("before-numbering", "before-publish", "after-publish", "after-mark"),
}


def armed(folder: Path, role: str, point: str) -> Path:
    return folder / f"{role}.{point}"


def arm(folder: Path, role: str, point: str, deed: str = KILL) -> Path:
    """The file that is gone once a process has come there."""
    assert point in POINTS[role], point
    folder.mkdir(exist_ok=True)
    file = armed(folder, role, point)
    partial = file.with_suffix(".partial")
    partial.write_text(deed)
    partial.replace(file)
    return file


def install(folder: Path, role: str) -> None:
    """Puts the points of a role into this process."""
    installers = {"door": _door, "worker": _worker, "relay": _relay}
    if role in installers:
        installers[role](lambda point: _at(folder, role, point))


def _at(folder: Path, role: str, point: str) -> Callable[[], None]:
    file = armed(folder, role, point)

    def come() -> None:
        try:
            deed = file.read_text()
            # Of several processes that come at once, the one that takes the file away is meant.
            file.unlink()
        except FileNotFoundError:
            return
        os.kill(os.getpid(), signal.SIGSTOP if deed == STOP else signal.SIGKILL)

    return come


Come = Callable[[str], Callable[[], None]]


def _around(owner: Any, name: str, before: Callable[[], None] | None, after: Callable[[], None] | None) -> None:
    usual: Callable[..., Awaitable[Any]] = getattr(owner, name)

    async def step(*arguments: Any, **named: Any) -> Any:
        if before is not None:
            before()
        result = await usual(*arguments, **named)
        if after is not None:
            after()
        return result

    setattr(owner, name, step)


def _door(at: Come) -> None:
    from connectors.journal import Journal

    _around(Journal, "append", at("before-produce"), at("after-produce"))


def _worker(at: Come) -> None:
    from faust.streams import Stream

    from registry_store import journal_progress
    from streams.guard import Guard

    _around(journal_progress, "raise_watermarks", None, at("before-commit"))
    _around(Guard, "_commit", at("before-transaction"), at("after-commit"))
    _around(Stream, "ack", None, at("after-ack"))


def _relay(at: Come) -> None:
    from hub.publisher import Publisher
    from registry_store import outbox

    _around(outbox, "number", at("before-numbering"), None)
    _around(Publisher, "publish", at("before-publish"), at("after-publish"))
    _around(outbox, "mark_published", None, at("after-mark"))
