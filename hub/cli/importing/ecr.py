"""Rows of an Embedded Capacity Register as notifications: an asset a technology, all at one meter point.

The register gives capacity in MW for the site, and for each technology where it knows it. A technology whose
capacity is not stated gets none: the site's total is no technology's own unless it is the only one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

from pydantic import ValidationError

from hub.cli.importing import table, words
from hub.cli.importing.references import Known, references
from hub.cli.importing.results import OUTSIDE_GB, OUTSIDE_UK, Part, Refused, Repeated, Result, sentence
from hub.cli.importing.table import NotANumber, Row
from schemas.asset import Location
from schemas.identifiers import canonical_postcode
from schemas.notifications import AssetCommissioned
from schemas.reference import load
from schemas.vocabulary import AssetCategory, ConnectionStatus, EnergySource

SENDER = "capacity-register"
REQUIRED = ("source_1", "status", "postcode", "last_updated")
SLOTS = (1, 2, 3)
KILO_IN_MEGA = 1000
CENT = Decimal("0.01")
NOTE_LENGTH = 200

# In this order they tell rows of one site and technology apart.
FURTHER = (
    "export_mpan",
    "import_mpan",
    "location_code",
    "primary",
    "voltage",
    "eastings",
    "northings",
    "date_accepted",
    "date_connected",
    "connected_mw",
    "accepted_mw",
)


@dataclass(frozen=True)
class _Slot:
    """One technology of a row."""

    row: Row
    number: int
    alone: bool


@dataclass(frozen=True)
class _Kind:
    """What a technology is in our words."""

    category: AssetCategory
    source: EnergySource
    description: str | None
    notes: tuple[str, ...]


def read(file: Path) -> list[Row]:
    """The rows of a register's file. Raises `FileUnusable`."""
    return table.read(file, words.capacity_register().columns, REQUIRED)


def map_rows(rows: Sequence[Row]) -> list[Result]:
    """What every row becomes, in their order."""
    results: list[Result] = []
    slots: list[_Slot] = []
    first_of: dict[tuple[tuple[str, str], ...], int] = {}
    for row in rows:
        cells = tuple(sorted(row.cells.items()))
        if cells in first_of:
            results.append(Repeated(row.number, first_of[cells]))
            continue
        first_of[cells] = row.number
        refusal = _refusal(row)
        if refusal is not None:
            results.append(Refused(row.number, refusal))
        else:
            slots += _slots(row)
    told_at = _newest(rows)
    names = references("ecr", [_known(slot) for slot in slots])
    results += [_asset(slot, name, told_at) for slot, name in zip(slots, names, strict=True)]
    return sorted(results, key=lambda result: result.row)


def _refusal(row: Row) -> str | None:
    """Why nothing of a row can be taken, if so."""
    postcode = canonical_postcode(row.text("postcode"))
    country = (row.text("country") or "").casefold()
    if postcode.region == "NI" or country == "northern ireland":
        return OUTSIDE_GB
    if postcode.region == "CROWN_DEPENDENCY":
        return OUTSIDE_UK
    if words.key(row.text("status") or "") not in words.capacity_register().statuses:
        return "Connection Status is neither Connected nor Accepted to Connect."
    if not _slots(row):
        return "No Energy Source is given: there is nothing to register."
    return None


def _slots(row: Row) -> list[_Slot]:
    used = [n for n in SLOTS if row.text(f"source_{n}") or row.text(f"technology_{n}")]
    return [_Slot(row, n, len(used) == 1) for n in used]


def _newest(rows: Sequence[Row]) -> date | None:
    return max((day for row in rows if (day := row.day("last_updated"))), default=None)


def _known(slot: _Slot) -> Known:
    row, kind = slot.row, _kind(slot)
    where = ("site", "address_1", "postcode", "licence_area")
    identity = (*(words.key(row.text(field) or "") for field in where), kind.category, kind.source)
    own = (f"technology_{slot.number}", f"source_{slot.number}", f"capacity_mw_{slot.number}")
    further = (*FURTHER, *own, *sorted(set(row.cells) - {"last_updated", "status"}))
    return Known(identity, (*(words.key(row.text(field) or "") for field in further), str(slot.number)))


