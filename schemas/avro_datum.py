"""Avro data as bytes: a writer is put together once for a schema, and then takes dicts or pydantic objects as they are.

fastavro's own writer looks at each value twice, to tell which branch of a union it is of. Here every union is of
nothing and one other thing, which is all that our schemas have. And what follows one another is much alike: one version
of an asset goes to several readers, who may each see a little less of it. So a record's writer keeps the last one's
parts, and of the next one writes only what is not the very same object. (All values are frozen.)
"""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache, lru_cache
from itertools import compress
from operator import is_not, itemgetter
from typing import Any
from uuid import UUID

Writer = Callable[[Any], bytes]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_SHORT = tuple(bytes([2 * n]) for n in range(64))
_NOTHING, _SOMETHING, _END = b"\x00", b"\x02", b"\x00"
_SOME_SHORT = tuple(_SOMETHING + size for size in _SHORT)


def writer(schema: Any) -> Writer:
    """What writes data of a schema, given as its file has it. Raises where a value is not of its type."""
    return _writer(json.dumps(whole(schema, {})))


def whole(schema: Any, named: dict[str, Any]) -> Any:
    """The schema with every record written out wherever it is named."""
    match schema:
        case ["null", branch]:
            return ["null", whole(branch, named)]
        case {"type": "record", "name": name, "fields": fields}:
            # No schema recurses: a record is whole before its name is used again.
            found = [{"name": field["name"], "type": whole(field["type"], named)} for field in fields]
            named[name] = {"type": "record", "name": name, "fields": found}
            return named[name]
        case {"type": "array", "items": items}:
            return {"type": "array", "items": whole(items, named)}
        case str():
            return named.get(schema, schema)
        case _:
            return schema


@cache
def _writer(schema: str) -> Writer:
    """One for every schema that is the same, so that messages of several classes have the last asset in common."""
    match json.loads(schema):
        case ["null", branch]:
            return _optional(_writer(json.dumps(branch)))
        case {"type": "record", "fields": fields}:
            return _record({field["name"]: _writer(json.dumps(field["type"])) for field in fields})
        case {"type": "array", "items": "string"}:
            return _texts
        case {"type": "array", "items": items}:
            return _array(_writer(json.dumps(items)))
        case {"type": "bytes", "logicalType": "decimal", "precision": precision, "scale": scale}:
            return _decimal(precision, scale)
        case {"logicalType": str(logical)}:
            return _LOGICAL[logical]
        case plain:
            return _PLAIN[plain]


def _record(fields: dict[str, Writer]) -> Writer:
    # The last one is there twice, for a record of one field: of one name alone there would be no tuple.
    values_of = itemgetter(*fields, next(reversed(fields)))
    writers, places = tuple(fields.values()), range(len(fields))
    last: tuple[tuple[Any, ...], list[bytes]] = ((object(),) * (len(fields) + 1), [b""] * len(fields))

    def write(value: Any) -> bytes:
        nonlocal last
        values = values_of(value if isinstance(value, dict) else value.__dict__)
        before, parts = last
        parts = parts.copy()
        for place in compress(places, map(is_not, values, before)):
            parts[place] = writers[place](values[place])
        last = values, parts
        return b"".join(parts)

    return write


def _optional(write_one: Writer) -> Writer:
    if write_one is _string:
        return _optional_string
    return lambda value: _NOTHING if value is None else _SOMETHING + write_one(value)


def _optional_string(value: str | None) -> bytes:
    if value is None:
        return _NOTHING
    data = value.encode()
    size = len(data)
    return (_SOME_SHORT[size] if size < 64 else _SOMETHING + _long(size)) + data


def _array(write_one: Writer) -> Writer:
    # In one block, and then the end.
    return lambda values: _long(len(values)) + b"".join([write_one(v) for v in values]) + _END if values else _END


def _long(value: int) -> bytes:
    """Zigzag, then seven bits a byte, the lowest first."""
    if 0 <= value < 64:
        return _SHORT[value]
    if not -(1 << 63) <= value < 1 << 63:
        raise OverflowError("larger than 64 bits")
    left = (value << 1) ^ (value >> 63)
    out = bytearray()
    while left > 127:
        out.append(left & 127 | 128)
        left >>= 7
    out.append(left)
    return bytes(out)


def _bytes(value: bytes) -> bytes:
    return _long(len(value)) + value


def _string(value: str) -> bytes:
    data = value.encode()
    size = len(data)
    return (_SHORT[size] if size < 64 else _long(size)) + data


def _texts(values: tuple[str, ...] | list[str]) -> bytes:
    return _same_texts(tuple(values)) if values else _END


# Names of fields that have changed, reasons, operators: in many messages the same.
_same_texts = lru_cache(1024)(_array(_string))


def _boolean(value: bool) -> bytes:
    return b"\x01" if value else b"\x00"


def size_of(digits: int) -> int:
    """How many bytes a whole number of an amount takes, with its sign."""
    return (digits.bit_length() + 8) // 8


def _decimal(precision: int, scale: int) -> Writer:
    limit = 10**precision

    # Amounts are much the same: those of one maker's devices, and of what is usual in a home.
    @lru_cache(4096, typed=True)
    def write(value: Decimal) -> bytes:
        scaled = value.scaleb(scale)
        digits = int(scaled)
        if digits != scaled or not -limit < digits < limit:
            raise ValueError("more digits than the schema has")
        return _bytes(digits.to_bytes(size_of(digits), "big", signed=True))

    return write


@lru_cache(1024)
def _date(value: date) -> bytes:
    return _long(value.toordinal() - EPOCH.toordinal())


def _timestamp(value: datetime) -> bytes:
    return _long((value - EPOCH) // _MICROSECOND)


def _uuid(value: UUID) -> bytes:
    return _string(str(value))


_PLAIN: dict[str, Writer] = {"string": _string, "boolean": _boolean, "long": _long, "bytes": _bytes}
_LOGICAL: dict[str, Writer] = {"date": _date, "timestamp-micros": _timestamp, "uuid": _uuid}
