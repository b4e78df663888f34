"""Avro is what the classes say, every generation reads every other, and no schema can be made into a bomb."""

import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from importlib import resources
from random import Random
from typing import Any
from uuid import UUID

import fastavro
import pytest
from pydantic import BaseModel, ValidationError

from schemas import avro, avro_datum, avro_reader
from schemas.avro import Generation, PayloadInvalid, SchemaUnknown
from schemas.notifications import AssetUpdated
from schemas.outbound import Receipt
from schemas.signed_message import SignedMessage
from schemas.vocabulary import ReceiptOutcome
from tests.support.journal import message_id, signed
from tests.support.notifications import (
    T0,
    a_battery,
    a_claim,
    a_clock,
    a_deregistration,
    a_removal,
    a_service,
    an_update,
)

GENERATIONS = sorted(avro.generations().values(), key=lambda g: (g.name, g.number))
AMOUNT = {"type": "bytes", "logicalType": "decimal", "precision": 14, "scale": 2}
RECEIPT = Receipt(
    participant="installer-1",
    message_id=message_id("x"),
    outcome=ReceiptOutcome.REGISTERED,
    asset_id=UUID(int=7),
    version=1,
    reasons=("a", "b"),
    recorded_at=T0,
)


def committed(generation: Generation) -> Any:
    file = resources.files("schemas.avsc").joinpath(f"{generation.name}.v{generation.number}.avsc")
    return json.loads(file.read_text("utf-8"))


@pytest.mark.parametrize("name", avro.MESSAGES)
def test_the_newest_committed_schema_is_what_the_class_says(name: str) -> None:
    assert committed(avro.latest(name)) == avro.derive(avro.MESSAGES[name])


@pytest.mark.parametrize("name", avro.MESSAGES)
def test_generations_are_numbered_from_one(name: str) -> None:
    numbers = [g.number for g in GENERATIONS if g.name == name]
    assert numbers == list(range(1, len(numbers) + 1))


def test_every_committed_schema_is_of_a_message_class() -> None:
    assert {g.name for g in GENERATIONS} == set(avro.MESSAGES)


def test_every_generation_has_a_fingerprint_of_its_own() -> None:
    files = [f for f in resources.files("schemas.avsc").iterdir() if f.name.endswith(".avsc")]
    assert len(avro.generations()) == len(files)


def samples(schema: Any) -> list[dict[str, Any]]:
    """Data of a schema: with as little in it as may be, and with as much."""
    return [_sample(schema, {}, full=full) for full in (False, True)]


def _sample(schema: Any, named: dict[str, Any], *, full: bool) -> Any:
    match schema:
        case list():
            return _sample(schema[-1], named, full=full) if full else None
        case {"type": "record"}:
            named[schema["name"]] = schema
            return {f["name"]: _sample(f["type"], named, full=full) for f in schema["fields"]}
        case {"type": "array"}:
            return [_sample(schema["items"], named, full=full)] * 2 if full else []
        case {"logicalType": "decimal"}:
            return Decimal("7.00")
        case {"logicalType": "date"}:
            return T0.date()
        case {"logicalType": "timestamp-micros"}:
            return T0
        case {"logicalType": "uuid"}:
            return UUID(int=7)
        case "string":
            return "text"
        case "boolean":
            return True
        case "long":
            return 7
        case "bytes":
            return b"bytes"
        case str():
            return _sample(named[schema], named, full=full)
        case _:
            raise TypeError(schema)


PAIRS = [(w, r) for w in GENERATIONS for r in GENERATIONS if w.name == r.name]


@pytest.mark.parametrize(("writer", "reader"), PAIRS, ids=lambda g: f"{g.name}.v{g.number}")
def test_every_generation_reads_every_other(writer: Generation, reader: Generation) -> None:
    for datum in samples(committed(writer)):
        out = io.BytesIO()
        fastavro.schemaless_writer(out, writer.schema, datum, strict=True)
        out.seek(0)
        read = fastavro.schemaless_reader(out, writer.schema, reader.schema)
        assert isinstance(read, dict)
        assert set(read) == {field["name"] for field in committed(reader)["fields"]}


@pytest.mark.parametrize("generation", GENERATIONS, ids=lambda g: f"{g.name}.v{g.number}")
def test_the_bytes_are_those_that_fastavro_writes(generation: Generation) -> None:
    # Twice, for what is the same as in the record before is not written anew.
    for datum in samples(committed(generation)) * 2:
        out = io.BytesIO()
        fastavro.schemaless_writer(out, generation.schema, datum, strict=True)
        assert generation.write(datum) == out.getvalue()


