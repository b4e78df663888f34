"""Signatures: the committed vectors, everything that breaks one, and when a key is good."""

import base64
import shutil
import subprocess
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from hub.rules import signature
from schemas import avro
from schemas.signed_message import SignedMessage
from schemas.vocabulary import Door
from tests.support import people
from tests.support.journal import message_id, signed_body
from tests.support.notifications import T0
from tests.vectors import signed_messages

VECTORS = signed_messages.read()
GOOD = signed_body(b'{"type": "AssetUpdated"}', "installer-1")
KEY = people.identity("installer-1").public_key
SECOND = timedelta(seconds=1)


def test_the_vectors_can_be_made_again() -> None:
    assert signed_messages.vectors() == VECTORS, "write them anew: python -m tests.vectors.signed_messages"


@pytest.mark.parametrize("vector", VECTORS, ids=lambda v: v["name"])
def test_every_vector_verifies(vector: dict[str, Any]) -> None:
    message = signed_messages.message(vector)
    assert signature.verifies(message, base64.b64decode(vector["public_key_base64"]))
    assert message.signing_input() == base64.b64decode(vector["signing_input_base64"])
    assert avro.decode(base64.b64decode(vector["signed_message_avro_base64"]), SignedMessage) == message


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl on the path")
@pytest.mark.parametrize("vector", VECTORS, ids=lambda v: v["name"])
def test_openssl_makes_the_same_signature(vector: dict[str, Any], tmp_path: Path) -> None:
    private_key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(vector["private_key_hex"]))
    (tmp_path / "k.pem").write_bytes(private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (tmp_path / "si").write_bytes(base64.b64decode(vector["signing_input_base64"]))
    done = subprocess.run(
        ["openssl", "pkeyutl", "-sign", "-rawin", "-inkey", "k.pem", "-in", "si"],
        cwd=tmp_path,
        capture_output=True,
        check=True,
    )
    assert vector["signature"] == "v1a," + base64.b64encode(done.stdout).decode("ascii")


@pytest.mark.parametrize(
    "changed",
    [
        {"id": message_id("another")},
        {"id": GOOD.id[:-1]},
        {"timestamp": GOOD.timestamp + 1},
        {"timestamp": GOOD.timestamp * 10},
        {"body": GOOD.body + b" "},
        {"body": GOOD.body[:-1]},
        {"body": b""},
        {"body": GOOD.body.replace(b"Updated", b"updated")},
        {"signature": ""},
        {"signature": GOOD.signature[:-4]},
        {"signature": GOOD.signature.removeprefix("v1a,")},
        {"signature": GOOD.signature.replace("v1a", "v1")},
        {"signature": GOOD.signature.replace("v1a", "V1A")},
        {"signature": GOOD.signature.replace("v1a", "v2a")},
        {"signature": GOOD.signature + "="},
        {"signature": GOOD.signature + "\n"},
        {"signature": f"v1a,{base64.b64encode(bytes(64)).decode()}"},
        {"signature": "v1a,not base64!"},
        {"signature": "v1a,\N{SNOWMAN}"},
    ],
    ids=str,
)
def test_every_change_breaks_it(changed: dict[str, Any]) -> None:
    assert signature.verifies(GOOD, KEY)
    assert not signature.verifies(GOOD.model_copy(update=changed), KEY)


def test_an_id_cannot_take_in_the_time_or_the_body() -> None:
    # `a.1.b` must have one reading only: neither an id nor a time may hold a dot.
    with pytest.raises(ValidationError):
        SignedMessage(**{**GOOD.model_dump(), "id": f"{GOOD.id}.{GOOD.timestamp}"})


@given(st.integers(0, len(GOOD.body) * 8 - 1))
def test_every_bit_of_the_body_counts(bit: int) -> None:
    changed = bytearray(GOOD.body)
    changed[bit // 8] ^= 1 << bit % 8
    assert not signature.verifies(GOOD.model_copy(update={"body": bytes(changed)}), KEY)


@given(st.text(max_size=200))
def test_no_text_in_place_of_the_signature_is_an_error(text: str) -> None:
    assert not signature.verifies(GOOD.model_copy(update={"signature": text}), KEY)


@pytest.mark.parametrize("name", [n for n in people.KINDS if n != "installer-1"])
def test_another_participants_key_does_not_verify_it(name: str) -> None:
    assert not signature.verifies(GOOD, people.identity(name).public_key)


OTHER = f"v1a,{base64.b64encode(bytes(64)).decode()}"


@pytest.mark.parametrize(
    ("signatures", "expected"),
    [
        ([GOOD.signature], True),
        ([OTHER, GOOD.signature], True),
        (["v1,c3ltbWV0cmlj", GOOD.signature], True),
        ([OTHER, OTHER, OTHER, GOOD.signature], True),
        ([OTHER, OTHER, OTHER, OTHER, GOOD.signature], False),
        ([GOOD.signature, OTHER, OTHER, OTHER, OTHER], False),
        ([GOOD.signature] * 5, False),
        (["v1,c3ltbWV0cmlj"], False),
        ([OTHER, OTHER], False),
    ],
)
def test_up_to_four_signatures_are_looked_at(signatures: list[str], expected: bool) -> None:
    # While a key is rotated a sender signs with both.
    assert signature.verifies(GOOD.model_copy(update={"signature": " ".join(signatures)}), KEY) is expected


def test_a_stored_key_that_is_no_key_verifies_nothing() -> None:
    assert not signature.verifies(GOOD, b"too short")


@pytest.mark.parametrize(
    ("said", "now", "refusal"),
    [
        ({}, T0, None),
        ({"not_before": T0}, T0, None),
        ({"not_before": T0 + SECOND}, T0, "key not yet valid"),
        ({"not_after": T0 + SECOND}, T0, None),
        ({"not_after": T0}, T0, "key expired"),
        ({"revoked_at": T0 + SECOND}, T0, None),
        ({"revoked_at": T0}, T0, "key revoked"),
        ({"revoked_at": T0, "not_after": T0}, T0, "key revoked"),
        ({"doors": frozenset({Door.WEBHOOK})}, T0, None),
        ({"doors": frozenset({Door.MQTT})}, T0, "key not for the webhook door"),
        ({"doors": frozenset({Door.PLATFORM})}, T0, "key not for the webhook door"),
    ],
    ids=str,
)
def test_when_a_key_is_good(said: dict[str, Any], now: datetime, refusal: str | None) -> None:
    assert people.signing_key("installer-1", **said).refusal(Door.WEBHOOK, now) == refusal
