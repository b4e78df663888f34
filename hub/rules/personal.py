"""What in a message is about a person, by `personal_fields.csv`, and what is left of it when that is taken away."""

from collections.abc import Mapping
from typing import Any

from schemas.reference import privacy

ERASED = "(erased)"
"""Stands where a message must say something and what it said is erased."""
_NOT_BLANKED = ("sender_asset_ref",)
"""By which a repeat is known, and with which the erasure itself was asked for."""


def split(said: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a message says, in two parts: what anybody may know of it, and what is personal."""
    personal = privacy.personal_fields()
    clear: dict[str, Any] = {}
    hidden: dict[str, Any] = {}
    for name, value in said.items():
        (hidden if personal.get(name, True) else clear)[name] = value
    return clear, hidden


def blanked(said: Mapping[str, Any]) -> dict[str, Any]:
    """A message's body without what is personal, still of its shape."""
    clear, personal = split(said)
    kept = {name: personal[name] for name in _NOT_BLANKED if name in personal}
    if personal.get("location") is not None:
        kept["location"] = {"address_line": ERASED}
    if "other_description" in personal:
        kept["other_description"] = ERASED
    return clear | kept
