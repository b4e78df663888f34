"""Serial numbers of devices as people type them."""

import re
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from enum import StrEnum

from schemas.cleaning import clean, is_null, spelling_key
from schemas.maker_names import is_known_maker, maker_of, oem_id
from schemas.model_names import model_name
from schemas.mpan import MpanWarning, parse_mpan
from schemas.reference import load, matching, serials
from schemas.reference.in_use import kept, remembered

# A serial such as 12E34 is a serial; only a mantissa with a point, or E+, is a spreadsheet's doing.
_ROUNDED = re.compile(r"[+-]?[0-9](?:[.,][0-9]+E[+-]?[0-9]{1,3}|E\+[0-9]{1,3}|(?:[.,][0-9]+)?[X\u00d7*]10\^[0-9]{1,3})")
_POINT_ZERO = re.compile(r"[0-9]{6,}\.0+")
_LONG_NUMBER = re.compile(r"[0-9]{4,}")
_ZEROS_AND_ONE = re.compile(r"0{4,}[0-9]")
_LETTERS_THEN_RUN = re.compile(r"([A-Z]{3,})([0-9]{3,})")
_BETWEEN = re.compile(r"\s*[,;/&+|]\s*|\s+(?:AND\s+)?")
_UP = "0123456789" * 3
_DOWN = _UP[::-1]
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_SUPPLY_NUMBER_LENGTHS = (13, 21, 22)


class SerialProblem(StrEnum):
    """Why a text is no serial number."""

    ABSENT = "absent"
    PLACEHOLDER = "placeholder"
    SCIENTIFIC_NOTATION = "scientific_notation"
    NO_CHARACTERS = "no_characters"
    MASKED = "masked"
    DATE = "date"
    MPAN = "mpan"
    POSTCODE = "postcode"
    MAKER_OR_MODEL = "maker_or_model"
    SEVERAL = "several"


class SerialDoubt(StrEnum):
    """What a serial number that is taken as one may be in truth."""

    MAC_ADDRESS = "mac_address"
    METER_SERIAL = "meter_serial"


_SENTENCES = {
    SerialProblem.PLACEHOLDER: "This is what people type where they have no serial number; copy the one on the label.",
    SerialProblem.SCIENTIFIC_NOTATION: (
        "A spreadsheet has rounded the serial number and its last digits are lost; "
        "format the column as text and copy it from the label again."
    ),
    SerialProblem.NO_CHARACTERS: "The serial number holds no letter or digit.",
    SerialProblem.MASKED: "Part of the serial number is hidden; copy all of it from the label.",
    SerialProblem.DATE: "This is a date; copy the serial number from the label.",
    SerialProblem.MPAN: (
        "This is a meter point number (MPAN); give it as the MPAN, and copy the serial number from the device's label."
    ),
    SerialProblem.POSTCODE: "This is a postcode; copy the serial number from the label.",
    SerialProblem.MAKER_OR_MODEL: (
        "This is the name of a maker or a model; the serial number stands beside it on the label."
    ),
    SerialProblem.SEVERAL: "These are several serial numbers; give each device a line of its own with its own number.",
    SerialDoubt.MAC_ADDRESS: (
        "This looks like a network address (MAC), often that of a gateway; "
        "if the device's label has a serial number, give that one."
    ),
    SerialDoubt.METER_SERIAL: (
        "This looks like an electricity meter's serial number; check that it stands on the device's own label."
    ),
}


@dataclass(frozen=True, slots=True)
class Serial:
    """A serial number as given and in the form by which it is compared, or why it tells nothing.

    A `doubt` leaves the serial number as it is; either comes with a sentence for whoever typed it.
    """

    raw: str | None = field(default=None, repr=False)
    normal: str | None = field(default=None, repr=False)
    problem: SerialProblem | None = None
    sentence: str | None = None
    doubt: SerialDoubt | None = None


def normalise_serial(text: str | None, placeholders: Collection[str] | None = None) -> Serial:
    """NFKC, upper case, letters and digits only, look-alikes of other scripts as Latin, without a label's "S/N:".

    `raw` keeps what was typed. What people type for want of a serial, a serial that a spreadsheet has rounded or a
    portal has masked, and the number or name of something else are no serial.
    """
    return _normalised(text, None if placeholders is None else frozenset(placeholders))


def device_identifier(text: str) -> str:
    """A vehicle's, a chargepoint's or a network interface's identifier to compare by: its letters and digits."""
    return _letters_and_digits(_shown(text))


def confusable_form(serial: str) -> str:
    """A serial with characters that people misread made equal (O=0, I=L=1, S=5, B=8, Z=2); for review."""
    form = _letters_and_digits(_shown(serial)).translate(serials.confusables("misread"))
    # Capitals may be what garbled text is made of; mended once more, the form is its own.
    return form if form == serial or form.isascii() else confusable_form(form)


@remembered
def _normalised(text: str | None, placeholders: frozenset[str] | None) -> Serial:
    if text is None or is_null(text):
        return Serial(text, None, SerialProblem.ABSENT)
    serial = _read(text, placeholders)
    if serial.normal is None or serial.normal == text:
        return serial
    # A form to compare by has to be its own: what reads otherwise without its separators counts as it reads then.
    again = _normalised(serial.normal, placeholders)
    return serial if again.normal == serial.normal else replace(again, raw=text)


