"""A difference between two registers, in words. Values are shown only where asked, since they may be about a person."""

import hashlib
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from registry_store.side_by_side import Subject

_SALT = secrets.token_bytes(16)
"""Digests compare within one run only: a digest that anybody could work out would give a meter point away."""

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Difference:
    """One field of something, or something whole (`part` is nothing), that the two registers have otherwise."""

    what: str
    part: str | None
    present: Any = field(default=None, repr=False)
    rebuilt: Any = field(default=None, repr=False)

    def sentence(self, *, with_values: bool) -> str:
        if self.part is not None:
            shown = _value if with_values else _digest
            return f"{self.what}: {self.part} is {shown(self.present)} and rebuilt {shown(self.rebuilt)}"
        if self.rebuilt is None:
            return f"{self.what} is in the register and does not follow from the journal"
        return f"{self.what} follows from the journal and is missing in the register"


def between(subject: Subject, present: Row | None, rebuilt: Row | None) -> Iterator[Difference]:
    """Every field of a row in which it differs; or the row itself where one register does not have it."""
    what = subject.words.format(**(present or rebuilt or {}))
    if present is None or rebuilt is None:
        yield Difference(what, None, present, rebuilt)
        return
    for name in present:
        if present[name] == rebuilt[name]:
            continue
        if name in subject.parts and isinstance(present[name], dict) and isinstance(rebuilt[name], dict):
            yield from _parts(what, name, present[name], rebuilt[name])
        else:
            yield Difference(what, name, present[name], rebuilt[name])


def _parts(what: str, name: str, present: Row, rebuilt: Row) -> Iterator[Difference]:
    for part in sorted(present.keys() | rebuilt.keys()):
        if present.get(part) != rebuilt.get(part):
            yield Difference(what, f"{name}.{part}", present.get(part), rebuilt.get(part))


def _value(value: Any) -> str:
    return "empty" if value is None else orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def _digest(value: Any) -> str:
    if value is None:
        return "empty"
    content = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    return "#" + hashlib.blake2b(content, key=_SALT, digest_size=4).hexdigest()
