"""How a home gets written: meter points, UPRN, address and postcode."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from random import Random

from simulators.corpus.pen import Pen, mistyped
from simulators.corpus.places import Home
from simulators.premises import INWARD_LETTERS

EXPORTING = ("SOLAR_PV", "BESS", "V2G_CHARGER")
SHORT_FORMS = (("Road", "Rd"), ("Street", "St"), ("Lane", "Ln"), ("Close", "Cl"), ("Apartment", "Apt"))
LONGER_SUPPLY_NUMBERS = date(2025, 9, 22)
"""From this day supply numbers have 22 characters (REC change R0083); both kinds go about."""
TARIFFS = ("801", "A12", "345", "E07", "900")


@dataclass(frozen=True)
class Surroundings:
    """What stands nearby and may be written by mistake: homes by postcode, installers' offices by firm."""

    homes: Mapping[str, tuple[Home, ...]]
    offices: Mapping[str, tuple[str, str]]

    def neighbour(self, dice: Random, home: Home) -> Home:
        return dice.choice([other for other in self.homes[home.street.postcode] if other is not home])


@dataclass(frozen=True)
class Address:
    line: str | None
    postcode: str | None


def import_mpan(pen: Pen, home: Home, around: Surroundings) -> str | None:
    if not pen.knows("import_mpan"):
        pen.tags.append("mpan_missing")
        return None
    right = home.import_mpan
    if pen.slips("mpan_neighbour"):
        right = around.neighbour(pen.dice, home).import_mpan
    return _number(pen, right)


def export_mpan(pen: Pen, home: Home, category: str) -> str | None:
    has_one = home.export_mpan is not None and category in EXPORTING
    return _number(pen, home.export_mpan or "") if has_one and pen.knows("export_mpan") else None


def uprn(pen: Pen, home: Home, around: Surroundings) -> str | None:
    if not pen.knows("uprn"):
        return None
    number = home.uprn
    if home.street.block is not None and pen.slips("uprn_parent"):
        number = home.street.block_uprn
    elif pen.slips("uprn_neighbour"):
        number = around.neighbour(pen.dice, home).uprn
    if number is None:
        return None
    return number.zfill(12) if len(number) < 12 and pen.slips("uprn_padded") else number


def address(pen: Pen, home: Home, around: Surroundings, is_vehicle: bool) -> Address:
    """Line and postcode; a wrong one of an office is wrong in both, and a vehicle's cloud may give another place."""
    has_line, has_postcode = pen.knows("address_line"), pen.knows("postcode")
    if has_line and pen.sender.name in around.offices and pen.slips("address_office"):
        line, postcode = around.offices[pen.sender.name]
        return Address(line, postcode)
    written = _line(pen, home, around) if has_line else None
    code = _postcode(pen, home.street.postcode) if has_postcode else None
    if is_vehicle and pen.sender.kind == "oem" and code and pen.rates.share(pen.dice, "vehicle_elsewhere"):
        pen.tags.append("vehicle_elsewhere")
        written, code = None, pen.dice.choice(sorted(around.offices.values()))[1]
    if code is None and written is None:
        pen.tags.append("place_unknown")
    elif written is None:
        pen.tags.append("postcode_only")
    return Address(written, code)


def _line(pen: Pen, home: Home, around: Surroundings) -> str:
    dice = pen.dice
    if pen.slips("address_neighbour"):
        home = around.neighbour(dice, home)
    # Whoever came while it was a plot knows it by that; a block's flats are written in several ways.
    line = dice.choice(home.lines)
    if pen.slips("address_line_short"):
        line = home.short_line
    return pen.text(_restyled(dice, line, home) if pen.slips("address_written") else line)


def _restyled(dice: Random, line: str, home: Home) -> str:
    match dice.randrange(6):
        case 0:
            return line.upper()
        case 1:
            for whole, short in SHORT_FORMS:
                line = line.replace(whole, short)
            return line
        case 2:
            return f"{line}, {home.street.town}"
        case 3:
            return f"{line}, {home.street.town}, {home.street.postcode}"
        case 4:
            return line.lower().replace(",", "")
        case _:
            first, _, rest = line.partition(" ")
            return f"{first}, {rest}" if first.isdigit() else line.replace(",", " ")


def _postcode(pen: Pen, right: str) -> str:
    dice = pen.dice
    if pen.slips("postcode_typo"):
        other = dice.choice(INWARD_LETTERS.replace(right[-1], ""))
        right = f"{right[:-1]}{other}"
    if pen.slips("postcode_written"):
        right = dice.choice((right.lower(), right.replace(" ", ""), f"{right} "))
    return right


def _number(pen: Pen, right: str) -> str:
    """A meter point number, or the supply number around it, as written."""
    dice, core = pen.dice, right
    if pen.slips("mpan_swapped"):
        core = f"{right[:11]}{right[12]}{right[11]}"
    elif pen.slips("mpan_typo"):
        core = mistyped(dice, right) if dice.random() < 0.3 else _one_digit(dice, right)
    if pen.slips("mpan_rounded"):
        return f"{float(right):.5E}"
    if pen.slips("mpan_supply_21"):
        return f"S 0{dice.randint(1, 4)} {dice.randrange(801, 846)} {dice.choice(TARIFFS)} {core}"
    if pen.day >= LONGER_SUPPLY_NUMBERS and pen.slips("mpan_supply_22"):
        return f"00 0000 {dice.choice(TARIFFS)} {core[:2]} {core[2:6]} {core[6:10]} {core[10:]}"
    return f"{core[:2]} {core[2:6]} {core[6:10]} {core[10:]}" if dice.random() < 0.15 else core


def _one_digit(dice: Random, number: str) -> str:
    place = dice.randrange(2, len(number))
    return f"{number[:place]}{dice.choice('0123456789'.replace(number[place], ''))}{number[place + 1 :]}"
