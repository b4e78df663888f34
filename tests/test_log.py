"""Logs tell where something failed, and nothing of what somebody sent."""

import errno
import json
import logging
import os
import sys
from collections.abc import Iterator
from io import StringIO

import pytest
import structlog

from hub import log

SERIAL, TOKEN = "ES5-0042317", "a-secret-token"


class FullDisk(StringIO):
    """A file of a disk on which nothing has room."""

    def write(self, _: str) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.fixture
def standard_error() -> StringIO:
    return StringIO()


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch, standard_error: StringIO) -> Iterator[StringIO]:
    """What a process writes to standard error."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    monkeypatch.setattr(sys, "stderr", standard_error)
    log.configure("debug", "door")
    yield standard_error
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


def _fails() -> None:
    try:
        raise ValueError(f"GET /v1/assets?serial_number={SERIAL}")
    except ValueError as error:
        raise RuntimeError(f"Authorization: Bearer {TOKEN}") from error


@pytest.mark.parametrize("logger", [structlog.get_logger(), logging.getLogger("aiohttp.server")], ids=["own", "other"])
def test_an_error_is_logged_with_its_way_and_without_its_text(written: StringIO, logger: logging.Logger) -> None:
    try:
        _fails()
    except RuntimeError as error:
        logger.error("request failed", exc_info=error)
    line = json.loads(written.getvalue())
    assert "_fails" in line["exception"] and "RuntimeError" in line["exception"] and "ValueError" in line["exception"]
    assert SERIAL not in written.getvalue() and TOKEN not in written.getvalue()


@pytest.mark.parametrize("standard_error", [FullDisk()], ids=["no room"])
@pytest.mark.parametrize("logger", ["own", "other"])
def test_who_logs_goes_on_where_the_log_has_no_room(written: StringIO, logger: str) -> None:
    (structlog.get_logger() if logger == "own" else logging.getLogger("aiohttp.server")).warning("waiting")
    assert written.getvalue() == ""
