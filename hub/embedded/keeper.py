"""Starts a part again that died under a running hub, as the supervisor does for the hub's own processes."""

import threading
from collections.abc import Sequence

from hub.embedded.part import Part, PartUnavailable, Progress

EVERY_SECONDS = 0.5


class Keeper:
    """Watches parts from a thread of its own, between `start` and `stop`."""

    def __init__(self, parts: Sequence[Part], progress: Progress) -> None:
        self._parts = tuple(parts)
        self._progress = progress
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="keeper", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Returns once no start is under way any more. Without effect when it was not started."""
        self._over.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(EVERY_SECONDS):
            for part in self._parts:
                if not part.alive() and not self._over.is_set():
                    self._progress(f"{part.name} has died; starting it again.")
                    self._start(part)

    def _start(self, part: Part) -> None:
        try:
            part.start()
        except (PartUnavailable, OSError) as error:
            # Tried again at the next look: whatever hinders it, a full disk too, may pass; doors say 503 until then.
            self._progress(f"{part.name} does not start: {error}")
