"""A service that one asset gives for a time, and what a check has to say of two of them."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

from schemas.reference import load
from schemas.vocabulary import Direction

Severity = Literal["info", "warning", "blocking"]

NESO = "NESO"

_TOWARDS_EXPORT = frozenset((Direction.GENERATION_UP, Direction.DEMAND_DOWN))


@dataclass(frozen=True, slots=True)
class Service:
    """A contract or instruction for one asset, from `starts` up to but not at `ends` (aware times).

    `procurer` is NESO, a network operator by code (UKPN_EPN, IDNO_ESP) or group (UKPN), or another buyer;
    `capacity_kw` and `fsp` may be unknown.
    """

    product_code: str
    procurer: str
    direction: Direction
    starts: datetime
    ends: datetime
    capacity_kw: Decimal | None = None
    fsp: str | None = None

    def overlaps(self, other: "Service") -> bool:
        return self.starts < other.ends and other.starts < self.ends

    @property
    def raises_export(self) -> bool:
        """Whether it moves net export up, as generation up and demand down both do."""
        return self.direction in _TOWARDS_EXPORT

    def opposes(self, other: "Service") -> bool:
        return self.raises_export != other.raises_export


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to look at in two services or more: the rule, how grave, and a sentence for a person.

    `tell` holds the procurers and providers to be told, `priority` the procurer whose action goes first where
    a rule in force says so.
    """

    rule_id: str
    severity: Severity
    sentence: str
    products: tuple[str, ...]
    tell: tuple[str, ...] = ()
    priority: str | None = None


def operator_kind(procurer: str) -> Literal["NESO", "DNO"] | None:
    """Whether a procurer is the national operator, a network operator (DNO or IDNO), or neither."""
    if procurer == NESO:
        return "NESO"
    wanted = procurer.casefold()
    for distributor in load.distributors().values():
        code = distributor.operator_code.casefold()
        if wanted in (code, code.partition("_")[0]):
            return "DNO"
    return None


def concerned(*services: Service) -> tuple[str, ...]:
    """Procurers and known providers of the services, each once, in order of name."""
    names = {service.procurer for service in services} | {s.fsp for s in services if s.fsp is not None}
    return tuple(sorted(names))
