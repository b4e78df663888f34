"""Objects of pydantic classes from values that are right already: our own, where nothing is left to check."""

from functools import cache
from typing import Any, TypeVar

from pydantic import BaseModel

ModelT = TypeVar("ModelT", bound=BaseModel)

_set = object.__setattr__


def made(kind: type[ModelT], /, **values: Any) -> ModelT:
    """As `model_construct`, several times as fast, for every field is named here and none is looked for."""
    fields = _fields(kind)
    if values.keys() != fields:
        raise TypeError(f"not the fields of {kind.__name__}: {sorted(values.keys() ^ fields)}")
    return put_together(kind, values, fields)


@cache
def _fields(kind: type[BaseModel]) -> set[str]:
    return set(kind.model_fields)


def put_together(kind: type[ModelT], fields: dict[str, Any], given: set[str]) -> ModelT:
    """An object of all its fields, some of them given and the others at their defaults. Both are its own from now on,
    but that many may have the same `given`: nothing of a frozen class is ever given later."""
    one = kind.__new__(kind)
    _set(one, "__dict__", fields)
    _set(one, "__pydantic_fields_set__", given)
    _set(one, "__pydantic_extra__", None)
    _set(one, "__pydantic_private__", None)
    return one
