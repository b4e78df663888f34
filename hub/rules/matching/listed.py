"""Rows of a network operator's lists: whole sites, named rather than numbered, often several technologies at one.

No number names any of them, so that two such lists are assigned to each other row by row, by what agrees.
"""

from schemas.address_lines import read_line
from schemas.edits import one_edit_apart
from schemas.place_codes import canonical_postcode

SHORTEST_WITH_SLIP = 4
NAMES = 2

Words = frozenset[str]


def site_words(address_line: str | None) -> Words:
    """The words of a site's name and address in their long form. They may be personal data."""
    return frozenset(read_line(address_line).words)


def site_keys(address_line: str | None, postcode: str | None) -> tuple[str, ...]:
    """What rows of one site are found by: its postcode, and its names: what stands between the first commas."""
    code = canonical_postcode(postcode).canonical
    parts = [read_line(part).words for part in (address_line or "").split(",")]
    names = {" ".join(words) for words in [words for words in parts if words][:NAMES]}
    return (*(() if code is None else (code,)), *sorted(names))


def likeness(one: Words, other: Words) -> float:
    """The share of the words of both that the other has, too, be it cut short or with a slip of the pen."""
    return (_found(one, other) + _found(other, one)) / max(1, len(one) + len(other))


def _found(words: Words, among: Words) -> int:
    return sum(word in among or any(_one_word(word, other) for other in among) for word in words)


def _one_word(one: str, other: str) -> bool:
    if min(len(one), len(other)) >= SHORTEST_WITH_SLIP and one_edit_apart(one, other):
        return not any(word.isdigit() for word in (one, other))
    return _cut_short(one, other) or _cut_short(other, one)


def _cut_short(short: str, long: str) -> bool:
    """Hosp, stn and ctr: some of the letters in their order, the first among them."""
    if not 2 <= len(short) < len(long) or short[0] != long[0] or not short.isalpha():
        return False
    letters = iter(long)
    return all(letter in letters for letter in short)
