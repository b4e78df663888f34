"""Structured logs: one JSON object a line on standard error, without personal data.

Every value is checked on its way out: keys that hold personal data are refused by name, and anything that looks like an
MPAN is masked, so that a slip in one call does not put a household into a log.
"""

import logging
import re
import sys
import traceback
from collections.abc import MutableMapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import structlog

PERSONAL_KEYS = frozenset(
    {
        "import_mpan",
        "export_mpan",
        "mpan",
        "uprn",
        "address_line",
        "address",
        "postcode",
        "serial_number",
        "meter_serial",
    }
)
MOST_ERRORS = 5
_THIRTEEN_DIGITS = re.compile(r"(?<!\d)\d{13}(?!\d)")


def without_personal_data(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Masks personal fields and anything shaped like an MPAN."""
    for key, value in event.items():
        if key in PERSONAL_KEYS:
            event[key] = "(personal)"
        elif isinstance(value, str):
            event[key] = _THIRTEEN_DIGITS.sub("(13 digits)", value)
    return event


def where(error: Exception) -> str:
    """File and line of an error. Its text stays out of the log: it may hold what a message said."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{Path(frame.filename).name}:{frame.lineno}"


def frames(exc_info: Any) -> str:
    """The way of an error and of those behind it, without their texts, which may hold what somebody sent."""
    error, found = exc_info[1], list[str]()
    while error is not None and len(found) < MOST_ERRORS:
        found.append("".join(traceback.format_tb(error.__traceback__)) + type(error).__name__)
        error = error.__cause__ or error.__context__
    return "\n".join(found)


class _Writer(structlog.WriteLogger):
    """Where there is no room for a line it is missing: whoever logs has something to go on with."""

    def msg(self, message: str) -> None:
        with suppress(OSError):
            super().msg(message)

    log = debug = info = warn = warning = msg
    fatal = failure = err = error = critical = exception = msg


def configure(level: str, process: str) -> None:
    """Sends structlog and the standard library's logging the same way."""
    stream = sys.stderr

    def name_process(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        return {"process": process, **event}

    shared: list[Any] = [
        name_process,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.ExceptionRenderer(frames),
        without_personal_data,
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=lambda *_: _Writer(stream),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    # Libraries are heard from their warnings on: their INFO lines tell of every heartbeat.
    logging.basicConfig(
        level=max(logging.WARNING, logging.getLevelNamesMapping()[level.upper()]),
        handlers=[handler],
        force=True,
    )
