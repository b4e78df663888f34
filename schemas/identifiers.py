"""Every identifier that senders write, with its check: text in, frozen value out.

No function raises for what a user typed; a value that cannot be used comes back as a problem with a sentence
that an installer can act on and that never repeats the value, so that it may be logged.
"""

from schemas.cleaning import is_null, mask
from schemas.device_codes import Serial, SerialProblem, confusable_form, normalise_serial
from schemas.maker_names import normalise_maker, oem_id
from schemas.mpan import MpanProblem, MpanWarning, ParsedMpan, TopLine, check_digit, parse_mpan
from schemas.party_codes import canonical_company_number, canonical_eic, eic_check_character
from schemas.place_codes import Canonical, Postcode, Region, canonical_postcode, canonical_uprn

__all__ = [
    "Canonical",
    "MpanProblem",
    "MpanWarning",
    "ParsedMpan",
    "Postcode",
    "Region",
    "Serial",
    "SerialProblem",
    "TopLine",
    "canonical_company_number",
    "canonical_eic",
    "canonical_postcode",
    "canonical_uprn",
    "check_digit",
    "confusable_form",
    "eic_check_character",
    "is_null",
    "mask",
    "normalise_maker",
    "normalise_serial",
    "oem_id",
    "parse_mpan",
]
