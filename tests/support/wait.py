"""Waiting for something to come true."""

import time
from collections.abc import Callable


def until(true: Callable[[], bool], what: str, seconds: float = 30.0) -> None:
    """Returns once `true()`. Fails with `what` was waited for."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"waited {seconds:.0f} s in vain until {what}"
        time.sleep(0.02)
