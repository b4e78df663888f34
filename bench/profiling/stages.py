"""Which stage of the work a stack belongs to, and what kind of work it is. Read from module names alone."""

import sys
from collections.abc import Iterator
from types import FrameType

import greenlet

REGISTRATION = "hub.services.registration."
STAGES = {
    "streams.records": "read the record",
    "hub.services.directory": "directory",
    "hub.services.audit.vault": "vault",
    "streams.guard": "guard: attempts, watermark, commit",
    "streams.registration": "take and acknowledge",
    "streams.relay": "relay",
    "streams.watchdog": "watchdog",
    "connectors.intake": "intake",
    "connectors.webhook": "webhook",
    "faust": "Faust",
    "mode": "Faust",
    "aiokafka": "Kafka client",
}
"""Stages that are not the registration's own, by module or package; the innermost that fits counts."""

KINDS = {
    "registry_store": "SQL client",
    "sqlalchemy": "SQL client",
    "asyncpg": "SQL client",
    "schemas.avro": "Avro",
    "fastavro": "Avro",
    "hub.rules": "rules",
    "schemas": "shapes",
    "pydantic": "shapes",
    "aiokafka": "Kafka client",
    "faust": "Faust",
    "mode": "Faust",
    "cryptography": "signatures",
    "hub.services": "services",
    "streams": "services",
}
"""Kinds of work by module or package; the innermost that fits counts."""

OTHER = "start-up and other"
OURS = ("hub", "streams", "connectors", "registry_store", "schemas")


def frames(innermost: FrameType | None) -> Iterator[FrameType]:
    """A stack from the inside out, across greenlets: SQLAlchemy runs its statements in one of its own."""
    frame, inside = innermost, greenlet.getcurrent()
    while frame is not None or inside.parent is not None:
        if frame is None:
            inside = inside.parent
            frame = inside.gr_frame
            continue
        yield frame
        frame = frame.f_back


def here() -> Iterator[FrameType]:
    """The stack of the caller."""
    return frames(sys._getframe(1))


def stage(modules: list[str]) -> str:
    """The stage of a stack, given the names of its modules from the inside out."""
    for module in reversed(modules):
        if module.startswith(REGISTRATION) and module != f"{REGISTRATION}batch":
            return module.removeprefix(REGISTRATION).partition(".")[0]
    # Faust calls everything, so that the innermost of these counts.
    return next((found for module in modules if (found := _named(module, STAGES))), OTHER)


def kind(modules: list[str]) -> str:
    """What a stack is at, given the names of its modules from the inside out."""
    return next((found for module in modules if (found := _named(module, KINDS))), "Python")


def _named(module: str, names: dict[str, str]) -> str | None:
    """The entry of the longest name that the module is or lies in."""
    name = module
    while name:
        if name in names:
            return names[name]
        name = name.rpartition(".")[0]
    return None
