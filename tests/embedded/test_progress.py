"""Whoever waits is told at once what for, and again while it lasts."""

import threading

import pytest

from hub.embedded import progress


def test_a_long_wait_is_told_again_with_time_and_detail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "REPEAT_SECONDS", 0.01)
    told, enough = list[str](), threading.Event()

    def tell(sentence: str) -> None:
        told.append(sentence)
        if len(told) == 3:
            enough.set()

    with progress.telling(tell, "Fetching", lambda: "2 MB of 44 MB"):
        assert told == ["Fetching"]
        assert enough.wait(5)
    assert told[1] == "Fetching: 0 s so far, 2 MB of 44 MB"


def test_silence_is_never_longer_than_five_seconds() -> None:
    assert progress.REPEAT_SECONDS <= 5