def _read(text: str, placeholders: frozenset[str] | None) -> Serial:
    bare = _label().sub("", _shown(text))
    if _ROUNDED.fullmatch(bare.replace(" ", "")):
        return _none(text, SerialProblem.SCIENTIFIC_NOTATION)
    normal = _letters_and_digits(bare.partition(".")[0] if _POINT_ZERO.fullmatch(bare) else bare)
    if not normal:
        return _none(text, SerialProblem.NO_CHARACTERS)
    shapes = {s.name for s in serials.shapes() if s.pattern.fullmatch(bare if s.form == "written" else normal)}
    if _is_placeholder(normal, placeholders) or (not shapes and _is_sentence(bare)):
        return _none(text, SerialProblem.PLACEHOLDER)
    if problem := _other_thing(bare, normal, shapes):
        return _none(text, problem)
    for shape, doubt in (("mac", SerialDoubt.MAC_ADDRESS), ("meter_serial", SerialDoubt.METER_SERIAL)):
        if shape in shapes:
            return Serial(text, normal, None, _SENTENCES[doubt], doubt)
    # "SN0012345" and "S/N 0012345" are one serial, but "SN1111111" without its letters would be none.
    alone = _glued().sub("", normal)
    return Serial(text, normal if _is_placeholder(alone, placeholders) else alone)


def _none(text: str, problem: SerialProblem) -> Serial:
    return Serial(text, None, problem, _SENTENCES[problem])


def _other_thing(bare: str, normal: str, shapes: set[str]) -> SerialProblem | None:
    for shape, problem in (
        ("date", SerialProblem.DATE),
        ("masked", SerialProblem.MASKED),
        ("postcode", SerialProblem.POSTCODE),
    ):
        if shape in shapes:
            return problem
    if _are_several(bare):
        return SerialProblem.SEVERAL
    if len(normal) in _SUPPLY_NUMBER_LENGTHS:
        parsed = parse_mpan(normal)
        if parsed.core is not None and MpanWarning.UNKNOWN_DISTRIBUTOR not in parsed.warnings:
            return SerialProblem.MPAN
    return SerialProblem.MAKER_OR_MODEL if _names_a_product(bare) else None


def _are_several(bare: str) -> bool:
    """Numbers of one length and one beginning, side by side."""
    parts = [_letters_and_digits(part) for part in _BETWEEN.split(bare)]
    first = parts[0]
    return (
        len(set(parts)) > 1
        and len(first) >= matching.limits().serial_shortest
        and all(len(part) == len(first) and part[:2] == first[:2] and _LONG_NUMBER.search(part) for part in parts)
    )


def _names_a_product(bare: str) -> bool:
    if _LONG_NUMBER.search(bare):
        return False
    if maker_of(spelling_key(bare)) is not None:
        return True
    words = bare.split()
    if not is_known_maker(oem_id(bare)):
        return False
    model = model_name(bare)
    return not any(map(str.isdigit, bare)) or (len(words) > 1 and model is not None and model.known)


def _is_placeholder(normal: str, placeholders: frozenset[str] | None) -> bool:
    if len(set(normal)) == 1 or normal in _forms(placeholders) or normal.rstrip("0123456789") in serials.words("stem"):
        return True
    if len(normal) >= 4 and (normal in _UP or normal in _DOWN or normal in _ALPHABET):
        return True
    if _ZEROS_AND_ONE.fullmatch(normal):
        return True
    begun = _LETTERS_THEN_RUN.fullmatch(normal)
    return begun is not None and _ALPHABET.startswith(begun[1]) and _UP[1:].startswith(begun[2])


def _is_sentence(bare: str) -> bool:
    """Words instead of a number: nothing but words, or a telling word and no number worth the name."""
    words = re.findall(r"[^\W\d_]+|[0-9]+", bare)
    if not any(map(str.isdigit, words)):
        return len(words) > 1 and all(len(word) > 1 for word in words)
    telling = serials.words("word")
    return len(words) > 1 and any(word in telling for word in words) and not _LONG_NUMBER.search(bare)


def _shown(text: str) -> str:
    """Upper case, and letters of other scripts as the Latin capitals that they look like."""
    return clean(text).upper().translate(serials.confusables("script"))


def _letters_and_digits(text: str) -> str:
    return text if text.isalnum() else "".join(filter(str.isalnum, text))


@kept
def _label() -> re.Pattern[str]:
    """What a label prints before the serial, with what sets it apart: "S/N:", "SERIAL NO. ", "SN#"."""
    apart = rf"(?:{_any_of('label')})(?:\.?\s*[:#=]+\s*|\.?\s+|\.$)"
    glued = rf"(?:{_any_of('glued')})(?:\.?\s*[:#=]+\s*|\.?\s+(?=[A-Z]))"
    return re.compile(rf"^(?:{apart}|{glued})+")


@kept
def _glued() -> re.Pattern[str]:
    """The label's words straight before the digits."""
    return re.compile(rf"^(?:{_any_of('glued')})+(?=[0-9])")


def _any_of(kind: str) -> str:
    words = sorted(serials.words(kind), key=len, reverse=True)
    return "|".join(re.escape(word).replace(r"\ ", r"[ .]*") for word in words)


@kept
def _forms(placeholders: frozenset[str] | None) -> frozenset[str]:
    """Placeholders in the form of a normal serial; none given takes the reference lists."""
    if placeholders is None:
        placeholders = load.placeholder_serials() | serials.words("word")
        placeholders |= serials.words("label") | serials.words("glued")
    return frozenset(_letters_and_digits(word.upper()) for word in placeholders)
