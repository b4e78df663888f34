"""Streets and homes as the world has them, whatever anybody writes of them."""

from dataclasses import dataclass, field
from random import Random

from schemas.reference import load
from simulators.corpus.rates import Rates
from simulators.premises import INWARD_LETTERS, POSTCODE_AREAS, STREET_KINDS, STREET_NAMES, mpan

TOWNS = ("Ardwell", "Brigham", "Coldstow", "Denby", "Elmsford", "Fenwick", "Garth", "Hexley", "Ingle", "Kelby")
NAMED_HOUSES = ("Rose", "Ivy", "Mill", "Station", "Orchard", "Holly", "Forge", "School")
PLOTS = 400


@dataclass(frozen=True)
class Street:
    """Homes that share a postcode. `operator` sends the network forms; `block` is the house of a block of flats."""

    name: str
    town: str
    postcode: str
    distributor_id: str
    operator: str
    block: int | None
    landlord_mpan: str | None
    block_uprn: str


@dataclass(frozen=True)
class Home:
    """`lines` are the ways in which its address may be known; the first is the final one.

    `uprn` is None while it has no final address.
    """

    key: str
    street: Street
    lines: tuple[str, ...]
    short_line: str
    uprn: str | None
    import_mpan: str
    export_mpan: str | None
    meter_serial: str
    tags: tuple[str, ...] = ()


@dataclass
class Map:
    """Lays out streets, no two of which share a postcode, an MPAN or a UPRN."""

    dice: Random
    rates: Rates
    _taken: set[str] = field(default_factory=set)
    _homes: int = 0

    def street(self, homes: int, estate: bool = False) -> tuple[Home, ...]:
        """All homes of a new street."""
        street = self._street(estate)
        numbers = sorted(self.dice.sample(range(1, 2 * homes + 1), homes))
        plots = self.dice.sample(range(1, PLOTS), homes)
        return tuple(self._home(street, *place, estate) for place in zip(numbers, plots, strict=True))

    def office(self) -> tuple[str, str]:
        """An installer's own address: line and postcode."""
        return f"Unit {self.dice.randrange(1, 30)} {self.dice.choice(STREET_NAMES)} Business Park", self._postcode()

    def _street(self, estate: bool) -> Street:
        dice = self.dice
        host = dice.choice(sorted(POSTCODE_AREAS))
        independents = sorted(one.distributor_id for one in load.distributors().values() if one.kind == "IDNO")
        own = dice.choice(independents) if self.rates.share(dice, "independent_network") else host
        is_block = not estate and self.rates.share(dice, "block_streets")
        landlord = is_block and self.rates.share(dice, "landlord_supply")
        return Street(
            name=f"{dice.choice(STREET_NAMES)} {dice.choice(STREET_KINDS)}",
            town=dice.choice(TOWNS),
            postcode=self._postcode(POSTCODE_AREAS[host]),
            distributor_id=own,
            operator=f"dno-{load.distributors()[own].operator_code.casefold().replace('_', '-')}",
            block=dice.randrange(1, 120) if is_block else None,
            landlord_mpan=self._mpan(own) if landlord else None,
            block_uprn=self._uprn(),
        )

    def _home(self, street: Street, number: int, plot_number: int, estate: bool) -> Home:
        dice = self.dice
        self._homes += 1
        plot = self.rates.share(dice, "estate_plot" if estate else "new_plot") and street.block is None
        unaddressed = self.rates.share(dice, "estate_uprn_unknown") if estate else plot
        behind_landlord = street.landlord_mpan is not None and self.rates.share(dice, "landlord_homes")
        lines, short = _lines(dice, street, number, plot_number if plot else None)
        tags = [
            tag
            for tag, applies in (
                ("flat", street.block is not None),
                ("landlord_supply", behind_landlord),
                ("new_plot", plot),
            )
            if applies
        ]
        own = self._mpan(street.distributor_id)
        return Home(
            key=f"home-{self._homes:05d}",
            street=street,
            lines=lines,
            short_line=short,
            uprn=None if unaddressed else self._uprn(),
            import_mpan=(street.landlord_mpan if behind_landlord else None) or own,
            export_mpan=self._mpan(street.distributor_id) if self.rates.share(dice, "export_mpan") else None,
            meter_serial=f"{dice.choice('EKLZ')}{dice.randrange(13, 26)}M{dice.randrange(10**7):07d}",
            tags=tuple(tags),
        )

    def _postcode(self, area: str | None = None) -> str:
        dice = self.dice
        while True:
            outward = f"{area or dice.choice(sorted(POSTCODE_AREAS.values()))}{dice.randrange(1, 29)}"
            inward = f"{dice.randrange(10)}{dice.choice(INWARD_LETTERS)}{dice.choice(INWARD_LETTERS)}"
            if self._new(f"{outward} {inward}"):
                return f"{outward} {inward}"

    def _mpan(self, distributor_id: str) -> str:
        while True:
            number = mpan(distributor_id, self.dice.randrange(10**10))
            if self._new(number):
                return number

    def _uprn(self) -> str:
        while True:
            # Councils number homes in ranges of their own, some of them short.
            number = str(self.dice.choice((10**7, 10**9, 10**10, 10**11, 2 * 10**11)) + self.dice.randrange(10**7))
            if self._new(number):
                return number

    def _new(self, value: str) -> bool:
        if value in self._taken:
            return False
        self._taken.add(value)
        return True


def _lines(dice: Random, street: Street, number: int, plot: int | None) -> tuple[tuple[str, ...], str]:
    """The ways to write where a home stands, and the short one that leaves the home open."""
    if street.block is not None:
        house = f"{street.block} {street.name}"
        return (f"Flat {number}, {house}", f"Apartment {number}, {house}", f"{number}/{house}"), house
    if dice.random() < 0.04:
        named = f"{dice.choice(NAMED_HOUSES)} Cottage {number}, {street.name}"
        return (named,), street.name
    line = f"{number} {street.name}"
    return (line,) if plot is None else (line, f"Plot {plot}, {street.name}"), street.name
