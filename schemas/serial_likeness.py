"""How near two serial numbers are, and in which way: misread, mistyped, cut, or neighbours off one line."""

import re
from enum import StrEnum

from schemas.device_codes import confusable_form
from schemas.edits import one_edit_apart
from schemas.reference import matching, serials
from schemas.reference.in_use import kept, remembered

# What comes before the last number of a serial (nothing or no digit at its end), the number, and what comes after.
_COUNTING_PART = re.compile(r"(?P<head>(?:.*[^0-9])?)(?P<number>[0-9]{1,40})(?P<tail>[^0-9]*)")


class SerialLikeness(StrEnum):
    """SAME: equal. CONFUSABLE: equal once misread characters are. CONSECUTIVE: their counting parts are a few apart,
    as on twins and estates, even where that is one slip. CONTAINED: one is the other with something before or after
    it (`containment` says what). TYPO: one slip apart. DIFFERENT: none of these. The first that holds counts, and
    leading noughts lost count before a slip.
    """

    SAME = "same"
    CONFUSABLE = "confusable"
    CONSECUTIVE = "consecutive"
    CONTAINED = "contained"
    TYPO = "typo"
    DIFFERENT = "different"


class Containment(StrEnum):
    """What the longer serial has and the shorter has not: LEADING_ZEROS that a spreadsheet drops, a LABEL's own
    words, a HEAD such as a part number, or a TAIL such as a revision or what was cut off.
    """

    LEADING_ZEROS = "leading_zeros"
    LABEL = "label"
    HEAD = "head"
    TAIL = "tail"


@remembered
def serial_likeness(one: str, other: str) -> SerialLikeness:
    """How near two serials in normal form (`Serial.normal`) are; the order of the two does not matter."""
    if one == other:
        return SerialLikeness.SAME
    if confusable_form(one) == confusable_form(other):
        return SerialLikeness.CONFUSABLE
    if consecutive(one, other):
        return SerialLikeness.CONSECUTIVE
    part = containment(one, other)
    if part is Containment.LEADING_ZEROS:
        return SerialLikeness.CONTAINED
    if one_edit_apart(one, other):
        return SerialLikeness.TYPO
    return SerialLikeness.DIFFERENT if part is None else SerialLikeness.CONTAINED


def consecutive(one: str, other: str) -> bool:
    """Whether two different serials of one length and pattern count up within the policy's reach of each other.

    The same few characters after the number may be a check or a revision and count for nothing.
    """
    if len(one) != len(other):
        return False
    limits = matching.limits()
    checks = range(1, limits.serial_check_characters + 1)
    return _count_up(one, other, 1) or any(
        one[-n:] == other[-n:] and _count_up(one[:-n], other[:-n], limits.serial_counting_digits) for n in checks
    )


def _count_up(one: str, other: str, digits: int) -> bool:
    """Whether the last numbers, of some digits at least, are a few apart, and all else is the same."""
    first, second = _COUNTING_PART.fullmatch(one), _COUNTING_PART.fullmatch(other)
    if first is None or second is None or (first["head"], first["tail"]) != (second["head"], second["tail"]):
        return False
    if len(first["number"]) < digits:
        return False
    return 0 < abs(int(first["number"]) - int(second["number"])) <= matching.limits().serial_consecutive_within


def containment(one: str, other: str) -> Containment | None:
    """How the shorter of two serials lies in the longer, if it is long enough to be told apart; else nothing."""
    shorter, longer = sorted((one, other), key=len)
    limits = matching.limits()
    if len(shorter) == len(longer) or len(shorter) < limits.serial_shortest:
        return None
    if longer.endswith(shorter):
        before = longer[: -len(shorter)]
        if not before.strip("0"):
            return Containment.LEADING_ZEROS
        if before in _labels():
            return Containment.LABEL
    if len(shorter) < limits.serial_shortest_contained:
        return None
    if longer.endswith(shorter):
        return Containment.HEAD
    return Containment.TAIL if longer.startswith(shorter) else None


@remembered
def same_pattern(one: str, other: str) -> bool:
    """Whether two serials may come off one maker's line: letters and digits stand at the same places, but for slips."""
    if abs(len(one) - len(other)) > 1:
        return False
    from_start, from_end = zip(one, other, strict=False), zip(reversed(one), reversed(other), strict=False)
    most = matching.limits().serial_kinds_differ
    return any(sum(not _one_class(a, b) for a, b in pairs) < most for pairs in (from_start, from_end))


def _one_class(one: str, other: str) -> bool:
    """Whether two characters are both letters or both digits, or may be for being misread."""
    return one.isdigit() == other.isdigit() or any(c.isalpha() and confusable_form(c).isdigit() for c in (one, other))


@kept
def _labels() -> frozenset[str]:
    return frozenset("".join(filter(str.isalnum, label)) for label in serials.words("label"))
