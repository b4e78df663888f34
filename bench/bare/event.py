"""What the bare loop publishes: an asset, its version, and what was said of it last."""

import io
import uuid
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import fastavro

SCHEMA = fastavro.parse_schema(
    {
        "type": "record",
        "name": "Event",
        "fields": [
            {"name": "event_id", "type": {"type": "string", "logicalType": "uuid"}},
            {"name": "asset_id", "type": {"type": "string", "logicalType": "uuid"}},
            {"name": "version", "type": "long"},
            {"name": "said", "type": "bytes"},
        ],
    }
)


@dataclass(frozen=True)
class Event:
    asset_id: UUID
    version: int
    said: bytes

    def encoded(self) -> bytes:
        """Avro, under a new event id."""
        out = io.BytesIO()
        fastavro.schemaless_writer(out, SCHEMA, {"event_id": uuid.uuid4(), **vars(self)})
        return out.getvalue()


def read(value: bytes) -> Event:
    found: Any = fastavro.schemaless_reader(io.BytesIO(value), SCHEMA, None)
    return Event(found["asset_id"], found["version"], found["said"])
