"""Slips of one key: a character replaced, left out, put in, or two neighbours swapped."""


def one_edit_apart(one: str, other: str) -> bool:
    """Whether exactly one slip leads from one text to the other (Damerau distance 1)."""
    if len(one) > len(other):
        one, other = other, one
    if one == other or len(other) - len(one) > 1:
        return False
    start = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), len(one))
    if len(one) < len(other):
        return one[start:] == other[start + 1 :]
    swapped = one[start + 1 : start + 2] + one[start : start + 1] + one[start + 2 :]
    return one[start + 1 :] == other[start + 1 :] or swapped == other[start:]


def swapped(one: str, other: str) -> bool:
    """Whether two neighbouring characters that changed places lead from one text to the other."""
    places = [n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b]
    if len(one) != len(other) or len(places) != 2 or places[1] - places[0] != 1:
        return False
    first, second = places
    return (one[first], one[second]) == (other[second], other[first])


def with_one_left_out(text: str) -> frozenset[str]:
    """The text and every form of it that lacks one character: two texts one slip apart share such a form."""
    return frozenset((text, *(text[:n] + text[n + 1 :] for n in range(len(text)))))
