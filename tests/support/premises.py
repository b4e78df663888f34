"""Places in the tests: made-up premises whose meter points the registry copy of a test database knows."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from hub.rules.meter_point import KnownMeterPoint
from schemas.asset import Location
from schemas.identifiers import check_digit
from schemas.records.meter_points import StatedMeterPoint


def an_mpan(distributor_id: str, number: int) -> str:
    """A well-formed MPAN; no household has it."""
    first_12 = f"{distributor_id}{number:010d}"
    return first_12 + check_digit(first_12)


def a_meter_point(number: int = 1, **told: Any) -> KnownMeterPoint:
    """The import meter point of 12 High Street, as the registry copy has it, with what the test is about."""
    facts: dict[str, Any] = {
        "mpan": an_mpan("10", number),
        "direction": "import",
        "uprn": "100023456",
        "address_line": "12 High Street",
        "postcode": "NR1 3PA",
        "distributor_id": "10",
        "gsp_group": "_A",
    }
    return KnownMeterPoint(**(facts | told))


@dataclass(frozen=True)
class Premises:
    """One home, with what the registry has of it."""

    distributor_id: str
    number: int
    gsp_group: str
    host_distributor_id: str | None = None

    @property
    def import_mpan(self) -> str:
        return an_mpan(self.distributor_id, 7_000_000 + self.number)

    @property
    def export_mpan(self) -> str:
        return an_mpan(self.distributor_id, 8_000_000 + self.number)

    @property
    def uprn(self) -> str:
        return f"1000{self.number:06d}"

    @property
    def address_line(self) -> str:
        return f"{self.number} Sample Street"

    postcode: str = "CB1 2AB"

    def location(self, **other: str | None) -> Location:
        """As an installer tells it: import MPAN, UPRN and postcode; keyword arguments replace parts."""
        told: dict[str, str | None] = {
            "import_mpan": self.import_mpan,
            "uprn": self.uprn,
            "postcode": self.postcode,
        }
        return Location(**(told | other))

    def meter_points(self) -> list[StatedMeterPoint]:
        """Both meter points, as the registry has them."""
        return [
            StatedMeterPoint(
                mpan=mpan,
                direction=direction,
                uprn=self.uprn,
                address_line=self.address_line,
                postcode=self.postcode,
                meter_serial=None,
                distributor_id=self.distributor_id,
                gsp_group=self.gsp_group,
                host_distributor_id=self.host_distributor_id,
                live_from=date(2020, 1, 1),
                live_to=None,
            )
            for mpan, direction in ((self.import_mpan, "import"), (self.export_mpan, "export"))
        ]


HOUSE = Premises("10", 1, "_A")
NEIGHBOUR = Premises("10", 2, "_A")
FLAT = Premises("12", 3, "_C", postcode="E1 6AN")
NEW_BUILD = Premises("25", 4, "_A", host_distributor_id="10")
"""A home on an independent network that lies in the eastern area."""
KNOWN = (HOUSE, NEIGHBOUR, FLAT, NEW_BUILD)
