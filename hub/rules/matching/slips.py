"""Numbers that one slip of the pen tells apart."""


def one_slip_apart(one: str, other: str) -> bool:
    """Whether two numbers of one length differ in one digit, or in the order of two neighbours."""
    if len(one) != len(other):
        return False
    wrong = [n for n, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]
    if len(wrong) == 2 and wrong[1] == wrong[0] + 1:
        first, second = wrong
        return one[first] == other[second] and one[second] == other[first]
    return len(wrong) <= 1
