"""Words that messages and the register share: code lists and constrained values.

Codes come from the FMAR data definitions v1.1 (Elexon Ltd, CC BY 4.0) and from the hub's own proposals; the tables in
`schemas/reference/` carry each code's provenance, and a test holds these lists against those tables.
On the wire every code is a string, so that a list may grow without breaking an older reader.
"""

import re
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, Field, StringConstraints


class AssetCategory(StrEnum):
    BESS = "BESS"
    SOLAR_PV = "SOLAR_PV"
    WIND_TURBINE = "WIND_TURBINE"
    EV_CHARGER = "EV_CHARGER"
    HEAT_PUMP = "HEAT_PUMP"
    ELECTRIC_BOILER = "ELECTRIC_BOILER"
    HVAC = "HVAC"
    REFRIGERATION = "REFRIGERATION"
    INDUSTRIAL_LOAD = "INDUSTRIAL_LOAD"
    CHP = "CHP"
    OTHER = "OTHER"
    ENGINE_GEN = "ENGINE_GEN"
    HYDRO_TURBINE = "HYDRO_TURBINE"
    V2G_CHARGER = "V2G_CHARGER"
    ELECTRIC_VEHICLE = "ELECTRIC_VEHICLE"
    HOT_WATER = "HOT_WATER"
    STORAGE_HEATER = "STORAGE_HEATER"
    HYBRID_INVERTER = "HYBRID_INVERTER"
    DIESEL_GEN = "DIESEL_GEN"


class EnergySource(StrEnum):
    SOLAR = "SOLAR"
    WIND = "WIND"
    HYDRO = "HYDRO"
    BIOMASS = "BIOMASS"
    BIOGAS = "BIOGAS"
    NATURAL_GAS = "NATURAL_GAS"
    DIESEL = "DIESEL"
    HYDROGEN = "HYDROGEN"
    GRID = "GRID"
    OTHER = "OTHER"


class DemandTechType(StrEnum):
    EV = "EV"
    HEAT_PUMP = "HEAT_PUMP"
    HVAC = "HVAC"
    REFRIGERATION = "REFRIGERATION"
    ELECTRIC_BOILER = "ELECTRIC_BOILER"
    INDUSTRIAL_LOAD = "INDUSTRIAL_LOAD"
    OTHER = "OTHER"


class ConnectionStatus(StrEnum):
    CONNECTED = "CONNECTED"
    PENDING = "PENDING"
    DISCONNECTED = "DISCONNECTED"
    DE_ENERGISED = "DE_ENERGISED"
    COMMISSIONING = "COMMISSIONING"
    SUSPENDED = "SUSPENDED"
    DECOMMISSIONED = "DECOMMISSIONED"


class ConnectionType(StrEnum):
    FIRM = "FIRM"
    NON_FIRM = "NON_FIRM"
    DYNAMIC = "DYNAMIC"
    TIMED = "TIMED"
    EXPORT_ONLY = "EXPORT_ONLY"
    IMPORT_ONLY = "IMPORT_ONLY"


class AssetStatus(StrEnum):
    """`asset_market_status` of `reference/status_models.json`."""

    NOTIFIED = "NOTIFIED"
    PENDING_VALIDATION = "PENDING_VALIDATION"
    VERIFIED = "VERIFIED"
    QUERY = "QUERY"
    SUSPENDED_CONSENT_REVOKED = "SUSPENDED_CONSENT_REVOKED"
    AWAITING_FSP = "AWAITING_FSP"
    DISPUTED = "DISPUTED"
    DEREGISTERED = "DEREGISTERED"
    DECOMMISSIONED = "DECOMMISSIONED"


class MpanResolution(StrEnum):
    """`mpan_resolution` of `reference/status_models.json`."""

    SUPPLIED_VERIFIED = "SUPPLIED_VERIFIED"
    RESOLVED_EXACT = "RESOLVED_EXACT"
    RESOLVED_PROBABLE = "RESOLVED_PROBABLE"
    AMBIGUOUS = "AMBIGUOUS"
    NOT_FOUND = "NOT_FOUND"
    CONFLICT = "CONFLICT"
    PENDING_EXPORT_MPAN = "PENDING_EXPORT_MPAN"
    INVALID_FORMAT = "INVALID_FORMAT"


class MeterPointKind(StrEnum):
    """What a number of the registration data stands for; all but the last are meter points."""

    PREMISES = "premises"
    LANDLORD = "landlord"
    EV = "ev"
    UNMETERED = "unmetered"
    ASSET_METER = "asset_meter"
    """An AMSID: an asset meter behind a boundary meter, numbered like a meter point and never taken for one."""


class EnquiryReason(StrEnum):
    """Why an enquiry service is to be asked about a place; the policy has days for each."""

    NOT_FOUND = "NOT_FOUND"
    AMBIGUOUS = "AMBIGUOUS"
    PENDING_EXPORT_MPAN = "PENDING_EXPORT_MPAN"


class NetworkLevel(StrEnum):
    """The levels of a network from the premises up; the first two are where a chain begins."""

    METER_POINT = "meter_point"
    POSTCODE = "postcode"
    LV_FEEDER = "lv_feeder"
    SECONDARY_SUBSTATION = "secondary_substation"
    PRIMARY_SUBSTATION = "primary_substation"
    BULK_SUPPLY_POINT = "bulk_supply_point"
    GRID_SUPPLY_POINT = "grid_supply_point"
    GSP_GROUP = "gsp_group"