def plainly(generation: Generation, datum: bytes) -> Any:
    """A datum as fastavro reads it, if writing it again gives the same bytes; otherwise nothing."""
    try:
        read = fastavro.schemaless_reader(io.BytesIO(datum), generation.schema, None)
        return read if generation.write(read) == datum else None
    except Exception:
        return None


def taken(generation: Generation, datum: bytes) -> Any:
    try:
        return generation.read(datum)
    except Exception:
        return None


@pytest.mark.parametrize("generation", GENERATIONS, ids=lambda g: f"{g.name}.v{g.number}")
def test_the_values_are_those_that_fastavro_reads(generation: Generation) -> None:
    for datum in samples(committed(generation)):
        written = generation.write(datum)
        assert generation.read(written) == fastavro.schemaless_reader(io.BytesIO(written), generation.schema, None)


@pytest.mark.parametrize("generation", GENERATIONS, ids=lambda g: f"{g.name}.v{g.number}")
def test_of_damaged_bytes_those_are_taken_that_are_the_plain_form_of_something(generation: Generation) -> None:
    chance = Random(generation.number)
    for whole in [generation.write(datum) for datum in samples(committed(generation))]:
        for _ in range(100):
            at, until = sorted(chance.choices(range(len(whole) + 1), k=2))
            if chance.random() < 0.7:
                until = min(at + chance.randrange(3), len(whole))
            instead = bytes(chance.choice((0, 1, 2, 3, 4, 14, 127, 128, 129, 255)) for _ in range(chance.randrange(3)))
            datum = whole[:at] + instead + whole[until:]
            assert taken(generation, datum) == plainly(generation, datum)


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("long", b"\x80\x00"),
        ("long", b"\x81\x80\x00"),
        ("long", b"\xff" * 9 + b"\x02"),
        ("long", b"\xff" * 10 + b"\x01"),
        ("long", b""),
        ("string", b"\x01"),
        ("string", b"\x04a"),
        ("string", b"\x84\x00ab"),
        ("string", b"\x02\xff"),
        ("string", b"\x02ab"),
        ("boolean", b"\x02"),
        (["null", "string"], b"\x01\x02a"),
        (["null", "string"], b"\x04\x02a"),
        (["null", "string"], b"\x82\x00\x02a"),
        ({"type": "array", "items": "string"}, b"\x02\x02a"),
        ({"type": "array", "items": "string"}, b"\x01\x04\x02a\x00"),
        (AMOUNT, b"\x00"),
        (AMOUNT, b"\x04\x00\x01"),
        (AMOUNT, b"\x10" + b"\x7f" * 8),
        ({"type": "int", "logicalType": "date"}, b"\xff\xff\xff\xff\x0f"),
        ({"type": "string", "logicalType": "uuid"}, b"\x40" + b"0" * 32),
        ({"type": "string", "logicalType": "uuid"}, b"\x48" + str(UUID(int=0xABC)).upper().encode()),
    ],
    ids=str,
)
def test_what_is_in_another_form_than_ours_is_not_read(kind: Any, data: bytes) -> None:
    schema = {"type": "record", "name": "One", "fields": [{"name": "one", "type": kind}]}
    with pytest.raises((ValueError, IndexError, OverflowError)):
        avro_reader.reader(schema)(data)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        *(("long", n) for n in (0, -1, 63, 64, -64, -65, 2**31, 2**63 - 1, -(2**63))),
        *(("string", "\N{EURO SIGN}" * n) for n in (0, 21, 22, 5000)),
        ("bytes", b"\x00" * 64),
        *((AMOUNT, Decimal(text)) for text in ("0", "-1.28", "1E+3", "999.99")),
    ],
)
def test_values_of_every_size_are_written_as_fastavro_does(kind: Any, value: Any) -> None:
    schema = {"type": "record", "name": "One", "fields": [{"name": "one", "type": kind}]}
    out = io.BytesIO()
    fastavro.schemaless_writer(out, schema, {"one": value}, strict=True)
    assert avro_datum.writer(schema)({"one": value}) == out.getvalue()
    assert avro_reader.reader(schema)(out.getvalue()) == {"one": value}


@pytest.mark.parametrize(
    "wrong",
    [
        {"participant": None},
        {"participant": 7},
        {"version": 2**63},
        {"version": "1"},
        {"recorded_at": datetime(2026, 3, 2)},
        {"reasons": (None,)},
        {"outcome": b"registered"},
    ],
    ids=str,
)
def test_what_is_of_another_type_is_not_written(wrong: dict[str, Any]) -> None:
    with pytest.raises((TypeError, ValueError, AttributeError, OverflowError)):
        avro.encode(RECEIPT.model_copy(update=wrong))


