"""What names a place: property numbers (UPRN) and postcodes."""

import re
from dataclasses import dataclass, field
from typing import Literal

from schemas.cleaning import clean, is_null, is_scientific, without_point_zero
from schemas.reference.in_use import remembered

Region = Literal["GB", "NI", "CROWN_DEPENDENCY"]

_REGION_BY_AREA: dict[str, Region] = {
    "BT": "NI",
    "JE": "CROWN_DEPENDENCY",
    "GY": "CROWN_DEPENDENCY",
    "IM": "CROWN_DEPENDENCY",
}
_OUTWARD = (
    r"(?:[A-PR-UWYZ][0-9]{1,2}|[A-PR-UWYZ][A-HK-Y][0-9]{1,2}|[A-PR-UWYZ][0-9][A-HJKPSTUW]"
    r"|[A-PR-UWYZ][A-HK-Y][0-9][ABEHMNPRVWXY])"
)
_INWARD = r"[0-9][ABD-HJLNP-UW-Z]{2}"


@dataclass(frozen=True, slots=True)
class Canonical:
    """Either the one form of an identifier by which it is compared, or why there is none.

    Both are None where nothing was given.
    """

    value: str | None = field(default=None, repr=False)
    sentence: str | None = None


@dataclass(frozen=True, slots=True)
class Postcode:
    """`canonical` is upper case with one space before the last three; `region` tells GB from its neighbours.

    Half a postcode has no canonical form but still tells its region.
    """

    canonical: str | None = field(default=None, repr=False)
    region: Region | None = None
    sentence: str | None = None


@remembered
def canonical_uprn(text: str | None) -> Canonical:
    """A UPRN of 1 to 12 digits without leading zeros, for equality. UPRNs have no check digit."""
    if is_null(text):
        return Canonical()
    digits = without_point_zero(clean(text).replace(" ", ""))
    if is_scientific(digits):
        return Canonical(
            sentence="A spreadsheet has rounded the UPRN; format the column as text and copy the UPRN again."
        )
    if not re.fullmatch("0*[1-9][0-9]{0,11}", digits):
        return Canonical(sentence="A UPRN is a number of 1 to 12 digits.")
    return Canonical(digits.lstrip("0"))


@remembered
def canonical_postcode(text: str | None) -> Postcode:
    """A postcode in canonical form, with damaged spacing and stray marks mended.

    The letter O at the one place where only a digit can stand ("M16 OAA") is read as nought.
    """
    if is_null(text):
        return Postcode()
    compact = re.sub("[^A-Z0-9]", "", clean(text).upper())
    if compact == "GIR0AA":
        return Postcode("GIR 0AA", "GB")
    outward, inward = compact[:-3], compact[-3:]
    if inward.startswith("O"):
        inward = f"0{inward[1:]}"
    if re.fullmatch(_OUTWARD, outward) and re.fullmatch(_INWARD, inward):
        return Postcode(f"{outward} {inward}", _region(outward))
    if re.fullmatch(_OUTWARD, compact):
        return Postcode(None, _region(compact), "This is only the first half of a postcode; give all of it.")
    return Postcode(None, None, "This is not a postcode; one looks like LS2 8BT.")


def _region(outward: str) -> Region:
    return _REGION_BY_AREA.get(re.sub("[0-9].*", "", outward), "GB")
