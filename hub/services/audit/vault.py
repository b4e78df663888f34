"""The keys of the audit log: one for each subject, so that what is personal about it can be destroyed on its own."""

import base64
import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from hub.errors import HubError
from hub.rules import sealing
from hub.rules.sealing import CannotOpenError, WrappingKey
from registry_store import subject_keys
from registry_store.engine import Connection, Engine, transaction
from schemas.made import made
from schemas.records.audit import NamingKeyRow, SubjectKeyRow

Reference = tuple[str, str]
"""A source and its own reference of an asset: a subject, as far as the audit log is concerned."""
_NAMING = "naming key"


class SecretChanged(HubError):
    """The keys are wrapped by another secret than the hub has now; the text says what to do."""


@dataclass(frozen=True)
class SubjectKey:
    """The key of one subject, open."""

    subject: str
    generation: int
    key: bytes = field(repr=False)

    def seal(self, personal: Mapping[str, Any]) -> str:
        """What an entry carries in place of personal values: the key's generation, and the sealed JSON in base64."""
        sealed = sealing.seal(self.key, orjson.dumps(personal), _about(self.subject, self.generation))
        return f"{self.generation}.{base64.b64encode(sealed).decode('ascii')}"


@dataclass(frozen=True)
class Destroyed:
    """What is left of a personal part whose key is gone."""

    at: datetime
    reason: str


class Vault:
    """Opens and makes keys, with the hub's secret. One for each process, which starts it first."""

    def __init__(self, secret: str) -> None:
        self._wrapping = WrappingKey.of(secret)
        self._naming = b""

    async def start(self, engine: Engine) -> None:
        """Reads the key that names subjects, and makes it the first time. Raises `SecretChanged`."""
        async with transaction(engine) as connection:
            row = await subject_keys.naming(connection)
            if row is None:
                made = self._wrapped_naming(os.urandom(sealing.KEY_BYTES))
                # Where two processes make it at once, the first one's stays.
                row = await subject_keys.put_naming(connection, made)
        self._naming = self._unwrapped_naming(row)

    def name(self, kind: str, value: str) -> str:
        """The keyed hash that stands for a value in the log."""
        return sealing.name(self._naming, kind, value)

    def subject(self, reference: Reference) -> str:
        """The name of a subject in the log."""
        return self.name("subject", "\x1f".join(reference))

    async def keys(
        self, connection: Connection, references: Collection[Reference], now: datetime
    ) -> dict[Reference, SubjectKey]:
        """A key for each subject: a new one where it has none, or where the one that it had is destroyed."""
        names = {reference: self.subject(reference) for reference in references}
        known = await subject_keys.newest(connection, sorted(names.values()))
        missing = [s for s in dict.fromkeys(names.values()) if s not in known or known[s].wrapped is None]
        keys = {s: _new(s, known[s].generation + 1 if s in known else 1) for s in missing}
        if keys:
            added = await subject_keys.add_new(connection, [self._wrapped(key, now) for key in keys.values()])
            if len(added) < len(keys):
                # Another worker was quicker; its key is the one that counts.
                known |= await subject_keys.newest(connection, missing)
                keys = {s: key for s, key in keys.items() if s in added}
        return {reference: keys.get(name) or self._open(known[name]) for reference, name in names.items()}

    async def open(
        self, connection: Connection, sealed: Collection[tuple[str, str]]
    ) -> dict[tuple[str, str], dict[str, Any] | Destroyed]:
        """What was sealed, by subject and sealed text; or when and why its key was destroyed.

        Raises `CannotOpenError` for what was not sealed here.
        """
        rows = await subject_keys.of(connection, sorted({subject for subject, _ in sealed}))
        return {item: self._opened(rows, *item) for item in sealed}

    async def rewrap(self, connection: Connection, before: "Vault") -> int:
        """Wraps every key that another secret wraps with this one; says how many. Raises `SecretChanged`."""
        count = 0
        naming = await subject_keys.naming(connection)
        if naming is not None and naming.wrapped_by != self._wrapping.name:
            await subject_keys.replace_naming(connection, self._wrapped_naming(before._unwrapped_naming(naming)))
        async for page in subject_keys.wrapped_otherwise(connection, self._wrapping.name):
            await subject_keys.replace(connection, [self._wrapped(before._open(row), row.made_at) for row in page])
            count += len(page)
        return count

    def _wrapped_naming(self, key: bytes) -> NamingKeyRow:
        wrapped = sealing.seal(self._wrapping.key, key, _NAMING)
        return NamingKeyRow(one=1, wrapped=wrapped, wrapped_by=self._wrapping.name)

    def _unwrapped_naming(self, row: NamingKeyRow) -> bytes:
        return self._unwrap(row.wrapped, row.wrapped_by, _NAMING)

    def _wrapped(self, key: SubjectKey, made_at: datetime) -> SubjectKeyRow:
        return made(
            SubjectKeyRow,
            subject=key.subject,
            generation=key.generation,
            wrapped=sealing.seal(self._wrapping.key, key.key, _about(key.subject, key.generation)),
            wrapped_by=self._wrapping.name,
            made_at=made_at,
            destroyed_at=None,
            reason=None,
        )

    def _open(self, row: SubjectKeyRow) -> SubjectKey:
        key = self._unwrap(row.wrapped or b"", row.wrapped_by, _about(row.subject, row.generation))
        return SubjectKey(row.subject, row.generation, key)

    def _opened(
        self, rows: Mapping[tuple[str, int], SubjectKeyRow], subject: str, sealed: str
    ) -> dict[str, Any] | Destroyed:
        generation, _, content = sealed.partition(".")
        row = rows.get((subject, int(generation)))
        if row is None:
            raise CannotOpenError(f"subject {subject} has no key {generation}")
        if row.wrapped is None:
            return Destroyed(row.destroyed_at or row.made_at, row.reason or "")
        about = _about(subject, row.generation)
        opened: dict[str, Any] = orjson.loads(sealing.unseal(self._open(row).key, base64.b64decode(content), about))
        return opened

    def _unwrap(self, wrapped: bytes, wrapped_by: str, about: str) -> bytes:
        if wrapped_by != self._wrapping.name:
            raise SecretChanged(
                "the audit log's keys are wrapped by another HUB_SECRET: set the one of before, or run"
                " `hub audit rewrap --old-secret FILE` with it"
            )
        return sealing.unseal(self._wrapping.key, bytes(wrapped), about)


def _new(subject: str, generation: int) -> SubjectKey:
    return SubjectKey(subject, generation, os.urandom(sealing.KEY_BYTES))


def _about(subject: str, generation: int) -> str:
    return f"{subject}.{generation}"
