"""Which folder of reference tables is in use in this process, and whatever was read before it was.

A process is told once, when it loads its settings; the rules and checks ask for a table and get that in use.
"""

from collections.abc import Callable
from functools import cache, lru_cache
from pathlib import Path
from typing import ParamSpec, TypeVar, cast

P = ParamSpec("P")
T = TypeVar("T")

REMEMBERED = 8_192
"""Texts whose reading is kept for a while: one message's identifiers are read by several stages, and a batch has some
thousands. Kept much longer they would only fill memory, for hours."""

_folder: Path | None = None
_clear: list[Callable[[], None]] = []


def kept(function: Callable[P, T]) -> Callable[P, T]:
    """`functools.cache` for what comes from reference tables: forgotten when another folder comes into use."""
    caching = cache(function)
    _clear.append(caching.cache_clear)
    return cast(Callable[P, T], caching)


def remembered(function: Callable[P, T]) -> Callable[P, T]:
    """The same for what texts come to by reference tables, as many texts as fit."""
    caching = lru_cache(maxsize=REMEMBERED)(function)
    _clear.append(caching.cache_clear)
    return cast(Callable[P, T], caching)


def folder() -> Path | None:
    """The folder whose tables stand in for the shipped ones or add to them, if there is one."""
    return _folder


def use(folder: Path | None) -> None:
    """Take tables from a folder from now on; None takes the shipped ones. `check.check` it first."""
    global _folder
    if folder == _folder:
        return
    _folder = folder
    forget()


def forget() -> None:
    """Read every table anew from now on."""
    for clear in _clear:
        clear()
