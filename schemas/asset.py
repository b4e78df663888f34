"""What can be said of an asset: the facts that notifications bring, the register keeps and outbound messages show.

Field rules: `reference/asset_fields.csv` (FMAR data definitions v1.1, and the hub's extensions). What an installer
cannot know (an export MPAN, a serial) is optional, although the published list has it as mandatory.
"""

from datetime import date
from functools import cache
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from schemas.made import put_together
from schemas.vocabulary import (
    AssetCategory,
    ConnectionStatus,
    ConnectionType,
    DemandTechType,
    Direction,
    EnergySource,
    KilowattHours,
    Kilowatts,
    LongText,
    Note,
    ParticipantId,
    PositiveKilowatts,
    ShortText,
    Timestamp,
)


class Shape(BaseModel):
    """Frozen, and closed: an unknown field is an error, never dropped in silence."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @classmethod
    def of_checked(cls, **values: Any) -> Self:
        """One of values that were checked before, every field that has no default among them.

        As `model_construct`, at a tenth of its time.
        """
        return put_together(cls, {**_defaults(cls), **values}, set(values))

    def with_checked(self, **values: Any) -> Self:
        """The same with other values, which were checked before."""
        given = self.model_fields_set
        if not values.keys() <= given:
            given = given | values.keys()
        return put_together(type(self), {**self.__dict__, **values}, given)


@cache
def _defaults(shape: type[Shape]) -> dict[str, Any]:
    """Every field in its place, for messages show them in that order."""
    return {name: None if f.is_required() else f.get_default() for name, f in shape.model_fields.items()}


class Location(Shape):
    """Where the asset stands. At least one of the location keys is there.

    MPANs are kept as they were said (a core of 13 digits, or a whole supply number of 21 or 22 characters); the
    registration stage checks and resolves them.
    """

    import_mpan: ShortText | None = None
    export_mpan: ShortText | None = None
    uprn: ShortText | None = None
    address_line: LongText | None = None
    postcode: ShortText | None = None
    meter_serial: ShortText | None = None
    dno_code: ShortText | None = Field(None, description="FMAR code of the network operator, as the sender knows it")
    grid_supply_point: ShortText | None = None
    bulk_supply_point: ShortText | None = None
    primary_substation: ShortText | None = None

    @model_validator(mode="after")
    def has_a_key(self) -> Self:
        keys = (
            self.import_mpan,
            self.export_mpan,
            self.uprn,
            self.address_line,
            self.postcode,
            self.meter_serial,
        )
        if not any(keys):
            raise ValueError(
                "give at least one of import_mpan, export_mpan, uprn, address_line, postcode, meter_serial"
            )
        return self


class ExternalId(Shape):
    """A name that some scheme gives the asset, such as an OEM device id, an ECR id or an OCPP identity."""

    scheme: ShortText
    value: LongText
    issuer: ShortText | None = Field(None, description="within whom the value is unique; the sender when absent")
    valid_from: date | None = None
    valid_to: date | None = None


class ServiceClaim(Shape):
    """One contracted service of the asset: a product, its buyer, direction and period."""

    product_code: ShortText
    procurer: ShortText
    direction: Direction
    starts: Timestamp
    ends: Timestamp
    capacity_kw: PositiveKilowatts | None = None

    @model_validator(mode="after")
    def ends_after_start(self) -> Self:
        if self.ends <= self.starts:
            raise ValueError("ends must be after starts")
        return self


class MarketClaim(Shape):
    """A flexibility service provider's claim to act for the asset, with the consumer's consent behind it."""

    fsp: ParticipantId
    consent_reference: ShortText | None = None
    services: tuple[ServiceClaim, ...] = Field((), max_length=20, fail_fast=True)


class DeviceFacts(Shape):
    """What can be said of a device and its connection; every field may be missing here."""

    asset_category: AssetCategory | None = None
    asset_name: LongText | None = None
    manufacturer: LongText | None = None
    model: ShortText | None = None
    serial_number: ShortText | None = None
    energy_conversion_type: ShortText | None = None
    energy_source: EnergySource | None = None
    demand_tech_type: DemandTechType | None = None
    other_description: Note | None = Field(None, description="required where a code is OTHER")
    rated_capacity_kw: PositiveKilowatts | None = None
    generation_capacity_kw: Kilowatts | None = None
    demand_capacity_kw: Kilowatts | None = None
    installed_capacity_kw: Kilowatts | None = None
    storage_energy_kwh: KilowattHours | None = None
    phases: int | None = Field(None, ge=1, le=3)
    type_test_reference: LongText | None = None
    commissioning_date: date | None = None
    connection_status: ConnectionStatus | None = None
    connection_type: ConnectionType | None = None
    organisation_id: ShortText | None = Field(None, description="legal owner organisation, once known")
    installer_scheme: ShortText | None = None
    installer_scheme_no: ShortText | None = None
    job_reference: ShortText | None = Field(None, description="the form or job this line belongs to")
    line_number: int | None = Field(None, ge=1, le=10_000)
    external_ids: tuple[ExternalId, ...] = Field((), max_length=20, fail_fast=True)


class SoundFacts(DeviceFacts):
    """Facts of a device that do not speak against one another."""

    @model_validator(mode="after")
    def capacities_agree(self) -> Self:
        rated = self.rated_capacity_kw
        for name in ("generation_capacity_kw", "demand_capacity_kw"):
            value = getattr(self, name)
            if rated is not None and value is not None and value > rated:
                raise ValueError(f"{name} must not be above rated_capacity_kw")
            if self.installed_capacity_kw is not None and value is not None and value > self.installed_capacity_kw:
                raise ValueError(f"installed_capacity_kw must not be below {name}")
        return self

    @model_validator(mode="after")
    def other_is_described(self) -> Self:
        codes = (self.asset_category, self.energy_source, self.demand_tech_type)
        if any(code is not None and code.value == "OTHER" for code in codes) and self.other_description is None:
            raise ValueError("other_description must say what OTHER means")
        return self
