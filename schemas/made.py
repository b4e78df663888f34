"""Objects of pydantic classes from values that are right already: our own, where nothing is left to check."""

from typing import Any, TypeVar

from pydantic import BaseModel

ModelT = TypeVar("ModelT", bound=BaseModel)

_set = object.__setattr__


def made(kind: type[ModelT], /, **values: Any) -> ModelT:
    """As `model_construct`, several times as fast, for every field is named here and none is looked for."""
    if values.keys() != kind.__pydantic_fields__.keys():
        raise TypeError(f"not the fields of {kind.__name__}: {sorted(values.keys() ^ kind.__pydantic_fields__.keys())}")
    one = kind.__new__(kind)
    _set(one, "__dict__", values)
    _set(one, "__pydantic_fields_set__", set(values))
    _set(one, "__pydantic_extra__", None)
    _set(one, "__pydantic_private__", None)
    return one
