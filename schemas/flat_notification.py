"""The flat form of a notification that `hub match` reads: one JSON object a line, any field null but the first."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from schemas.vocabulary import AssetCategory


def _blank_is_nothing(value: Any) -> Any:
    return None if isinstance(value, str) and not value.strip() else value


_Text = Annotated[str | None, BeforeValidator(_blank_is_nothing)]
_Amount = Annotated[Annotated[Decimal, Field(ge=0, allow_inf_nan=False)] | None, BeforeValidator(_blank_is_nothing)]
_Day = Annotated[date | None, BeforeValidator(_blank_is_nothing)]


class FlatNotification(BaseModel):
    """What one sender told of one device. Power is kW, energy kWh; texts are as they were written."""

    model_config = ConfigDict(frozen=True, extra="ignore", coerce_numbers_to_str=True)

    notification_id: Annotated[str, Field(min_length=1)]
    source_kind: _Text = None
    sender: _Text = None
    sender_asset_ref: _Text = None
    occurred_at: Annotated[datetime | None, BeforeValidator(_blank_is_nothing)] = None
    manufacturer: _Text = None
    model: _Text = None
    serial_number: _Text = None
    category: Annotated[AssetCategory | None, BeforeValidator(_blank_is_nothing)] = None
    capacity_kw: _Amount = None
    storage_kwh: _Amount = None
    phases: Annotated[int | None, BeforeValidator(_blank_is_nothing)] = None
    import_mpan: _Text = None
    export_mpan: _Text = None
    uprn: _Text = None
    address_line: _Text = None
    postcode: _Text = None
    commissioning_date: _Day = None
    ocpp_identity: _Text = None
    mac: _Text = None
    vin: _Text = None
