"""Logs tell where something failed, and nothing of what somebody sent."""

import json
import logging
import sys
from collections.abc import Iterator
from io import StringIO

import pytest
import structlog

from hub import log

SERIAL, TOKEN = "ES5-0042317", "a-secret-token"


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[StringIO]:
    """What a process writes to standard error."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    caught = StringIO()
    monkeypatch.setattr(sys, "stderr", caught)
    log.configure("debug", "door")
    yield caught
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
