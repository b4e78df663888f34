"""A notification's body as bytes: what is read, and that nothing else does any harm."""

from decimal import Decimal

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from schemas import avro, body
from schemas.body import BodyInvalid, BodyUnknown
from schemas.findings import FINDINGS
from schemas.notifications import AssetCommissioned, Notification
from schemas.signed_message import MAX_BODY_BYTES
from tests.support.notifications import (
    a_battery,
    a_claim,
    a_clock,
    a_deregistration,
    a_device,
    a_removal,
    a_service,
    an_update,
)

SOUND: tuple[Notification, ...] = (
    a_battery(),
    a_device(phases=3, asset_name="Tŷ Gwyn \N{HIGH VOLTAGE SIGN} بطارية", rated_capacity_kw=Decimal("0.01")),
    a_battery("fsp-1", market=a_claim("fsp-1", "C", a_service(capacity_kw=Decimal("999999999999.99")))),
    an_update(source_seq=2**63 - 1),
    a_removal(reason="gone"),
    a_deregistration(reason="moved to another tariff"),
)
AVRO = avro.encode(SOUND[0])
HEADER = AVRO[: avro.HEADER_BYTES]


@pytest.mark.parametrize(
    "told",
    SOUND,
    ids=lambda n: f"{type(n).__name__} {n.sender_asset_ref} {n.sender} {n.source_seq} {getattr(n, 'phases', None)}",
)
def test_both_forms_say_the_same(told: Notification) -> None:
    assert body.decode(body.to_json(told)) == told
    assert body.decode(avro.encode(told)) == told


def test_what_the_hub_finds_is_read_only_where_it_is_looked_for() -> None:
    ran = a_clock()
    for content in (avro.encode(ran), body.to_json(ran)):
        assert body.decode(content, FINDINGS) == ran
        with pytest.raises(BodyUnknown):
            body.decode(content)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"[" * 1000,
        b"null",
        b'"text"',
        b"17",
        b"<xml/>",
        b"\xef\xbb\xbf{}",
        b"\xc3",
        b"\xc3\x01",
        b"\xc3\x01" + bytes(8),
        b"\xc3\x02" + AVRO[2:],
        AVRO[1:],
        b"{}",
        b'{"type":null}',
        b'{"type":17}',
        b'{"type":["AssetUpdated"]}',
        b'{"type":"AssetUpdated "}',
        b'{"type":"Notice"}',
        b'{"sender":"installer-1"}',
        avro.latest("SignedMessage").header + AVRO[10:],
        avro.latest("Receipt").header,
    ],
    ids=lambda c: repr(c[:24]),
)
def test_what_names_no_schema_that_is_read_here(content: bytes) -> None:
    with pytest.raises(BodyUnknown):
        body.decode(content)


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b'{"type":"AssetUpdated"',
        b'{"type":"AssetUpdated"}}',
        b'{"type":"AssetUpdated","phases":NaN}',
        b'{"type":"AssetUpdated","phases":Infinity}',
        b'{"type":"AssetUpdated","asset_name":"\xff"}',
        b'{"type":"AssetUpdated","asset_name":"\\ud800"}',
        b'{"type":"AssetUpdated","a":' + b"[" * 5000 + b"]" * 5000 + b"}",
        b'{"type":"AssetUpdated","a":' + b'{"a":' * 5000 + b"1" + b"}" * 5001,
    ],
    ids=lambda c: repr(c[:60] + str(len(c)).encode()),
)
def test_broken_json_is_invalid(content: bytes) -> None:
    with pytest.raises(BodyInvalid) as raised:
        body.decode(content)
    assert [p.field for p in raised.value.problems] == ["(body)"]


def a_long(value: int) -> bytes:
    """A long in Avro's zigzag form."""
    value, out = (value << 1) ^ (value >> 63), bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes((*out, value))


