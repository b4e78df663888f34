"""A sighting: what one source says of one device under one reference, in the form in which devices are compared.

Assets are clusters of sightings. A sighting is made of all that a source's messages under a reference say together, so
that it does not depend on the order in which they came.
"""

from dataclasses import dataclass, field, fields
from datetime import date
from uuid import UUID

from schemas.identifiers import confusable_form

SightingId = tuple[str, str]
"""The source, and its own reference of the device."""

Key = tuple[str, str, str]
"""Scheme, issuer within whom the value is unique, value."""

SERIAL, GATEWAY, AREA, SITE = "serial", "gateway", "area", "site"
PLACES = ("import_mpan", "export_mpan", "uprn", "address")
NAMES = frozenset({"uprn", "address"})
"""The places that name one home; a meter point may serve several."""


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What one source says of one device. Amounts are kW and kWh; `devices` are identifiers that name one device;
    `gateways` name a box that may serve several. `form` is the form or job that it is a line of.
    """

    category: str | None = None
    model: str | None = None
    capacity_kw: float | None = None
    storage_kwh: float | None = None
    phases: int | None = None
    commissioned_on: date | None = None
    removed_on: date | None = None
    devices: frozenset[Key] = field(default=frozenset(), repr=False)
    gateways: frozenset[str] = field(default=frozenset(), repr=False)
    import_mpan: str | None = field(default=None, repr=False)
    export_mpan: str | None = field(default=None, repr=False)
    uprn: str | None = field(default=None, repr=False)
    postcode: str | None = field(default=None, repr=False)
    form: str | None = None


@dataclass(frozen=True, kw_only=True)
class Sighting(Facts):
    """What devices are compared by; every value is canonical, and absent where nothing usable was told.

    `own_id` is the asset id that the device has while nobody else tells of it. `said_on` is the day on which the source
    first told of it. Only rows of a list of sites have `sites`, what their site is found by, and `words`, those of its
    address.
    """

    id: SightingId
    own_id: UUID
    group: str | None
    said_on: date
    maker: str | None = None
    serial: str | None = field(default=None, repr=False)
    address: str | None = field(default=None, repr=False)
    sites: tuple[str, ...] = field(default=(), repr=False)
    words: frozenset[str] = field(default=frozenset(), repr=False)
    _places: tuple[Key, ...] = field(init=False, repr=False, compare=False)
    _keys: tuple[Key, ...] = field(init=False, repr=False, compare=False)
    _areas: tuple[Key, ...] = field(init=False, repr=False, compare=False)
    _all_keys: tuple[Key, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Every sighting is looked up by them, and its homes are looked for many times.
        told = zip(PLACES, (self.import_mpan, self.export_mpan, self.uprn, self.address), strict=True)
        places = [(name, "", value) for name, value in told if value is not None]
        keys: list[Key] = [] if self.serial is None else [(SERIAL, "", confusable_form(self.serial))]
        keys += sorted(self.devices)
        keys += [(GATEWAY, "", gateway) for gateway in sorted(self.gateways)]
        keys += places
        keys += [(SITE, "", site) for site in self.sites]
        areas = [] if self.postcode is None or self.group is None else [(AREA, self.group, self.postcode)]
        vars(self).update(_places=(*places,), _keys=(*keys,), _areas=(*areas,), _all_keys=(*keys, *areas))

    @property
    def source(self) -> str:
        return self.id[0]

    def places(self) -> tuple[Key, ...]:
        """The keys of the home, or of the site, where it stands."""
        return self._places

    def keys(self) -> tuple[Key, ...]:
        """Every key by which it and others find one another: serial number in its misread form, names, places."""
        return self._keys

    def areas(self) -> tuple[Key, ...]:
        """The key under which it is looked for by those who know no more of its place than the postcode."""
        return self._areas

    def all_keys(self) -> tuple[Key, ...]:
        """Keys and areas: everything under which it is looked up."""
        return self._all_keys

    def with_own_id(self, own_id: UUID) -> "Sighting":
        """The same for another asset id of its own; its keys stay as they are."""
        if own_id == self.own_id:
            return self
        other = object.__new__(Sighting)
        vars(other).update(vars(self), own_id=own_id)
        return other


def told_again(one: Sighting, other: Sighting) -> bool:
    """Whether a source tells the very same under two references: a message sent again, and not another device.

    Two lines of one form are two devices, whatever they say.
    """
    if (one.serial is None and not one.devices) or one.form is not None:
        return False
    return all(getattr(one, name) == getattr(other, name) for name in _TOLD)


_TOLD = tuple(f.name for f in fields(Sighting) if f.init and f.name not in ("id", "own_id", "said_on", "removed_on"))
