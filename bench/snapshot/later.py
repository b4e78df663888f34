"""A later snapshot of a capacity register, made from one that is real: what a year or two does to such a list.

Some rows are gone and others new (rows of the register itself that are left out of one of the two lists), capacities
are revised a little, names and addresses are respelled, dates are filled in or moved, rows come in another order. The
later list has no meter points.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from hub.cli.importing.table import Row

GONE, NEW = 0.05, 0.05
REVISED, RESPELLED, SHORTENED, SLIPPED, SWAPPED = 0.12, 0.5, 0.35, 0.04, 0.05
CONNECTED, MOVED, POSTCODE_LOST, POSTCODE_SPACED = 0.3, 0.15, 0.01, 0.2
TOLD_ON = "2024-06-01"

NAMES = ("site", "address_1", "address_2", "town")
SHORT = {
    "ROAD": "RD", "LANE": "LN", "STREET": "ST", "FARM": "FM", "PARK": "PK", "HOSPITAL": "HOSP", "AVENUE": "AVE",
    "STATION": "STN", "ESTATE": "EST", "INDUSTRIAL": "IND", "CENTRE": "CTR", "HOUSE": "HSE", "DRIVE": "DR",
    "TREATMENT": "TRT", "WORKS": "WKS", "COMPANY": "CO", "UNIVERSITY": "UNI", "AND": "&", "ADJACENT": "ADJ",
}  # fmt: skip
LONG = {short: long for long, short in SHORT.items() if short != "ST"}


@dataclass(frozen=True)
class Snapshots:
    """Two lists of one register. A row of `later` has the number of the row of `earlier` that it continues, or one that
    `earlier` has not.
    """

    earlier: Sequence[Row]
    later: Sequence[Row]


def snapshots(rows: Sequence[Row], seed: int) -> Snapshots:
    """The same seed gives the same lists."""
    chance = random.Random(seed)
    earlier, later = [], []
    for row in rows:
        drawn = chance.random()
        if drawn >= NEW:
            earlier.append(row)
        if drawn < 1 - GONE:
            later.append(Row(row.number, _aged(row, chance)))
    chance.shuffle(later)
    return Snapshots(earlier, later)


def _aged(row: Row, chance: random.Random) -> Mapping[str, str]:
    cells = {**row.cells, "export_mpan": "", "import_mpan": "", "last_updated": TOLD_ON}
    _connect(cells, chance)
    _revise(cells, chance)
    _move(row, cells, chance)
    _respell(cells, chance)
    if chance.random() < POSTCODE_LOST:
        cells["postcode"] = ""
    elif chance.random() < POSTCODE_SPACED:
        cells["postcode"] = cells["postcode"].replace(" ", "").lower()
    return cells


def _connect(cells: dict[str, str], chance: random.Random) -> None:
    """What was accepted has been built."""
    if cells["status"] == "Accepted to Connect" and chance.random() < CONNECTED:
        cells["status"] = "Connected"
        cells["date_connected"] = f"202{chance.choice('23')}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"
        cells["connected_mw"], cells["accepted_mw"] = cells["accepted_mw"], ""


def _revise(cells: dict[str, str], chance: random.Random) -> None:
    if chance.random() < REVISED:
        factor = chance.choice((0.9, 0.95, 0.98, 0.995, 1.004, 1.02, 1.05, 1.1))
        for field in ("connected_mw", "accepted_mw", "capacity_mw_1"):
            if cells.get(field):
                cells[field] = str(round(float(cells[field]) * factor, 3))


def _move(row: Row, cells: dict[str, str], chance: random.Random) -> None:
    day = row.day("date_connected")
    if day is not None and chance.random() < MOVED:
        cells["date_connected"] = (day + timedelta(days=chance.choice((-365, -31, -7, -1, 1, 5, 30, 366)))).isoformat()


def _respell(cells: dict[str, str], chance: random.Random) -> None:
    if chance.random() < SWAPPED:
        cells["address_1"], cells["address_2"] = cells["address_2"], cells["address_1"]
    if chance.random() < SLIPPED:
        cells["site"] = _slip(cells["site"], chance)
    shortened, cased = chance.random() < SHORTENED, chance.random() < RESPELLED
    for name in NAMES:
        text = cells[name]
        if shortened:
            other = SHORT if chance.random() < 0.5 else LONG
            text = " ".join(other.get(word.upper(), word) for word in text.split())
        cells[name] = text.title() if cased else text


def _slip(text: str, chance: random.Random) -> str:
    """Two neighbouring letters swapped."""
    if len(text) < 4:
        return text
    n = chance.randrange(len(text) - 1)
    return text[:n] + text[n + 1] + text[n] + text[n + 2 :]