@pytest.mark.parametrize("amount", ["0.001", "1E+12", "NaN", "Infinity"])
def test_an_amount_that_does_not_fit_its_schema_is_not_written(amount: str) -> None:
    with pytest.raises((ValueError, OverflowError)):
        avro.encode(an_update().model_copy(update={"rated_capacity_kw": Decimal(amount)}))


def test_a_record_that_differs_from_the_one_before_is_written_as_it_is() -> None:
    one, other = RECEIPT, RECEIPT.model_copy(update={"version": 2, "reasons": ()})
    for receipt in (one, other, one):
        assert avro.decode(avro.encode(receipt), Receipt) == receipt


def test_a_generation_without_a_default_would_not_read_an_older_one() -> None:
    older, newer = committed(avro.latest("Receipt")), committed(avro.latest("Receipt"))
    newer["fields"].append({"name": "mandatory", "type": "string"})
    out = io.BytesIO()
    fastavro.schemaless_writer(out, older, samples(older)[0])
    out.seek(0)
    with pytest.raises(Exception, match="mandatory"):
        fastavro.schemaless_reader(out, older, newer)


def records(schema: Any, above: tuple[str, ...] = ()) -> Iterator[tuple[str, tuple[str, ...], int]]:
    """Every record in a schema with those around it and its number of fields; a name again is a record again."""
    match schema:
        case list():
            for branch in schema:
                yield from records(branch, above)
        case {"type": "record", "name": name, "fields": fields}:
            yield name, above, len(fields)
            for field in fields:
                yield from records(field["type"], (*above, name))
        case {"type": "array", "items": items}:
            yield from records(items, above)
        case str() if schema.startswith(avro.NAMESPACE):
            yield schema, above, 1


@pytest.mark.parametrize("generation", GENERATIONS, ids=lambda g: f"{g.name}.v{g.number}")
def test_no_schema_recurses(generation: Generation) -> None:
    assert [name for name, above, _ in records(committed(generation)) if name in above] == []


@pytest.mark.parametrize("generation", GENERATIONS, ids=lambda g: f"{g.name}.v{g.number}")
def test_no_item_of_an_array_takes_no_bytes(generation: Generation) -> None:
    text = json.dumps(committed(generation))
    assert '"items": "null"' not in text
    assert [name for name, _, fields in records(committed(generation)) if fields == 0] == []


@pytest.mark.parametrize(
    "message",
    [a_battery(), an_update(phases=1), a_removal(), a_deregistration(), a_clock(), signed(a_battery()), RECEIPT],
    ids=lambda m: type(m).__name__,
)
def test_what_is_encoded_comes_back(message: BaseModel) -> None:
    assert avro.decode(avro.encode(message), type(message)) == message


def test_a_moment_is_the_same_in_every_zone() -> None:
    there = datetime.fromisoformat("2026-04-30T11:00:00+02:00")
    read = avro.decode(avro.encode(an_update(occurred_at=there)), AssetUpdated)
    assert read.occurred_at == datetime(2026, 4, 30, 9, tzinfo=UTC)


def test_a_message_of_another_class_is_not_read() -> None:
    with pytest.raises(SchemaUnknown):
        avro.decode(avro.encode(RECEIPT), SignedMessage)


def test_a_datum_that_breaks_a_rule_names_the_field() -> None:
    generation = avro.latest("Receipt")
    out = io.BytesIO()
    fastavro.schemaless_writer(out, generation.schema, {**RECEIPT.model_dump(), "outcome": "vanished"})
    with pytest.raises(ValidationError, match="outcome"):
        avro.decode(generation.header + out.getvalue(), Receipt)


def test_an_array_in_more_than_one_block_is_refused() -> None:
    # The specification allows it; nothing writes it; and one form for one datum is what finds smuggled bytes.
    whole = avro.encode(RECEIPT)
    at = whole.index(b"\x04\x02a\x02b\x00")
    in_two = whole[:at] + b"\x02\x02a\x02\x02b\x00" + whole[at + 6 :]
    with pytest.raises(PayloadInvalid):
        avro.decode(in_two, Receipt)


def test_the_largest_claim_fits() -> None:
    told = a_battery("fsp-1", market=a_claim("fsp-1", "C", *[a_service("P" * 100, "N" * 100) for _ in range(20)]))
    assert avro.decode(avro.encode(told), type(told)) == told
