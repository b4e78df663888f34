"""Devices that the town's people have: made-up makers and models, serial shapes, kW by category.

No maker or model here exists. Serial shapes are a letter's worth of variety of real ones: `#` is a digit.
"""

from dataclasses import dataclass
from decimal import Decimal
from random import Random

from schemas.reference import load
from schemas.vocabulary import AssetCategory, DemandTechType, EnergySource

PLACEHOLDER_SHARE = 0.05
"""Of installer forms whose serial number is a word that stands for none."""


@dataclass(frozen=True)
class Model:
    """One catalogue entry: `kw` the ratings it is sold in, `cloud` the OEM participant that reports it."""

    category: AssetCategory
    maker: str
    spellings: tuple[str, ...]
    name: str
    serial_shape: str
    kw: tuple[str, ...]
    phases: int
    cloud: str | None
    storage_kwh: str | None = None
    type_test: str | None = None


CATALOGUE = (
    Model(
        AssetCategory.SOLAR_PV,
        "Ardwell Solar",
        ("Ardwell Solar", "ARDWELL SOLAR LTD", "Ardwell solar"),
        "AS-Ridge 4",
        "AS4-########",
        ("2.94", "3.68", "5.00"),
        1,
        "oem-1",
        type_test="ARDW/00112/V1",
    ),
    Model(
        AssetCategory.BESS,
        "Ardwell Solar",
        ("Ardwell Solar", "Ardwell Solar Ltd"),
        "AS-Store 10",
        "ASB########X",
        ("3.68", "5.00"),
        1,
        "oem-1",
        storage_kwh="9.60",
        type_test="ARDW/00140/V2",
    ),
    Model(
        AssetCategory.BESS,
        "Brightmere",
        ("Brightmere", "BRIGHTMERE", "Brightmere GmbH"),
        "Cell 13",
        "BM-13-########",
        ("5.00", "7.00"),
        1,
        "oem-2",
        storage_kwh="13.50",
        type_test="BRIM/00020/V1",
    ),
    Model(
        AssetCategory.EV_CHARGER,
        "Cobalt Fen",
        ("Cobalt Fen", "CobaltFen"),
        "Plug 7",
        "CF########",
        ("7.40",),
        1,
        "oem-2",
    ),
    Model(
        AssetCategory.EV_CHARGER,
        "Dunmarsh",
        ("Dunmarsh", "Dunmarsh plc"),
        "D22 Tri",
        "D22/########",
        ("11.00", "22.00"),
        3,
        None,
    ),
    Model(
        AssetCategory.V2G_CHARGER,
        "Cobalt Fen",
        ("Cobalt Fen",),
        "Both Ways 7",
        "CFV########",
        ("7.00",),
        1,
        "oem-2",
        type_test="COBF/00007/V1",
    ),
    Model(
        AssetCategory.HEAT_PUMP,
        "Eskdale Thermal",
        ("Eskdale Thermal", "Eskdale Thermal Limited"),
        "Breeze 8",
        "ET ######## 08",
        ("2.60", "3.40"),
        1,
        "oem-1",
    ),
    Model(
        AssetCategory.HOT_WATER,
        "Fallowgate",
        ("Fallowgate",),
        "Tank 210",
        "FG210########",
        ("3.00",),
        1,
        None,
    ),
)

# The published list asks generation for its source and demand for its technology.
_SOURCE = {AssetCategory.SOLAR_PV: EnergySource.SOLAR, AssetCategory.BESS: EnergySource.GRID}
_DEMAND = {AssetCategory.EV_CHARGER: DemandTechType.EV, AssetCategory.HEAT_PUMP: DemandTechType.HEAT_PUMP}


@dataclass(frozen=True)
class Device:
    """One device with its own serial number."""

    model: Model
    serial_number: str
    rated_kw: Decimal

    @property
    def energy_source(self) -> EnergySource | None:
        return _SOURCE.get(self.model.category)

    @property
    def demand_tech_type(self) -> DemandTechType | None:
        return _DEMAND.get(self.model.category)

    @property
    def storage_kwh(self) -> Decimal | None:
        return Decimal(self.model.storage_kwh) if self.model.storage_kwh else None


def make(dice: Random, unique: int) -> Device:
    """A device whose serial holds the number `unique` (below 10**8), so that no two devices share one."""
    model = dice.choice(CATALOGUE)
    return Device(model, _serial(model.serial_shape, unique), Decimal(dice.choice(model.kw)))


def _serial(shape: str, unique: int) -> str:
    return shape.replace("########", f"{unique % 10**8:08d}")


def placeholder(dice: Random) -> str:
    """What is typed where a serial number is asked for and there is none at hand."""
    return dice.choice(sorted(load.placeholder_serials()))