def _kind(slot: _Slot) -> _Kind:
    """Category and source from the row's words; words that contradict each other are kept, not resolved."""
    known = words.capacity_register()
    source_text = slot.row.text(f"source_{slot.number}") or ""
    technology_text = slot.row.text(f"technology_{slot.number}") or ""
    source = known.sources.get(words.key(source_text))
    notes = []
    if source is None:
        notes.append("The energy source is no word of ecr_mapping.csv; it is kept as OTHER.")
    technology = words.key(technology_text)
    category = known.technologies.get(technology)
    if technology and technology not in known.technologies:
        notes.append("The conversion technology is no word of ecr_mapping.csv; it is kept as OTHER.")
        category = AssetCategory.OTHER
    if category is None:
        category = source.categories[0] if source else AssetCategory.OTHER
    elif source is not None and category not in source.categories:
        notes.append("Energy source and conversion technology contradict each other; the asset is kept as OTHER.")
        category = AssetCategory.OTHER
    if words.key(slot.row.text(f"chp_{slot.number}") or "") in known.chp:
        category = AssetCategory.CHP
    code = source.code if source else EnergySource.OTHER
    is_other = category is AssetCategory.OTHER or code is EnergySource.OTHER
    said = "; ".join(text for text in (source_text, technology_text) if text)
    return _Kind(category, code, said[:NOTE_LENGTH] if is_other else None, tuple(notes))


def _asset(slot: _Slot, reference: str, newest: date | None) -> Part | Refused:
    row, kind = slot.row, _kind(slot)
    status = words.capacity_register().statuses[words.key(row.text("status") or "")]
    told_on = row.day("last_updated") or newest
    if told_on is None:
        return Refused(row.number, "Last Updated is empty in every row, so nobody knows as of when this is true.")
    connected = status is ConnectionStatus.CONNECTED
    since = row.day("date_connected" if connected else "date_accepted")
    try:
        capacity = _capacity(slot, connected)
        stored = row.amount(f"storage_mwh_{slot.number}")
        notification = AssetCommissioned(
            sender=SENDER,
            sender_asset_ref=reference,
            occurred_at=datetime.combine(told_on, time(), UTC),
            asset_category=kind.category,
            asset_name=_short(row.text("site"), 255),
            energy_source=kind.source,
            energy_conversion_type=_short(row.text(f"technology_{slot.number}"), 100),
            other_description=kind.description,
            rated_capacity_kw=capacity,
            storage_energy_kwh=None if not stored else _kilo(stored),
            commissioning_date=since if connected else None,
            connection_status=status,
            connection_type=words.capacity_register().flexible.get(words.key(row.text("flexible") or "")),
            effective_from=since or told_on,
            location=_location(row),
        )
    except NotANumber as error:
        return Refused(row.number, f"A capacity {error}.")
    except ValidationError as error:
        return Refused(row.number, sentence(error))
    return Part(row.number, notification, (*kind.notes, *_oddities(slot, connected, capacity)))


def _capacity(slot: _Slot, connected: bool) -> Decimal | None:
    """kW of one technology; nothing where the row does not state it. Raises `NotANumber`."""
    row = slot.row
    own = row.amount(f"capacity_mw_{slot.number}")
    total = row.amount("connected_mw" if connected else "accepted_mw")
    stated = [mw for mw in ((total, own) if slot.alone else (own,)) if mw is not None]
    found = next((kw for mw in stated if (kw := _kilo(mw)) > 0), None)
    if found is None and stated:
        raise NotANumber("is stated as 0 MW: a register of devices takes none without capacity")
    return found


def _oddities(slot: _Slot, connected: bool, capacity: Decimal | None) -> list[str]:
    notes = []
    if not connected and slot.row.day("date_connected"):
        notes.append("Accepted to Connect, yet with a Date Connected; it is kept as not connected.")
    if capacity is None:
        notes.append("The capacity of this technology is not stated; the site's total is not its own.")
    if slot.row.day("last_updated") is None:
        notes.append("Last Updated is no date; the newest date of the file stands for it.")
    return notes


def _location(row: Row) -> Location:
    pieces: list[str] = []
    for field in ("site", "address_1", "address_2", "town"):
        text = row.text(field)
        if text and not any(text.casefold() in earlier.casefold() for earlier in pieces):
            pieces.append(text)
    licence_area = row.text("licence_area") or ""
    distributor = load.distributors().get(load.area_codes().get(words.key(licence_area), ""))
    return Location(
        import_mpan=_short(row.text("import_mpan"), 100),
        export_mpan=_short(row.text("export_mpan"), 100),
        address_line=_short(", ".join(pieces), 255),
        postcode=_short(row.text("postcode"), 100),
        # An area that the table does not know is passed on as it was written, for a person to read.
        dno_code=distributor.operator_code if distributor else _short(licence_area, 100),
        grid_supply_point=_substation(row, "gsp"),
        bulk_supply_point=_substation(row, "bsp"),
        primary_substation=_substation(row, "primary"),
    )


def _substation(row: Row, field: str) -> str | None:
    text = row.text(field)
    return None if text and words.key(text) in words.capacity_register().no_substation else _short(text, 100)


def _short(text: str | None, most: int) -> str | None:
    return text[:most].strip() or None if text else None


def _kilo(mega: Decimal) -> Decimal:
    """kW of MW, kWh of MWh, with the two decimals of the wire."""
    return (mega * KILO_IN_MEGA).quantize(CENT, ROUND_HALF_UP)
