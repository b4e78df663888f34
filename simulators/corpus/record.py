"""A flat notification, in the fields that `hub match` reads, and what is true of it."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import orjson


@dataclass(frozen=True)
class FlatNotification:
    """One line of a corpus: what one source wrote, as it wrote it. Anything but the id may be missing.

    `schemas.flat_notification` has the same fields as the hub reads them, checked and made canonical.
    `capacity_kw` in kW, `storage_kwh` in kWh, `occurred_at` RFC 3339 in UTC, `commissioning_date` ISO 8601.
    """

    notification_id: str
    source_kind: str | None = None
    sender: str | None = None
    sender_asset_ref: str | None = None
    occurred_at: str | None = None
    manufacturer: str | None = None
    model: str | None = None
    serial_number: str | None = None
    category: str | None = None
    capacity_kw: float | None = None
    storage_kwh: float | None = None
    phases: int | None = None
    import_mpan: str | None = None
    export_mpan: str | None = None
    uprn: str | None = None
    address_line: str | None = None
    postcode: str | None = None
    commissioning_date: str | None = None
    ocpp_identity: str | None = None
    mac: str | None = None
    vin: str | None = None


@dataclass(frozen=True)
class Truth:
    """What a notification is really about.

    `category` is the asset's own, whatever the sender wrote; `home` is where the asset stood when it was told of;
    `estate` names the estate, where it stands on one; `phenomena` are tags of the asset and of this telling.
    """

    notification_id: str
    sender: str
    asset: str
    category: str
    home: str
    estate: str | None
    phenomena: tuple[str, ...]


def write_lines(path: Path, rows: Iterable[FlatNotification] | Iterable[Truth]) -> None:
    """JSON lines, in the order given."""
    with path.open("wb") as file:
        for row in rows:
            file.write(orjson.dumps(asdict(row), option=orjson.OPT_APPEND_NEWLINE))


def read_truth(path: Path) -> tuple[Truth, ...]:
    with path.open("rb") as file:
        return tuple(Truth(**{**row, "phenomena": tuple(row["phenomena"])}) for row in map(orjson.loads, file))


def read_notifications(path: Path) -> tuple[FlatNotification, ...]:
    with path.open("rb") as file:
        return tuple(FlatNotification(**orjson.loads(line)) for line in file)
