"""A device as it really is: what it is, where it stood and since when, and what else lay on its pallet."""

from dataclasses import dataclass
from datetime import date

from simulators.corpus.catalogue import Model
from simulators.corpus.places import Home

VEHICLE = "ELECTRIC_VEHICLE"
CHARGEPOINTS = ("EV_CHARGER", "V2G_CHARGER")


@dataclass(frozen=True)
class Stand:
    """A time at one home, put there by one installer. `restated_by` is a later installer and his day, if any."""

    home: Home
    since: date
    installer: str
    restated_by: tuple[str, date] | None = None


@dataclass(frozen=True)
class Asset:
    """`serial` is what its label says (a vehicle's VIN stands in `vin` instead); `twice_typed` is what the installer
    typed for each of several identical units: one serial for all, or "" for none; None where he typed each.

    `pallet`, `mates`: serials of the devices that came with it to the street, and to the home from the same maker.
    """

    key: str
    category: str
    model: Model
    serial: str | None
    vin: str | None
    mac: str
    ocpp_identity: str | None
    kw: float
    other_kw: float | None
    units: int
    stands: tuple[Stand, ...]
    pallet: tuple[str, ...]
    mates: tuple[str, ...]
    gateway: str
    twice_typed: str | None = None
    estate: str | None = None
    tags: tuple[str, ...] = ()
