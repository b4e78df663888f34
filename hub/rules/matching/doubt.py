"""Doubts: what came close and was not joined, for a person to decide."""

from dataclasses import dataclass

from hub.rules.matching.comparison import Comparison
from hub.rules.matching.homes import Nearness
from hub.rules.matching.serials import Serials
from hub.rules.matching.sighting import SightingId
from hub.rules.matching.vetoes import Veto


@dataclass(frozen=True, slots=True)
class Doubt:
    """Two clusters that may be one device: for a person to decide."""

    one: SightingId
    other: SightingId
    reason: str


COLLISIONS = {
    Veto.PLACE: "A device with the same serial number stands at another place: moved, or a wrong serial number.",
    Veto.ONE_SOURCE: "Two devices were told with one serial number; each has its own, so check both labels.",
}
"""By what forbids two devices with one serial number to be one."""


def close(found: Comparison) -> str | None:
    """Why a pair that nothing forbids and that was not joined is worth a person's look, or nothing."""
    if found.nearness is not Nearness.SAME_HOME:
        return None
    if found.serials is Serials.NEAR:
        return "A device at the same home has nearly the same serial number; check both labels."
    if found.serials is Serials.NONE and found.differing == 1 and found.agreeing:
        return (
            "A device of the same kind at this home differs in one thing that was told; check whether it is the same."
        )
    return None
