"""What the meter point rules take and give: what a sender wrote, what the registry knows, what follows."""

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from hub.rules.network import NetworkChain
from schemas.identifiers import Region
from schemas.vocabulary import MeterPointKind, MpanResolution

MeterDirection = Literal["import", "export"]


@dataclass(frozen=True, slots=True)
class SuppliedLocation:
    """The location keys of one notification as they were written. Personal data stays out of the repr."""

    import_mpan: str | None = field(default=None, repr=False)
    export_mpan: str | None = field(default=None, repr=False)
    uprn: str | None = field(default=None, repr=False)
    address_line: str | None = field(default=None, repr=False)
    postcode: str | None = field(default=None, repr=False)
    meter_serial: str | None = field(default=None, repr=False)
    dno_code: str | None = None


@dataclass(frozen=True, slots=True)
class KnownMeterPoint:
    """One meter point as the registry copy holds it, live from `live_from` up to but not on `live_to`."""

    mpan: str = field(repr=False)
    direction: MeterDirection
    uprn: str | None = field(default=None, repr=False)
    address_line: str | None = field(default=None, repr=False)
    postcode: str | None = field(default=None, repr=False)
    meter_serial: str | None = field(default=None, repr=False)
    distributor_id: str | None = None
    gsp_group: str | None = None
    host_distributor_id: str | None = None
    live_from: date | None = None
    live_to: date | None = None
    related_mpan: str | None = field(default=None, repr=False)
    kind: str = MeterPointKind.PREMISES

    def is_live(self, on: date) -> bool:
        started = self.live_from is None or self.live_from <= on
        return started and (self.live_to is None or on < self.live_to)


@dataclass(frozen=True, slots=True)
class Resolution:
    """Where an asset is connected, how sure that is, and whom it concerns.

    `import_outcome` and `export_outcome` are None for a direction that the asset does not need and nobody
    gave. `candidates` are MPANs for a person to choose from; the rules never choose. Reasons are sentences
    that an installer understands and hold no identifier. `network` is how the place is fed on the asset's
    effective day.
    """

    outcome: MpanResolution
    import_mpan: str | None = field(default=None, repr=False)
    export_mpan: str | None = field(default=None, repr=False)
    import_outcome: MpanResolution | None = None
    export_outcome: MpanResolution | None = None
    candidates: tuple[str, ...] = field(default=(), repr=False)
    reasons: tuple[str, ...] = ()
    distributor_id: str | None = None
    host_distributor_id: str | None = None
    gsp_group: str | None = None
    region: Region | None = None
    needs_query: bool = False
    network: NetworkChain = field(default_factory=NetworkChain)


@dataclass(frozen=True, slots=True)
class RoutedOperator:
    """An operator that must be told; `basis` is meter_point, host_network, declared or national."""

    code: str
    basis: Literal["meter_point", "host_network", "declared", "national"]
    reason: str