@pytest.mark.parametrize(
    "content",
    [
        HEADER,
        AVRO[:-1],
        AVRO[: len(AVRO) // 2],
        AVRO + b"\x00",
        AVRO + AVRO,
        AVRO + b"\n",
        HEADER + b"\xff" * 10,
        HEADER + b"\x80" * 100,
        HEADER + a_long(-1),
        HEADER + a_long(2**62),
        HEADER + a_long(2) + b"\xff\xfe" + AVRO[12:],
        HEADER + bytes(MAX_BODY_BYTES),
    ],
    ids=[
        "no datum",
        "one byte less",
        "half of it",
        "one byte more",
        "twice",
        "a line end",
        "no end of a number",
        "no end of zeros",
        "a negative length",
        "a length beyond everything",
        "no UTF-8",
        "zeros",
    ],
)
def test_a_damaged_datum_is_invalid(content: bytes) -> None:
    with pytest.raises(BodyInvalid):
        body.decode(content)


MAKER = b"\x02\x0aMaker"
"""In Avro: the second branch of a union, a text of five bytes, and the text."""


@pytest.mark.parametrize(
    "instead",
    [
        b"\x01\x0aMaker",
        b"\x03\x0aMaker",
        b"\x04\x0aMaker",
        b"\x82\x00\x0aMaker",
        b"\x02\x8a\x80\x00Maker",
        b"\x02\x09Maker",
    ],
    ids=["index -1", "index -2", "index 2", "overlong index", "overlong length", "negative length"],
)
def test_what_lenient_decoders_let_pass_is_invalid(instead: bytes) -> None:
    content = avro.encode(a_battery(manufacturer="Maker"))
    assert content.count(MAKER) == 1
    with pytest.raises(BodyInvalid):
        body.decode(content.replace(MAKER, instead))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("rated_capacity_kw", "NaN"),
        ("rated_capacity_kw", "-Infinity"),
        ("rated_capacity_kw", "1e400"),
        ("rated_capacity_kw", -1),
        ("rated_capacity_kw", 0),
        ("rated_capacity_kw", 7.123),
        ("rated_capacity_kw", 10**13),
        ("rated_capacity_kw", "7,4"),
        ("rated_capacity_kw", "7.4 kW"),
        ("rated_capacity_kw", []),
        ("rated_capacity_kw", {"kW": 7}),
        ("phases", 0),
        ("phases", 1.5),
        ("phases", 2**80),
        ("source_seq", -1),
        ("source_seq", 2**63),
        ("line_number", 0),
        ("commissioning_date", "30/04/2026"),
        ("commissioning_date", "2026-02-30"),
        ("commissioning_date", 10**20),
        ("occurred_at", "yesterday"),
        ("occurred_at", "2026-04-30T09:00:00"),
        ("occurred_at", "1066-10-14T09:00:00Z"),
        ("occurred_at", 10**18),
        ("sender", "Installer-1"),
        ("sender", "installer-1\n"),
        ("sender", "x" * 49),
        ("sender_asset_ref", ""),
        ("sender_asset_ref", "   "),
        ("sender_asset_ref", "x" * 129),
        ("sender_asset_ref", "nul \x00"),
        ("model", "x" * 101),
        ("external_ids", [{"scheme": "OCPP", "value": "1"}] * 21),
        ("external_ids", {"scheme": "OCPP", "value": "1"}),
        ("location", []),
        ("location", {}),
        ("asset_category", "bess"),
        ("asset_category", 1),
        ("unheard_of", 1),
    ],
    ids=lambda v: str(v)[:40],
)
def test_a_field_of_the_wrong_kind_is_named(field: str, value: object) -> None:
    with pytest.raises(BodyInvalid) as raised:
        body.decode(orjson.dumps({**orjson.loads(body.to_json(a_battery())), field: _json(value)}))
    assert {p.field.split(".")[0] for p in raised.value.problems} == {field}
    assert all(p.problem for p in raised.value.problems)


def _json(value: object) -> object:
    return orjson.Fragment(str(value)) if isinstance(value, int) and abs(value) >= 2**63 else value


def test_thousands_of_problems_are_not_all_told() -> None:
    with pytest.raises(BodyInvalid) as raised:
        body.decode(orjson.dumps({"type": "AssetUpdated", **{f"x{n}": 1 for n in range(3000)}}))
    assert len(raised.value.problems) == body.MAX_PROBLEMS + 1
    assert raised.value.problems[-1].problem == "and 2904 more"


def test_amounts_keep_their_two_decimals() -> None:
    told = body.decode(b'{"rated_capacity_kw":7,' + body.to_json(a_battery(rated_capacity_kw=None))[1:])
    assert isinstance(told, AssetCommissioned)
    assert str(told.rated_capacity_kw) == "7.00"


@given(st.binary(max_size=300))
@example(b"{")
@example(HEADER)
def test_no_bytes_do_harm(content: bytes) -> None:
    try:
        body.decode(content)
    except (BodyUnknown, BodyInvalid):
        return


@given(st.sampled_from([HEADER, avro.latest("AssetUpdated").header]), st.binary(max_size=300))
def test_no_datum_does_harm(header: bytes, datum: bytes) -> None:
    try:
        told = body.decode(header + datum)
    except BodyInvalid:
        return
    assert avro.encode(told) == header + datum


@given(st.integers(0, len(AVRO) - 1), st.integers(0, 255))
def test_no_changed_byte_does_harm(at: int, byte: int) -> None:
    changed = AVRO[:at] + bytes([byte]) + AVRO[at + 1 :]
    try:
        told = body.decode(changed)
    except (BodyUnknown, BodyInvalid):
        return
    assert body.decode(avro.encode(told)) == told


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=10,
)


@given(
    st.sampled_from(["AssetCommissioned", "AssetUpdated", "AssetDecommissioned"]),
    st.dictionaries(st.sampled_from(sorted(AssetCommissioned.model_fields)) | st.text(max_size=8), _VALUES, max_size=8),
)
def test_no_json_does_harm(name: str, fields: dict[str, object]) -> None:
    try:
        content = orjson.dumps({**fields, "type": name})
    except TypeError:
        return  # an integer that JSON writers do not write
    try:
        body.decode(content)
    except BodyInvalid as error:
        assert error.problems


@pytest.mark.parametrize(
    ("kind", "array"),
    [("AssetCommissioned", "external_ids"), ("DisputeRaised", "evidence"), ("DisputeRaised", "fields")],
)
def test_of_a_list_full_of_mistakes_the_first_is_named_and_the_others_cost_nothing(kind: str, array: str) -> None:
    """Some 20,000 items fit in a body; to name what is wrong with each took a third of a second."""
    many = orjson.dumps({"type": kind, array: [{}] * 20_000})
    with pytest.raises(BodyInvalid) as raised:
        body.decode(many)
    named = {p.field.split(".")[1] for p in raised.value.problems if p.field.startswith(f"{array}.")}
    assert named == {"0"}
