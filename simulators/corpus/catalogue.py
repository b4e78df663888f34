"""Makers, models and the bundles they are sold in; serial numbers as they come off a pallet."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from random import Random

from schemas.reference.load import MARKS
from schemas.reference.read import index, rows
from schemas.vocabulary import AssetCategory
from simulators.corpus.rates import REFERENCE

LETTERS = "ABCDEFGHJKLMNOPRSTUXYZIB"
CATEGORIES = tuple(category.value for category in AssetCategory)


@dataclass(frozen=True)
class Maker:
    """`spellings` are other ways in which forms name it; `has_cloud` says whether its cloud reports devices."""

    name: str
    spellings: tuple[str, ...]
    has_cloud: bool
    mac_prefix: str

    @property
    def cloud(self) -> str:
        """The cloud's name as a sender."""
        return f"oem-{self.name.casefold().replace(' ', '-')}"


@dataclass(frozen=True)
class Model:
    """In `serial_shape`, * and ? are a digit and a letter of the pallet, # counts the devices on it.

    `kw` are the AC electrical ratings it is sold in; `other_kw` what a form may give instead (kWp of the panels,
    thermal kW of a heat pump).
    """

    category: str
    maker: str
    name: str
    spellings: tuple[str, ...]
    serial_shape: str
    kw: tuple[float, ...]
    other_kw: tuple[float, ...]
    phases: int
    storage_kwh: float | None
    weight: float


@dataclass(frozen=True)
class Bundle:
    """What one job puts into a home; `one_box` where its devices are one box with one serial."""

    name: str
    categories: tuple[str, ...]
    one_box: bool
    weight: float


@cache
def makers(override: Path = REFERENCE) -> Mapping[str, Maker]:
    columns = ("maker", "spellings", "cloud", "mac_prefix", "mark", "provenance")
    return index(
        (
            (
                row,
                row.text("maker"),
                Maker(
                    row.text("maker"),
                    row.parts("spellings"),
                    row.one_of("cloud", ("0", "1")) == "1",
                    row.matching("mac_prefix", "[0-9A-F]{6}", "six hexadecimal digits"),
                ),
            )
            for row in rows("makers.csv", columns, override)
        ),
        "maker",
    )


@cache
def models(override: Path = REFERENCE) -> Mapping[str, tuple[Model, ...]]:
    """Models by category."""
    columns = ("category", "maker", "model", "spellings", "serial_shape", "kw", "other_kw", "phases", "storage_kwh")
    found: dict[str, tuple[Model, ...]] = {}
    for row in rows("models.csv", (*columns, "weight", "mark", "provenance"), override):
        row.one_of("mark", MARKS)
        storage = row.number("storage_kwh")
        model = Model(
            category=row.one_of("category", CATEGORIES),
            maker=row.one_of("maker", tuple(makers(override))),
            name=row.text("model"),
            spellings=row.parts("spellings"),
            serial_shape=row.text("serial_shape"),
            kw=tuple(map(float, row.parts("kw"))),
            other_kw=tuple(map(float, row.parts("other_kw"))),
            phases=int(row.matching("phases", "[13]", "1 or 3")),
            storage_kwh=None if storage is None else float(storage),
            weight=float(row.number("weight") or 0),
        )
        found[model.category] = (*found.get(model.category, ()), model)
    return found


@cache
def bundles(override: Path = REFERENCE) -> tuple[Bundle, ...]:
    columns = ("bundle", "categories", "one_box", "weight", "mark", "provenance")
    return tuple(
        Bundle(
            row.text("bundle"),
            row.parts("categories"),
            row.one_of("one_box", ("0", "1")) == "1",
            float(row.number("weight") or 0),
        )
        for row in rows("bundles.csv", columns, override)
    )


def draw_model(dice: Random, category: str) -> Model:
    choices = models()[category]
    return dice.choices(choices, weights=[model.weight for model in choices])[0]


def draw_bundle(dice: Random) -> Bundle:
    return dice.choices(bundles(), weights=[bundle.weight for bundle in bundles()])[0]


@dataclass
class Factory:
    """Gives out serial numbers, no two alike within a maker; the devices of one pallet follow one another."""

    _given: set[tuple[str, str]] = field(default_factory=set)

    def pallet(self, dice: Random, model: Model, count: int) -> tuple[str, ...]:
        """`count` serial numbers in the order in which they were packed."""
        while True:
            shape = "".join(_of_pallet(dice, character) for character in model.serial_shape)
            digits = shape.count("#")
            first = dice.randrange(10**digits - count)
            serials = tuple(_numbered(shape, f"{first + place:0{digits}d}") for place in range(count))
            if not any((model.maker, serial) in self._given for serial in serials):
                self._given.update((model.maker, serial) for serial in serials)
                return serials


def _of_pallet(dice: Random, character: str) -> str:
    match character:
        case "*":
            return str(dice.randrange(10))
        case "?":
            return dice.choice(LETTERS)
        case _:
            return character


def _numbered(shape: str, number: str) -> str:
    digits = iter(number)
    return "".join(next(digits) if character == "#" else character for character in shape)
