"""Assets as they are and were, and what is kept for their neighbours and clocks."""

from datetime import date, datetime
from uuid import UUID

from schemas.records.record import Json, Record


class AssetRow(Record):
    """An asset as it is now. `state` is an `AssetState`; the other columns are taken from it for look-ups.

    `told_version` is the version that operators were told of last; later ones differ from it in nothing material.
    """

    asset_id: UUID
    version: int
    status: str
    asset_category: str
    import_mpan: str | None
    export_mpan: str | None
    serial_key: str | None
    postcode: str | None
    operators: tuple[str, ...]
    sources: tuple[str, ...]
    fsp: str | None
    state: Json
    updated_at: datetime
    merged_into: UUID | None
    told_version: int


class AssetHistoryRow(Record):
    """One version of an asset: true from `valid_from`, known since `recorded_at`, by which message."""

    asset_id: UUID
    version: int
    valid_from: date
    recorded_at: datetime
    change: str
    changed_fields: tuple[str, ...]
    participant: str
    message_id: str
    state: Json


class FormerOperatorRow(Record):
    """An operator whom an asset concerned and then no longer; it still reads the versions of its time."""

    operator: str
    asset_id: UUID


class ConnectionUnitRow(Record):
    """An asset as the connection forms count it among its neighbours: watts by AC rating. One that is removed has no
    place here, so that nothing finds it. `notices` are those that it has for works at other premises. All of it follows
    from the asset's state.
    """

    asset_id: UUID
    import_mpan: str | None
    export_mpan: str | None
    uprn: str | None
    postcode: str | None
    postcode_area: str | None
    category: str
    phases: int | None
    generating_watts: int
    demand_watts: int
    largest_watts: int
    installer: str | None
    commissioned_on: date | None
    notices: tuple[str, ...] = ()


class DueClockRow(Record):
    """Something is due by the end of a day in London, which is at `due_at`. `fired_at`: when the hub told itself."""

    source: str
    sender_asset_ref: str
    kind: str
    due_on: date
    due_at: datetime
    fired_at: datetime | None
