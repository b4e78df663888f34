"""Rows of the National Chargepoint Registry as notifications: one charge device is one asset.

The registry rates connectors, not devices, and does not say which of them work at once. A device is rated at
its strongest connector, which it certainly reaches; the sum of its connectors is its installed capacity. The
registry does not know when a device was commissioned: the day from which it shows the device stands for it.
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
from hub.cli.importing.table import NotANumber, Row, heading_key
from schemas.asset import ExternalId, Location
from schemas.identifiers import canonical_postcode
from schemas.notifications import AssetCommissioned
from schemas.vocabulary import AssetCategory, ConnectionStatus, DemandTechType

SENDER = "chargepoint-registry"
DEVICE_SCHEME = "NCR_DEVICE"
REQUIRED = ("chargedeviceid", "postcode", "chargedevicestatus", "connector1ratedoutputkw")
FIELDS = (
    "chargeDeviceID",
    "reference",
    "name",
    "buildingName",
    "buildingNumber",
    "thoroughfare",
    "street",
    "town",
    "county",
    "postcode",
    "countryCode",
    "deviceManufacturer",
    "deviceModel",
    "chargeDeviceStatus",
    "dateCreated",
    "dateUpdated",
)
MOST_CONNECTORS = 8
ADDRESS = ("name", "buildingname", "buildingnumber", "thoroughfare", "street", "town")
CENT = Decimal("0.01")
GREAT_BRITAIN_COUNTRIES = frozenset({"", "gb", "uk", "gbr"})


@dataclass(frozen=True)
class _Power:
    """What the connectors of a device say of it, in kW."""

    strongest: Decimal
    together: Decimal
    phases: int | None


def read(file: Path) -> list[Row]:
    """The rows of a registry's file; fields are named as there, in lower case. Raises `FileUnusable`."""
    connectors = [
        f"connector{n}{what}"
        for n in range(1, MOST_CONNECTORS + 1)
        for what in ("ID", "Type", "RatedOutputKW", "ChargeMethod")
    ]
    fields = {heading_key(name): heading_key(name) for name in (*FIELDS, *connectors)}
    return table.read(file, fields, REQUIRED)


def map_rows(rows: Sequence[Row]) -> list[Result]:
    """What every row becomes, in their order."""
    newest = max((day for row in rows if (day := _told_on(row))), default=None)
    nameless = [row for row in rows if row.text("chargedeviceid") is None]
    names = dict(zip((r.number for r in nameless), references("ncr", [_known(r) for r in nameless]), strict=True))
    first_of: dict[tuple[tuple[str, str], ...], int] = {}
    results: list[Result] = []
    for row in rows:
        cells = tuple(sorted(row.cells.items()))
        earlier = first_of.setdefault(cells, row.number)
        if earlier != row.number:
            results.append(Repeated(row.number, earlier))
        else:
            results.append(_device(row, row.text("chargedeviceid") or names[row.number], newest))
    return results


def _known(row: Row) -> Known:
    texts = tuple(words.key(row.text(field) or "") for field in ("reference", "name", "postcode"))
    return Known(texts, tuple(words.key(row.cells[field]) for field in sorted(row.cells)))


def _told_on(row: Row) -> date | None:
    return row.day("dateupdated") or row.day("datecreated")


def _device(row: Row, reference: str, newest: date | None) -> Part | Refused:
    known = words.chargepoints()
    status = known.statuses.get(words.key(row.text("chargedevicestatus") or ""))
    told_on = _told_on(row) or newest
    if refusal := _outside(row):
        return Refused(row.number, refusal)
    if status is None:
        return Refused(row.number, "chargeDeviceStatus is none of In service, Out of service, Planned.")
    if told_on is None:
        return Refused(row.number, "No row has a dateCreated, so nobody knows as of when this is true.")
    in_place = row.day("datecreated") if status is ConnectionStatus.CONNECTED else None
    maker = row.text("devicemanufacturer")
    try:
        power = _power(row)
        notification = AssetCommissioned(
            sender=SENDER,
            sender_asset_ref=reference,
            occurred_at=datetime.combine(told_on, time(), UTC),
            asset_category=AssetCategory.EV_CHARGER,
            demand_tech_type=DemandTechType.EV,
            asset_name=row.text("name"),
            manufacturer=None if maker and words.key(maker) in known.no_maker else maker,
            model=row.text("devicemodel"),
            rated_capacity_kw=power.strongest if power else None,
            demand_capacity_kw=power.strongest if power else None,
            installed_capacity_kw=power.together if power else None,
            phases=power.phases if power else None,
            commissioning_date=in_place,
            connection_status=status,
            effective_from=row.day("datecreated") or told_on,
            location=Location(address_line=_address(row), postcode=row.text("postcode")),
            external_ids=_external_ids(row),
        )
    except NotANumber as error:
        return Refused(row.number, f"A connector's rated output {error}.")
    except ValidationError as error:
        return Refused(row.number, sentence(error))
    notes = ["No connector's rated output is stated."] if power is None else []
    if _told_on(row) is None:
        notes.append("dateCreated is no date; the newest date of the file stands for it.")
    return Part(row.number, notification, tuple(notes))


def _outside(row: Row) -> str | None:
    region = canonical_postcode(row.text("postcode")).region
    county = words.key(row.text("county") or "")
    country = words.key(row.text("countrycode") or "")
    # A county's name decides only where no postcode does: there is an Antrim Road in many towns.
    if region == "NI" or (region is None and county in words.chargepoints().northern_ireland):
        return OUTSIDE_GB
    if region == "CROWN_DEPENDENCY" or country not in GREAT_BRITAIN_COUNTRIES:
        return OUTSIDE_UK
    return None


def _power(row: Row) -> _Power | None:
    """Raises `NotANumber`, also when every connector is rated at nothing."""
    kilowatts, phases = [], set()
    for n in range(1, MOST_CONNECTORS + 1):
        rated = row.amount(f"connector{n}ratedoutputkw")
        if rated is None:
            continue
        kilowatts.append(rated.quantize(CENT, ROUND_HALF_UP))
        phases.add(words.chargepoints().phases.get(words.key(row.text(f"connector{n}chargemethod") or "")))
    if not kilowatts:
        return None
    if max(kilowatts) == 0:
        raise NotANumber("is stated as 0 kW: a register of devices takes none without capacity")
    return _Power(max(kilowatts), sum(kilowatts, Decimal(0)), _phases(phases))


def _phases(said: set[int | None]) -> int | None:
    """Three as soon as one connector has three; one only where every connector says so."""
    if 3 in said:
        return 3
    return next(iter(said)) if len(said) == 1 else None


def _address(row: Row) -> str | None:
    pieces: list[str] = []
    for field in ADDRESS:
        text = row.text(field)
        if text and not any(text.casefold() == earlier.casefold() for earlier in pieces):
            pieces.append(text)
    return ", ".join(pieces)[:255] or None


def _external_ids(row: Row) -> tuple[ExternalId, ...]:
    device = row.text("chargedeviceid")
    return (ExternalId(scheme=DEVICE_SCHEME, value=device),) if device else ()
