"""When an asset counts as removed. Removal is final, so that one stranger's word is not enough for it."""

from collections.abc import Sequence
from datetime import date

from hub.rules import survivorship
from hub.rules.claims import Told

_FIELD = "commissioning_date"
"""Who is believed about the beginning of an asset is believed about its end."""


def removed_on(told: Sequence[Told]) -> date | None:
    """The day of removal, or nothing while the asset stands."""
    return min((t.removed.effective_from for t in told if t.removed is not None and _holds(t, told)), default=None)


def unconfirmed(told: Sequence[Told]) -> bool:
    """Whether somebody tells of a removal that does not hold yet."""
    return any(t.removed is not None and not _holds(t, told) for t in told)


def _holds(remover: Told, told: Sequence[Told]) -> bool:
    """It holds while nobody who is believed as much still tells of the asset as standing.

    Whoever has read a serial number off a box can become a source of its asset. He may say that it is gone, but then
    it is for its installer to say so, too.
    """
    own = survivorship.rank(_FIELD, remover.source_kind)
    return not any(
        other.source != remover.source
        and other.removed is None
        and other.commissioned is not None
        and survivorship.rank(_FIELD, other.source_kind) <= own
        for other in told
    )
