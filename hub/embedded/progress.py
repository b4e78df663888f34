"""Keeps a person informed while something takes long: never silent for more than a few seconds."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from hub.embedded.part import Progress

REPEAT_SECONDS = 4.0


@contextmanager
def telling(progress: Progress, what: str, detail: Callable[[], str] = lambda: "") -> Iterator[None]:
    """Says `what` now, and again with time taken and `detail()` every few seconds until the block ends."""
    began = time.monotonic()
    ended = threading.Event()

    def repeat() -> None:
        while not ended.wait(REPEAT_SECONDS):
            more = detail()
            progress(f"{what}: {time.monotonic() - began:.0f} s so far{', ' + more if more else ''}")

    progress(what)
    thread = threading.Thread(target=repeat, name="progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
