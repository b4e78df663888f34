"""Avro from pydantic: derive a schema, encode and decode single-object messages.

The classes in `schemas/` are the source. Their Avro is committed under `avsc/` as `<Name>.v<generation>.avsc`, one file
a released generation, never edited. A message is `C3 01`, the CRC-64-AVRO fingerprint of its schema (8 bytes, little
endian), then the datum (Avro 1.11 specification, "Single-object encoding").

Avro from strangers is treated with care: only fingerprints of committed generations are read, no schema recurses or
has arrays of empty items, and a datum is taken only when encoding it again would give the same bytes. That one rule
finds trailing bytes, negative union indexes and overlong integers, which other decoders let pass. (Arrays are therefore
to be written as one block without a byte count, as Avro libraries do by default.)
"""

import io
import json
import types
import typing
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Any, TypeVar, Union, get_args, get_origin
from uuid import UUID

import fastavro
from fastavro.schema import fingerprint, to_parsing_canonical_form
from pydantic import AwareDatetime, BaseModel

from schemas.avro_datum import Writer, writer
from schemas.avro_reader import Reader, reader
from schemas.findings import FINDINGS
from schemas.notifications import NOTIFICATIONS
from schemas.outbound import OUTBOUND
from schemas.signed_message import SignedMessage
from schemas.vocabulary import WIRE_DECIMAL_PRECISION, WIRE_DECIMAL_SCALE

MAGIC = b"\xc3\x01"
HEADER_BYTES = 10
NAMESPACE = "uk.fmar.hub"

MESSAGES: dict[str, type[BaseModel]] = {m.__name__: m for m in (*NOTIFICATIONS, *FINDINGS, SignedMessage, *OUTBOUND)}

Schema = Any
ModelT = TypeVar("ModelT", bound=BaseModel)


class SchemaUnknown(ValueError):
    """The fingerprint is of no released schema that is expected here."""


class PayloadInvalid(ValueError):
    """The bytes are not one datum of their schema."""


@dataclass(frozen=True)
class Generation:
    """One released Avro schema of a class."""

    name: str
    number: int
    schema: Schema
    header: bytes
    write: Writer
    read: Reader


_SCALARS: dict[type, Schema] = {
    str: "string",
    bool: "boolean",
    int: "long",
    bytes: "bytes",
    Decimal: {
        "type": "bytes",
        "logicalType": "decimal",
        "precision": WIRE_DECIMAL_PRECISION,
        "scale": WIRE_DECIMAL_SCALE,
    },
    date: {"type": "int", "logicalType": "date"},
    AwareDatetime: {"type": "long", "logicalType": "timestamp-micros"},
    UUID: {"type": "string", "logicalType": "uuid"},
}


def derive(model: type[BaseModel]) -> Schema:
    """The Avro record schema of a pydantic class, nested records written out at their first use."""
    return _record(model, set())


def _record(model: type[BaseModel], seen: set[str]) -> Schema:
    name = f"{NAMESPACE}.{model.__name__}"
    if name in seen:
        return name
    seen.add(name)
    fields = []
    for field_name, info in model.model_fields.items():
        field: dict[str, Any] = {"name": field_name, "type": _type(info.annotation, seen)}
        if not info.is_required():
            field["default"] = [] if isinstance(info.default, tuple) else info.default
        fields.append(field)
    return {"type": "record", "name": name, "fields": fields}


def _type(hint: Any, seen: set[str]) -> Schema:
    origin, args = get_origin(hint), get_args(hint)
    if origin is typing.Annotated:
        return _type(args[0], seen)
    if origin in (Union, types.UnionType):
        (inner,) = (a for a in args if a is not type(None))
        return ["null", _type(inner, seen)]
    if origin is tuple:
        return {"type": "array", "items": _type(args[0], seen)}
    if issubclass(hint, BaseModel):
        return _record(hint, seen)
    if issubclass(hint, StrEnum):
        return "string"
    return _SCALARS[hint]


@cache
def generations() -> dict[bytes, Generation]:
    """Every committed generation of every message class, by the ten bytes that head its messages."""
    found = {}
    for file in resources.files("schemas.avsc").iterdir():
        if file.name.endswith(".avsc"):
            generation = _generation(file.name, json.loads(file.read_text("utf-8")))
            found[generation.header] = generation
    return found


def _generation(file_name: str, schema: Schema) -> Generation:
    name, number, _ = file_name.split(".")
    crc = fingerprint(to_parsing_canonical_form(schema), "CRC-64-AVRO")
    header = MAGIC + bytes.fromhex(crc)
    parsed = fastavro.parse_schema(schema)
    return Generation(name, int(number.removeprefix("v")), parsed, header, writer(schema), reader(schema))


@cache
def latest(name: str) -> Generation:
    """The newest generation of a message class; it is the one that is written."""
    return max((g for g in generations().values() if g.name == name), key=lambda g: g.number)


def encode(message: BaseModel) -> bytes:
    """One message as single-object Avro, by the newest generation of its class."""
    generation = latest(type(message).__name__)
    return generation.header + generation.write(message)


def is_single_object(data: bytes) -> bool:
    return data[:2] == MAGIC


def names(data: bytes) -> str | None:
    """The name of the message class that the bytes say they are of; nothing for what is of none."""
    generation = generations().get(data[:HEADER_BYTES])
    return generation.name if generation else None


def decode(data: bytes, *expected: type[ModelT]) -> ModelT:
    """One message of one of the expected classes.

    Raises `SchemaUnknown`, `PayloadInvalid`, or pydantic's `ValidationError` with every field named.
    """
    generation = generations().get(data[:HEADER_BYTES])
    model = next((m for m in expected if generation and m.__name__ == generation.name), None)
    if generation is None or model is None:
        raise SchemaUnknown(f"fingerprint {data[2:HEADER_BYTES].hex()} is of no schema that is read here")
    return model.model_validate(_datum(data, generation, latest(generation.name)))


def _datum(data: bytes, writer: Generation, reader: Generation) -> Any:
    datum = data[HEADER_BYTES:]
    try:
        as_written = writer.read(datum)
        if writer is not reader:
            return fastavro.schemaless_reader(io.BytesIO(datum), writer.schema, reader.schema)
    except Exception as error:
        # Whatever the bytes lead to: NotOurForm, IndexError, OverflowError, UnicodeDecodeError ...
        raise PayloadInvalid(
            f"the bytes are not one whole datum of {writer.name} in plain Avro encoding ({type(error).__name__})"
        ) from error
    return as_written
