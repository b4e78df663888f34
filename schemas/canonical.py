"""JSON in the one form that is hashed: RFC 8785, for objects with ASCII names and values without fractions.

The same as `audit_verifier.canonical`, which does without what is not Python's own.
"""

from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
from pydantic import BaseModel


def to_json(value: Any) -> bytes:
    """Keys and sets in order; shapes, times and amounts as pydantic's JSON has them."""
    return orjson.dumps(value, default=_plain, option=orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z)


def _plain(value: Any) -> Any:
    match value:
        case BaseModel():
            return vars(value)
        case frozenset():
            return sorted(value)
        # asyncpg's own UUIDs are a subclass, which orjson does not take for one.
        case Decimal() | UUID():
            return str(value)
        case _:
            raise TypeError(type(value).__name__)
