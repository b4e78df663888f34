"""A made-up town on the border of every network area: premises, meter points, consents.

Premises number n of a seed is always the same, however many are asked for, so that senders, the hub's copy of
the registration data and the consent register may each be made apart and still agree.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from random import Random

from schemas.identifiers import check_digit
from schemas.participants import Consent
from schemas.records.meter_points import StatedMeterPoint
from schemas.reference import load
from schemas.vocabulary import ConsentStatus

STREET_LENGTH = 24
IDNO_SHARE = 0.12
"""Of streets; about 5 % of GB homes hang on independent networks, more among new builds."""
BLOCK_SHARE = 0.2
"""Of streets that are one block of flats."""
EXPORT_SHARE = 0.35
UNKNOWN_SHARE = 0.06
"""Of premises that the registration data does not have yet (new plots)."""
CONFLICTING_SHARE = 0.05
"""Of premises whose MPAN stands at another address in the registration data."""
CONSENT_SHARE = 0.5
LAPSED_CONSENT_SHARE = 0.1
LIVE_FROM = date(2015, 4, 1)
PROVIDERS = ("fsp-1", "fsp-2")

# A postcode area inside each DNO's network area.
POSTCODE_AREAS = {
    "10": "CB",
    "11": "NG",
    "12": "SE",
    "13": "CH",
    "14": "B",
    "15": "NE",
    "16": "M",
    "17": "AB",
    "18": "EH",
    "19": "BN",
    "20": "SO",
    "21": "CF",
    "22": "EX",
    "23": "LS",
}
STREET_NAMES = (
    "Mill",
    "Station",
    "Church",
    "Orchard",
    "Quarry",
    "Meadow",
    "Harbour",
    "Kiln",
    "Ferry",
    "Beacon",
    "Tannery",
)
STREET_KINDS = ("Lane", "Road", "Close", "Street", "Way", "Rise")
INWARD_LETTERS = "ABDEFGHJLNPQRSTUWXYZ"

# Multipliers without a common factor with ten, so that different numbers never give the same identifier.
MPAN_STRIDE = 7_368_787
UPRN_BASE = 200_000_000_000


class Standing(StrEnum):
    """How the registration data speaks of the premises."""

    KNOWN = "known"
    CONFLICTING = "conflicting"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Street:
    """Premises that share a network, a postcode and a building or a road."""

    name: str
    postcode: str
    distributor_id: str
    host_distributor_id: str | None
    gsp_group: str
    is_block: bool


@dataclass(frozen=True)
class Premises:
    """One place with its own supply."""

    number: int
    street: Street
    uprn: str
    address_line: str
    import_mpan: str
    export_mpan: str | None
    meter_serial: str
    standing: Standing

    @property
    def postcode(self) -> str:
        return self.street.postcode


def mpan(distributor_id: str, serial: int) -> str:
    """A 13-digit MPAN with a right check digit; different serials below 10**10 give different numbers."""
    first_twelve = f"{distributor_id}{serial % 10**10:010d}"
    return f"{first_twelve}{check_digit(first_twelve)}"


@lru_cache(maxsize=4096)
def _street(seed: int, number: int) -> Street:
    dice = Random(f"street {seed} {number}")
    host = dice.choice(sorted(POSTCODE_AREAS))
    independents = sorted(d.distributor_id for d in load.distributors().values() if d.kind == "IDNO")
    own = dice.choice(independents) if dice.random() < IDNO_SHARE else host
    gsp_group = load.distributors()[host].gsp_group
    if gsp_group is None:
        raise ValueError(f"distributor_ids.csv gives no GSP group for DNO {host}")
    inward = f"{number % 10}{dice.choice(INWARD_LETTERS)}{INWARD_LETTERS[number % len(INWARD_LETTERS)]}"
    return Street(
        name=f"{dice.choice(STREET_NAMES)} {dice.choice(STREET_KINDS)}",
        postcode=f"{POSTCODE_AREAS[host]}{1 + number // 10 % 9} {inward}",
        distributor_id=own,
        host_distributor_id=None if own == host else host,
        gsp_group=gsp_group,
        is_block=dice.random() < BLOCK_SHARE,
    )


def premises_at(seed: int, number: int) -> Premises:
    """Premises `number` (from 0) of the town."""
    dice = Random(f"premises {seed} {number}")
    street = _street(seed, number // STREET_LENGTH)
    place = number % STREET_LENGTH + 1
    house = f"Flat {place}, {number // STREET_LENGTH % 90 + 1}" if street.is_block else str(place)
    serial = (2 * number + 1) * MPAN_STRIDE + seed * 1009
    has_export = dice.random() < EXPORT_SHARE
    roll = dice.random()
    unknown = roll < UNKNOWN_SHARE
    conflicting = roll < UNKNOWN_SHARE + CONFLICTING_SHARE
    return Premises(
        number=number,
        street=street,
        uprn=str(UPRN_BASE + number * 7919 + seed),
        address_line=f"{house} {street.name}",
        import_mpan=mpan(street.distributor_id, serial),
        export_mpan=mpan(street.distributor_id, serial + MPAN_STRIDE) if has_export else None,
        meter_serial=f"{dice.choice('EKLZ')}{number % 100:02d}M{seed % 100:02d}{number:06d}",
        standing=Standing.UNKNOWN if unknown else Standing.CONFLICTING if conflicting else Standing.KNOWN,
    )


def meter_points(seed: int, n: int, first: int = 0) -> list[StatedMeterPoint]:
    """The hub's copy of the registration data for n premises from number `first` on.

    New plots are missing from it, and some of its meter points stand at another address there.
    """
    rows = []
    for number in range(first, first + n):
        premises = premises_at(seed, number)
        if premises.standing is Standing.UNKNOWN:
            continue
        rows.append(_row(premises, premises.import_mpan, "import"))
        if premises.export_mpan is not None:
            rows.append(_row(premises, premises.export_mpan, "export"))
    return rows


def _row(premises: Premises, number: str, direction: str) -> StatedMeterPoint:
    agrees = premises.standing is Standing.KNOWN
    street = premises.street
    return StatedMeterPoint(
        mpan=number,
        direction=direction,
        # Where the data conflicts, another house and UPRN stand there, which no premises of the town has.
        uprn=premises.uprn if agrees else f"9{premises.uprn[1:]}",
        address_line=premises.address_line if agrees else f"{premises.number % 80 + 101} Old {street.name}",
        postcode=premises.postcode,
        meter_serial=premises.meter_serial if agrees and direction == "import" else None,
        distributor_id=street.distributor_id,
        gsp_group=street.gsp_group,
        host_distributor_id=street.host_distributor_id,
        live_from=LIVE_FROM,
        live_to=None,
    )


def later_export_mpan(seed: int, number: int) -> str:
    """The export MPAN that premises `number` has, or gets once its operator has raised one."""
    street = _street(seed, number // STREET_LENGTH)
    return mpan(street.distributor_id, (2 * number + 1) * MPAN_STRIDE + seed * 1009 + MPAN_STRIDE)


def consent_at(seed: int, number: int) -> Consent | None:
    """The consent that premises `number` has given, if any; some have lapsed."""
    dice = Random(f"consent {seed} {number}")
    if dice.random() >= CONSENT_SHARE:
        return None
    premises = premises_at(seed, number)
    lapsed = dice.random() < LAPSED_CONSENT_SHARE
    return Consent(
        reference=f"consent-{seed}-{number}",
        fsp=dice.choice(PROVIDERS),
        import_mpan=premises.import_mpan,
        uprn=premises.uprn,
        status=dice.choice((ConsentStatus.WITHDRAWN, ConsentStatus.EXPIRED)) if lapsed else ConsentStatus.ACTIVE,
        valid_from=date(2025, 1, 1),
        valid_to=None,
    )


def consents(seed: int, n: int, first: int = 0) -> list[Consent]:
    """The consents of n premises from number `first` on, as the consent service would hold them."""
    return [c for number in range(first, first + n) if (c := consent_at(seed, number)) is not None]
