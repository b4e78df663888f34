"""How far apart two premises are, and how that is known. No coordinates are made up where none were given."""

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from schemas.reference import connection


class Basis(StrEnum):
    """How a distance is known; the surest first."""

    MEASURED = "measured"
    SAME_PROPERTY = "same property"
    SAME_POSTCODE = "same postcode"
    SAME_POSTCODE_AREA = "postcode equal but for its last letters"


@dataclass(frozen=True)
class Distance:
    """Metres where they were measured; otherwise only what two premises have in common."""

    basis: Basis
    metres: Decimal | None = None


@dataclass(frozen=True)
class Spot:
    """What is known of where premises are: canonical identifiers, and metres on the National Grid where given."""

    uprn: str | None = field(default=None, repr=False)
    postcode: str | None = field(default=None, repr=False)
    easting: Decimal | None = field(default=None, repr=False)
    northing: Decimal | None = field(default=None, repr=False)


DistanceSource = Callable[[Spot, Spot], Distance | None]
"""Any way to tell how far apart two premises are; nothing where it cannot say. `between` is the one that is shipped."""


def between(one: Spot, other: Spot) -> Distance | None:
    """By grid references where both have one, or by what the two have in common, or nothing."""
    if (metres := _measured(one, other)) is not None:
        return Distance(Basis.MEASURED, metres)
    if one.uprn is not None and one.uprn == other.uprn:
        return Distance(Basis.SAME_PROPERTY)
    if one.postcode is None or other.postcode is None:
        return None
    if one.postcode == other.postcode:
        return Distance(Basis.SAME_POSTCODE)
    if area(one.postcode) == area(other.postcode):
        return Distance(Basis.SAME_POSTCODE_AREA)
    return None


def area(postcode: str) -> str:
    """A canonical postcode without the letters at its end that near premises may differ in."""
    newest = connection.rule_numbers()["cluster_postcode_letters"][-1]
    return postcode[: -int(newest.value)]


def _measured(one: Spot, other: Spot) -> Decimal | None:
    if one.easting is None or one.northing is None or other.easting is None or other.northing is None:
        return None
    return ((one.easting - other.easting) ** 2 + (one.northing - other.northing) ** 2).sqrt()
