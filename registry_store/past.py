"""Assets as the register had them at a time, for those whom they concern now or did before."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.rules.access import RowFilter
from registry_store.assets import Filters
from schemas.records.assets import AssetHistoryRow

# An operator reads what was in its area, a sender what it told of; a provider only what it has consent for now, of the
# asset that an id leads to by now.
_MAY = (
    "(:everything OR p.fsp = ANY(CAST(:fsps AS text[]))"
    " OR a.operators && CAST(:codes AS text[]) OR a.sources && CAST(:sources AS text[])"
    " OR EXISTS (SELECT 1 FROM former_operator f"
    "  WHERE f.asset_id = a.asset_id AND f.operator = ANY(CAST(:codes AS text[])))"
    " OR EXISTS (SELECT 1 FROM membership m"
    "  WHERE m.asset_id = a.asset_id AND m.source = ANY(CAST(:sources AS text[]))))"
)
_FROM = (
    "SELECT h.*, p.fsp AS provider_now FROM asset a"
    " CROSS JOIN LATERAL (SELECT * FROM asset_history v WHERE v.asset_id = a.asset_id AND v.recorded_at <= :known_at"
    "  ORDER BY v.version DESC LIMIT 1) h"
    " LEFT JOIN sighting s ON s.own_id = a.asset_id LEFT JOIN asset p ON p.asset_id = s.asset_id"
)
_PLACES = {
    "import_mpan": "h.state->'place'->>'import_mpan'",
    "export_mpan": "h.state->'place'->>'export_mpan'",
    "postcode": "h.state->'place'->>'postcode'",
    "asset_category": "h.state->>'asset_category'",
    "status": "h.state->>'status'",
}


@dataclass(frozen=True)
class Version:
    """The version that was current, and who provides the asset now."""

    row: AssetHistoryRow
    provider_now: str | None


async def page(
    connection: AsyncConnection,
    allowed: RowFilter,
    filters: Filters,
    known_at: datetime,
    after: UUID | None,
    limit: int,
) -> list[Version]:
    """The next assets in the order of their ids that stood for themselves at the time. Of the filters those count that
    the stored state answers as it is; the serial number, which has many spellings, is the reader's to look at.
    """
    wanted = {name: value for name, value in vars(filters).items() if value is not None and name in _PLACES}
    conditions = "".join(f" AND {_PLACES[name]} = :{name}" for name in wanted)
    found = await connection.execute(
        text(
            f"{_FROM} WHERE {_MAY} AND h.state->>'merged_into' IS NULL{conditions}"
            " AND (CAST(:after AS uuid) IS NULL OR a.asset_id > CAST(:after AS uuid)) ORDER BY a.asset_id LIMIT :limit"
        ),
        {**_allowed(allowed), **wanted, "known_at": known_at, "after": after, "limit": limit},
    )
    return [_version(row) for row in found.mappings()]


async def version(
    connection: AsyncConnection, allowed: RowFilter, asset_id: UUID, known_at: datetime
) -> Version | None:
    """The asset as it was, or nothing where there was none or it was never the reader's business."""
    found = await connection.execute(
        text(f"{_FROM} WHERE {_MAY} AND a.asset_id = :asset_id"),
        {**_allowed(allowed), "known_at": known_at, "asset_id": asset_id},
    )
    row = found.mappings().one_or_none()
    return _version(row) if row else None


async def leads_to(connection: AsyncConnection, asset_id: UUID, known_at: datetime) -> UUID | None:
    """The asset to which an id led at a time, itself while it stood for itself; nothing for one that was no asset."""
    found = await connection.execute(
        text(
            "SELECT m.asset_id FROM sighting s JOIN membership m USING (source, reference)"
            " WHERE s.own_id = :id AND m.recorded_at <= :known_at"
            " AND EXISTS (SELECT 1 FROM asset_history h WHERE h.asset_id = :id AND h.recorded_at <= :known_at)"
            " ORDER BY m.membership_id DESC LIMIT 1"
        ),
        {"id": asset_id, "known_at": known_at},
    )
    return found.scalar()


def _allowed(allowed: RowFilter) -> Mapping[str, Any]:
    return {
        "everything": allowed.everything,
        "codes": list(allowed.operator_codes),
        "sources": list(allowed.sources),
        "fsps": list(allowed.fsps),
    }


def _version(row: RowMapping) -> Version:
    return Version(AssetHistoryRow.model_validate(dict(row)), row["provider_now"])
