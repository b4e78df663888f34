"""`python -m bench.bare.worker SETTING`: the least code that registers the journal durably.

Verify, decode, one transaction a batch (watermark, inbox, look-up, upsert, history, outbox), with the hub's own
libraries and none of its rules.
"""

import base64
import hashlib
import io
import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any
from uuid import UUID

import asyncpg
import fastavro
import uvloop
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from fastavro.schema import fingerprint, to_parsing_canonical_form

from bench.bare import setting, store
from bench.bare.event import Event
from bench.bare.store import Version

HEADER = 10
MAX_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True)
class Read:
    """A record whose signature is right; `key` is the source with its reference, as the journal is keyed."""

    record: ConsumerRecord
    sender: str
    message_id: str
    digest: bytes
    key: str
    body: bytes


def schemas() -> dict[bytes, Any]:
    """Every released schema by the bytes that head its messages."""
    found = {}
    for file in resources.files("schemas.avsc").iterdir():
        if file.name.endswith(".avsc"):
            schema = json.loads(file.read_text("utf-8"))
            crc = fingerprint(to_parsing_canonical_form(schema), "CRC-64-AVRO")
            found[b"\xc3\x01" + bytes.fromhex(crc)] = fastavro.parse_schema(schema)
    return found


SCHEMAS = schemas()


def decode(data: bytes) -> dict[str, Any]:
    found: Any = fastavro.schemaless_reader(io.BytesIO(data[HEADER:]), SCHEMAS[data[:HEADER]], None)
    return found  # type: ignore[no-any-return]


def read(record: ConsumerRecord, public_keys: dict[str, Ed25519PublicKey]) -> Read:
    """Raises `InvalidSignature`."""
    message = decode(record.value)
    body = message["body"]
    signed = f"{message['id']}.{message['timestamp']}.".encode() + body
    signature = base64.b64decode(message["signature"].removeprefix("v1a,"))
    public_keys[message["key_id"]].verify(signature, signed)
    told = decode(body)
    key = f"{told['on_behalf_of'] or told['sender']}/{told['sender_asset_ref']}"
    return Read(record, told["sender"], message["id"], hashlib.sha256(body).digest(), key, body)


async def register(connection: asyncpg.Connection, batch: Sequence[Read]) -> None:
    """One transaction."""
    ends: dict[int, int] = {}
    for item in batch:
        ends[item.record.partition] = max(ends.get(item.record.partition, -1), item.record.offset)
    async with connection.transaction():
        done = await store.fence(connection, list(ends))
        left = {(i.sender, i.message_id): i for i in batch if i.record.offset > done.get(i.record.partition, -1)}
        if not left:
            return
        new = await store.note(connection, [(i.sender, i.message_id, i.digest) for i in left.values()])
        fresh = [item for key, item in left.items() if key in new]
        known = await store.known(connection, [item.key for item in fresh])
        before = set(known)
        versions = [_version(item, known) for item in fresh]
        await store.write(connection, {key: at for key, (at, _) in known.items() if key not in before}, versions, ends)


def _version(item: Read, known: dict[str, tuple[UUID, int]]) -> Version:
    """The next version of the asset that the message's key leads to, or the first of a new one."""
    asset_id, number = known.get(item.key) or (uuid.uuid4(), 0)
    known[item.key] = (asset_id, number + 1)
    return Version(asset_id, number + 1, Event(asset_id, number + 1, item.body).encoded())


async def work(told: setting.Setting) -> None:
    """Until the process is ended."""
    connection = await asyncpg.connect(told.database)
    consumer = AIOKafkaConsumer(
        bootstrap_servers=told.kafka,
        enable_auto_commit=False,
        max_partition_fetch_bytes=MAX_BYTES,
        fetch_max_bytes=MAX_BYTES,
        fetch_max_wait_ms=20,
    )
    await consumer.start()
    offsets = {TopicPartition(told.journal, number): offset for number, offset in told.offsets.items()}
    consumer.assign(list(offsets))
    for at, offset in offsets.items():
        consumer.seek(at, offset)
    public_keys = told.public_keys()
    while True:
        found = await consumer.getmany(timeout_ms=100, max_records=told.batch)
        batch = [read(record, public_keys) for records in found.values() for record in records]
        if batch:
            await register(connection, batch)


if __name__ == "__main__":
    uvloop.run(work(setting.given()))
