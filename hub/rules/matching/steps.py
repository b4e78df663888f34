"""The ways for two clusters to be one device, the surest first; each gives its reason as a sentence, or nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from math import inf

from hub.rules.matching.around import Around
from hub.rules.matching.comparison import Comparison
from hub.rules.matching.grounds import Tier
from hub.rules.matching.homes import Nearness
from hub.rules.matching.policy import Policy
from hub.rules.matching.serials import Serials

Judge = Callable[[Comparison, Around], str | None]


@dataclass(frozen=True, slots=True)
class Step:
    """One way for two clusters to be one device. `margin` is by how many bits a candidate must be better than a rival;
    `doubt` is what a person is asked where there is one, nothing if nobody is. `looks_at` are the serial numbers that
    it has something to say of.
    """

    tier: Tier
    judge: Judge
    doubt: str = ""
    margin: Callable[[Policy], float] = lambda _: inf
    looks_at: tuple[Serials, ...] = tuple(Serials)


def _same_number(places: tuple[Nearness, ...], *, kinds_told: bool) -> Judge:
    """Serial number and maker, or an identifier of the device, at one home or where nothing says otherwise."""

    def judge(found: Comparison, around: Around) -> str | None:
        if found.nearness not in places or found.kinds_told is not kinds_told:
            return None
        if found.same_device_name:
            return "An identifier that names this one device is the same."
        if found.serials is not Serials.SAME or (found.nearness is not Nearness.SAME_HOME and around.is_borrowed()):
            return None
        if not _of_one_kind(found):
            return None
        if found.maker > 0:
            return "Maker and serial number are the same."
        # A short number without its maker may be any maker's.
        if found.nearness is Nearness.SAME_HOME or (found.long_serial and found.agreeing >= found.differing):
            return "The serial number is the same, and nothing that was told speaks against it."
        return None

    return judge


def _same_number_elsewhere(found: Comparison, around: Around) -> str | None:
    if found.nearness not in (Nearness.NEXT_DOOR, Nearness.ELSEWHERE):
        return None
    if found.same_device_name:
        return "An identifier that names this one device is the same."
    if found.serials is not Serials.SAME or found.maker < 0:
        return None
    if found.moved:
        return "A device of this maker with this serial number stood elsewhere before: it has moved."
    alone = not around.are_of_an_estate() and not around.has_own_number()
    if found.nearness is Nearness.NEXT_DOOR and found.long_serial and alone:
        return "Maker and serial number are the same, in one postcode; one of the two addresses is mistaken."
    return None


def _of_one_kind(found: Comparison) -> bool:
    """Told without its kind, the panels may be the battery behind the same box: model or rating has to say which."""
    rated_alike = found.capacity > 0 and not found.one_stores
    return found.kinds_told or found.model > 0 or found.storage > 0 or rated_alike


def _same_gateway(found: Comparison, _around: Around) -> str | None:
    """A gateway may serve several devices, but seldom two of one kind; and those are told apart by number."""
    alike = found.serials in (Serials.NONE, Serials.NEAR) and not found.differing and _of_one_kind(found)
    if found.gateway and alike:
        return "It is the only device of its kind that is behind the same network address."
    return None


def _near_number(found: Comparison, _around: Around) -> str | None:
    if found.serials is Serials.NEAR and found.nearness is Nearness.SAME_HOME and _fits(found) and _of_one_kind(found):
        return "It is the only device of its kind at this home, and the serial numbers differ by a slip of the pen."
    return None


def _near_number_in_postcode(found: Comparison, around: Around) -> str | None:
    if found.serials is not Serials.NEAR or found.nearness not in (Nearness.SAME_POSTCODE, Nearness.UNKNOWN):
        return None
    alike = found.maker > 0 and found.commissioned > 0 and not found.differing and found.agreeing > 1
    if alike and not around.has_own_number():
        return f"The serial numbers differ by a slip of the pen: {_what_agrees(found)}."
    return None


def _fits_at_home(found: Comparison, around: Around) -> str | None:
    if found.serials is Serials.NONE and _at_one_home(found, around):
        return f"It is the only device of its kind at this home that fits: {_what_agrees(found)}."
    return None


def _foreign_number(found: Comparison, around: Around) -> str | None:
    if found.serials is not Serials.FOREIGN or not _at_one_home(found, around):
        return None
    if found.commissioned > 0 or (found.maker > 0 and found.agreeing and not found.differing):
        return (
            "It is the only device of its kind at this home, and one of the two serial numbers is no number of its "
            "maker's: a gateway's, or a meter's."
        )
    return None


def _borrowed_number(found: Comparison, around: Around) -> str | None:
    # Any other number is another device: nobody takes over a home with a number from elsewhere.
    off_one_line = found.serials in (Serials.NEXT, Serials.SWAPPED)
    if not off_one_line or found.commissioned <= 0 or found.maker < 0 or around.are_of_an_estate():
        return None
    if _at_one_home(found, around) and around.is_borrowed():
        return (
            "It is the only device of its kind at this home, and one of the two serial numbers is that of a device "
            "at another home: copied from the wrong carton."
        )
    return None


def _same_row(found: Comparison, around: Around) -> str | None:
    if not found.listed or found.words < around.policy.site_words or found.nearness is Nearness.ELSEWHERE:
        return None
    if found.differing > 1 or (found.differing and not found.agreeing and found.words < 1):
        return None
    return f"Of the rows of this site in two lists it is the one that fits best: {_what_agrees(found)}."


def _equal_row(found: Comparison, around: Around) -> str | None:
    if _same_row(found, around) is None or not around.are_as_many():
        return None
    return (
        "Two lists have the same number of rows of this site that nothing tells apart; they are paired in the "
        "order of their references."
    )


def _swapped_number(found: Comparison, around: Around) -> str | None:
    if found.serials is not Serials.SWAPPED or around.are_of_an_estate():
        return None
    alike = found.commissioned > 0 and not found.differing and found.agreeing > 1
    if alike and _at_one_home(found, around):
        return (
            "It is the only device of its kind at this home, and the serial numbers differ by two characters that "
            "changed places."
        )
    return None


def _at_one_home(found: Comparison, around: Around) -> bool:
    """Whether two that stand at one home fit each other, and nobody tells of several of their kind there."""
    # Told without its kind, a chargepoint may be the vehicle: its name has to say which.
    if not found.kinds_told and found.model <= 0:
        return False
    at_home = found.nearness is Nearness.SAME_HOME and not found.one_of_several
    return at_home and _fits(found) and not around.may_be_several()


def _fits(found: Comparison) -> bool:
    """Whether two that stand at one home may be one device: put there at one time, and of one maker or rating."""
    if found.commissioned < 0:
        return False
    if found.maker < 0:
        return found.commissioned > 0 and (found.model > 0 or found.capacity > 0)
    return found.commissioned > 0 or (found.differing < 2 and (found.agreeing > 0 or found.maker > 0))


def _fits_in_postcode(found: Comparison, around: Around) -> str | None:
    if found.serials not in (Serials.NONE, Serials.NEAR) or found.nearness is not Nearness.SAME_POSTCODE:
        return None
    if (
        not found.kinds_told
        or found.one_of_several
        or found.maker < 0
        or not _fits(found)
        or (found.maker > 0) + found.agreeing < 2
    ):
        return None
    # Only within one area that is known whole, so that a decision never hangs on those in the next one.
    if around.are_of_an_estate() or not around.are_alone():
        return None
    return f"It is the only device of its kind in this postcode, and it fits: {_what_agrees(found)}."


def _what_agrees(found: Comparison) -> str:
    names = ("maker", "model", "capacity", "storage capacity", "date of commissioning")
    agree = [name for name, fact in zip(names, (found.maker, *found.facts), strict=True) if fact > 0]
    if not agree:
        return "nothing that was told speaks against it"
    return f"{', '.join(agree[:-1])} and {agree[-1]} are the same" if len(agree) > 1 else f"{agree[0]} is the same"


_SEVERAL_NUMBERS = "More than one device has this serial number; say where each of them stands."
_SEVERAL_FIT = "More than one device at this place fits what was told; give the serial number."

_AT_HOME = (Nearness.SAME_HOME,)
_NOT_SAID = (Nearness.SAME_POSTCODE, Nearness.UNKNOWN)


def _by_number(places: tuple[Nearness, ...], *, kinds_told: bool) -> Step:
    return Step(Tier.EXACT, _same_number(places, kinds_told=kinds_told), _SEVERAL_NUMBERS, lambda policy: policy.margin)


def _if_one_fits(judge: Judge, *looks_at: Serials) -> Step:
    return Step(Tier.PROBABLE, judge, _SEVERAL_FIT, looks_at=looks_at)


BY_NUMBER = (
    _by_number(_AT_HOME, kinds_told=True),
    _by_number(_NOT_SAID, kinds_told=True),
    _by_number(_AT_HOME, kinds_told=False),
    _by_number(_NOT_SAID, kinds_told=False),
)
"""Steps by serial number and names of the device, where no place speaks against it."""

AT_HOME = (
    Step(Tier.PROBABLE, _same_row, margin=lambda policy: policy.margin_of_rows),
    Step(Tier.PROBABLE, _equal_row, margin=lambda _: -inf),
    Step(Tier.EXACT, _same_number_elsewhere, _SEVERAL_NUMBERS, lambda policy: policy.margin),
    _if_one_fits(_same_gateway, Serials.NONE, Serials.NEAR),
    _if_one_fits(_near_number, Serials.NEAR),
    _if_one_fits(_fits_at_home, Serials.NONE),
    _if_one_fits(_foreign_number, Serials.FOREIGN),
    _if_one_fits(_swapped_number, Serials.SWAPPED),
    _if_one_fits(_borrowed_number, Serials.NEXT, Serials.SWAPPED),
)
"""Steps after those, by what else is told of one home."""

IN_POSTCODE = (
    Step(Tier.PROBABLE, _near_number_in_postcode, looks_at=(Serials.NEAR,)),
    Step(Tier.PROBABLE, _fits_in_postcode, looks_at=(Serials.NONE, Serials.NEAR)),
)
"""The last steps, where the home is not known.

Where several fit nobody is asked: it is a street, or an estate, and no person knows either.
"""
