"""Avro data from bytes: a reader is put together once for a schema, and takes data only in the one form that we write.

Whatever may be written in more than one way is refused in any other: a negative branch of a union, a number with bytes
too many, an amount with bytes too many, an array in several blocks, an id that is not in its usual form.
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any
from uuid import UUID

from schemas import avro_datum

Reader = Callable[[bytes], Any]
_At = Callable[[bytes, int], tuple[Any, int]]
"""Reads at a place; gives the value, and the place behind it."""


class NotOurForm(ValueError):
    """The bytes are no datum, or are one in a form that nobody writes."""


def reader(schema: Any) -> Reader:
    """What reads data of a schema, given as its file has it. Raises where the bytes are not one whole datum of it."""
    read_at = _reader(avro_datum.whole(schema, {}))

    def read(data: bytes) -> Any:
        value, end = read_at(data, 0)
        if end != len(data):
            raise NotOurForm("something is left over")
        return value

    return read


def _reader(schema: Any) -> _At:
    match schema:
        case {"type": "record", "fields": fields}:
            return _record([(field["name"], *_branch(field["type"])) for field in fields])
        case {"type": "array", "items": items}:
            return _array(_reader(items))
        case {"type": "bytes", "logicalType": "decimal", "precision": precision, "scale": scale}:
            return _decimal(precision, scale)
        case {"logicalType": str(logical)}:
            return _LOGICAL[logical]
        case plain:
            return _PLAIN[plain]


def _branch(schema: Any) -> tuple[bool, _At]:
    """Whether there may be nothing, and what reads it where there is something."""
    match schema:
        case ["null", branch]:
            return True, _reader(branch)
        case _:
            return False, _reader(schema)


def _record(fields: list[tuple[str, bool, _At]]) -> _At:
    def read(data: bytes, at: int) -> tuple[dict[str, Any], int]:
        found: dict[str, Any] = {}
        for name, optional, read_one in fields:
            if optional:
                branch = data[at]
                at += 1
                if branch == 0:
                    found[name] = None
                    continue
                if branch != 2:
                    raise NotOurForm("a branch that the union has not")
            found[name], at = read_one(data, at)
        return found, at

    return read


def _array(read_one: _At) -> _At:
    def read(data: bytes, at: int) -> tuple[list[Any], int]:
        count, at = _size(data, at)
        found = []
        for _ in range(count):
            value, at = read_one(data, at)
            found.append(value)
        if count:
            if data[at] != 0:
                raise NotOurForm("an array in more than one block")
            at += 1
        return found, at

    return read


def _long(data: bytes, at: int) -> tuple[int, int]:
    """Zigzag, seven bits a byte, the lowest first."""
    value, shift = 0, 0
    while (byte := data[at]) > 127:
        value |= (byte & 127) << shift
        shift += 7
        at += 1
        if shift > 63:
            raise NotOurForm("larger than 64 bits")
    if shift and byte == 0:
        raise NotOurForm("a number with bytes too many")
    value |= byte << shift
    if value >> 64:
        raise NotOurForm("larger than 64 bits")
    return (value >> 1) ^ -(value & 1), at + 1


def _size(data: bytes, at: int) -> tuple[int, int]:
    size, at = (data[at] >> 1, at + 1) if data[at] < 128 and not data[at] & 1 else _long(data, at)
    if size < 0:
        raise NotOurForm("a size below zero")
    return size, at


def _bytes(data: bytes, at: int) -> tuple[bytes, int]:
    size, at = _size(data, at)
    end = at + size
    if end > len(data):
        raise NotOurForm("ends too early")
    return data[at:end], end


def _string(data: bytes, at: int) -> tuple[str, int]:
    found, end = _bytes(data, at)
    return found.decode(), end


def _boolean(data: bytes, at: int) -> tuple[bool, int]:
    if data[at] > 1:
        raise NotOurForm("neither yes nor no")
    return data[at] == 1, at + 1


def _decimal(precision: int, scale: int) -> _At:
    limit = 10**precision

    @lru_cache(1024)
    def amount(found: bytes) -> Decimal:
        whole = int.from_bytes(found, "big", signed=True)
        if len(found) != avro_datum.size_of(whole) or not -limit < whole < limit:
            raise NotOurForm("more digits than the schema has, or bytes than the digits need")
        return Decimal(whole).scaleb(-scale)

    def read(data: bytes, at: int) -> tuple[Decimal, int]:
        found, end = _bytes(data, at)
        return amount(found), end

    return read


def _date(data: bytes, at: int) -> tuple[date, int]:
    days, end = _long(data, at)
    return _day(days), end


@lru_cache(1024)
def _day(days: int) -> date:
    return date.fromordinal(days + avro_datum.EPOCH.toordinal())


def _timestamp(data: bytes, at: int) -> tuple[datetime, int]:
    micros, end = _long(data, at)
    return avro_datum.EPOCH + timedelta(microseconds=micros), end


def _uuid(data: bytes, at: int) -> tuple[UUID, int]:
    found, end = _string(data, at)
    value = UUID(found)
    if str(value) != found:
        raise NotOurForm("an id in another form")
    return value, end


_PLAIN: dict[str, _At] = {"string": _string, "boolean": _boolean, "long": _long, "bytes": _bytes}
_LOGICAL: dict[str, _At] = {"date": _date, "timestamp-micros": _timestamp, "uuid": _uuid}