class DedupeOutcome(StrEnum):
    """`dedupe_outcome` of `reference/status_models.json`."""

    NEW = "NEW"
    EXACT_DUPLICATE = "EXACT_DUPLICATE"
    PROBABLE_DUPLICATE = "PROBABLE_DUPLICATE"
    NEEDS_REVIEW = "NEEDS_REVIEW"
    REPLACEMENT = "REPLACEMENT"
    RELATED_NOT_SAME = "RELATED_NOT_SAME"
    CONFLICT = "CONFLICT"


class ConsentStatus(StrEnum):
    """`consent_status` of `reference/status_models.json`."""

    ACTIVE = "ACTIVE"
    EXPIRED = "EXPIRED"
    WITHDRAWN = "WITHDRAWN"
    SUPERSEDED = "SUPERSEDED"
    NOT_REQUIRED = "NOT_REQUIRED"
    UNKNOWN = "UNKNOWN"


class DeregistrationGround(StrEnum):
    """Why a registration for the market ends. After the last two the device waits for another provider."""

    NO_LONGER_FLEXIBLE = "NO_LONGER_FLEXIBLE"
    OWNER_REQUEST = "OWNER_REQUEST"
    CONTRACT_ENDED = "CONTRACT_ENDED"
    PROVIDER_EXIT = "PROVIDER_EXIT"


class ClockKind(StrEnum):
    """What is to have happened by a day, whether or not a message comes."""

    COMMISSIONING_NOTICE = "COMMISSIONING_NOTICE"
    DECOMMISSIONING_NOTICE = "DECOMMISSIONING_NOTICE"
    MCS_CERTIFICATE = "MCS_CERTIFICATE"
    DEREGISTRATION = "DEREGISTRATION"
    DISPUTE_ACKNOWLEDGEMENT = "DISPUTE_ACKNOWLEDGEMENT"
    DISPUTE_DECISION = "DISPUTE_DECISION"
    CONSENT = "CONSENT"
    """The last day of a consent: the consent service is asked again."""


class ParticipantKind(StrEnum):
    """What a participant is to the hub; decides its doors, its source rank and what it may read."""

    INSTALLER = "installer"
    OEM = "oem"
    PLATFORM = "platform"
    FSP = "fsp"
    DNO = "dno"
    IDNO = "idno"
    NESO = "neso"
    ADMIN = "admin"
    REGULATOR = "regulator"
    HUB = "hub"
    """The hub itself, when it tells its journal what it found out."""


class Door(StrEnum):
    WEBHOOK = "webhook"
    MQTT = "mqtt"
    PLATFORM = "platform"
    HUB = "hub"
    """No door: the way of the hub's own messages. No other key is good for it, and its own for nothing else."""


class ReceiptOutcome(StrEnum):
    """What became of one notification. The first is for a while, the others are final."""

    ACCEPTED = "accepted"
    REGISTERED = "registered"
    UPDATED = "updated"
    DUPLICATE = "duplicate"
    QUERIED = "queried"
    QUARANTINED = "quarantined"
    REFUSED = "refused"


class Direction(StrEnum):
    """The way in which a service moves net export: up is towards export."""

    GENERATION_UP = "generation_up"
    GENERATION_DOWN = "generation_down"
    DEMAND_UP = "demand_up"
    DEMAND_DOWN = "demand_down"


def _two_decimals(value: Decimal) -> Decimal:
    # 7, 7.0 and 7.00 are one amount and are kept in one form, so that saying it otherwise is no change.
    return value.quantize(_SMALLEST)


def _utc_range(value: datetime) -> datetime:
    # Avro's timestamp-micros reaches year 9999; anything before electricity supply is a unit mistake (ms for s).
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise ValueError(f"must lie between the years {FIRST_YEAR} and {LAST_YEAR}")
    return value


FIRST_YEAR, LAST_YEAR = 1880, 2200

WIRE_DECIMAL_PRECISION = 14
WIRE_DECIMAL_SCALE = 2
"""Power is kW and energy kWh with two decimals (FMAR data definitions v1.1); 14 digits reach a terawatt."""
_SMALLEST = Decimal(1).scaleb(-WIRE_DECIMAL_SCALE)

_Amount = Annotated[
    Decimal,
    Field(ge=0, max_digits=WIRE_DECIMAL_PRECISION, decimal_places=WIRE_DECIMAL_SCALE),
    AfterValidator(_two_decimals),
]
Kilowatts = Annotated[_Amount, Field(description="kW, two decimals")]
PositiveKilowatts = Annotated[_Amount, Field(gt=0, description="kW above zero, two decimals")]
KilowattHours = Annotated[_Amount, Field(description="kWh, two decimals")]

Timestamp = Annotated[AwareDatetime, AfterValidator(_utc_range)]


def _without_nul(value: str) -> str:
    # PostgreSQL keeps every character but this one.
    if "\x00" in value:
        raise ValueError("must not hold the character U+0000")
    return value


_CONTROL = re.compile("[\\x00-\\x1f\\x7f-\\x9f]")
"""Unicode's category Cc, which is the same for good."""


def _no_control_characters(value: str) -> str:
    # PostgreSQL keeps no NUL, and no name or address holds any of the others. What can be printed has none of them, and
    # that is quickly seen.
    if not value.isprintable() and _CONTROL.search(value):
        raise ValueError("must not hold control characters (such as NUL, tab or line end)")
    return value


def _text(most: int) -> StringConstraints:
    return StringConstraints(strip_whitespace=True, min_length=1, max_length=most)


_PLAIN = AfterValidator(_no_control_characters)
ShortText = Annotated[str, _text(100), _PLAIN]
LongText = Annotated[str, _text(255), _PLAIN]
Words = Annotated[str, _text(2000), AfterValidator(_without_nul)]
Note = Annotated[str, _text(200), _PLAIN]
ParticipantId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{1,47}$")]
MessageId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{16,64}$")]
AssetReference = Annotated[str, _text(128), _PLAIN]
