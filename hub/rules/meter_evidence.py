"""What speaks for a meter point.

Two questions: does the registry bear out an MPAN that was given, and what does it have where none was given.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from hub.rules.address import Agreement, compare_addresses, compare_homes
from hub.rules.meter_point_facts import KnownMeterPoint, MeterDirection, SuppliedLocation
from schemas.address_lines import AddressLine
from schemas.home_addresses import has_words, may_have_number, read_home
from schemas.identifiers import MpanWarning, ParsedMpan, canonical_postcode, canonical_uprn, normalise_serial
from schemas.vocabulary import MeterPointKind, MpanResolution

METER_SERIAL = "meter serial"

# Supplies that stand beside that of the premises: an address alone never leads an asset to one of them.
_SPECIAL: dict[str, str] = {
    MeterPointKind.LANDLORD: "a landlord's supply",
    MeterPointKind.EV: "a supply for charging vehicles alone",
    MeterPointKind.UNMETERED: "an unmetered supply",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """What one direction came to; all empty for a direction that the asset does not need."""

    outcome: MpanResolution | None = None
    mpan: str | None = field(default=None, repr=False)
    point: KnownMeterPoint | None = field(default=None, repr=False)
    candidates: tuple[str, ...] = field(default=(), repr=False)
    reasons: tuple[str, ...] = ()
    needs_query: bool = False


def judge_supplied(
    parsed: ParsedMpan,
    direction: MeterDirection,
    supplied: SuppliedLocation,
    known: Sequence[KnownMeterPoint],
    as_of: date,
) -> Finding:
    """Hold an MPAN that the sender gave against the registry. It is never replaced by another."""
    finding = _judge(parsed, direction, supplied, known, as_of)
    if MpanWarning.UNKNOWN_DISTRIBUTOR not in parsed.warnings:
        return finding
    reason = "The first two digits of the MPAN name a network operator that is not in the reference table."
    return replace(finding, reasons=(*finding.reasons, reason), needs_query=True)


def _judge(
    parsed: ParsedMpan,
    direction: MeterDirection,
    supplied: SuppliedLocation,
    known: Sequence[KnownMeterPoint],
    as_of: date,
) -> Finding:
    def around() -> Finding:
        return look_up(direction, supplied, known, as_of)

    if parsed.core is None:
        reason = f"The {direction} MPAN cannot be used. {parsed.sentence}"
        return Finding(MpanResolution.INVALID_FORMAT, None, None, _all_mpans(around()), (reason,))
    entries = [point for point in known if point.mpan == parsed.core]
    if not entries:
        return _not_in_registry(parsed.core, direction, around())
    point = next((entry for entry in entries if entry.is_live(as_of)), entries[0])
    if point.kind == MeterPointKind.ASSET_METER:
        reason = (
            f"The {direction} MPAN given is the number of an asset meter (AMSID), not of a meter point; "
            "give the MPAN of the supply that the asset is connected to."
        )
        return Finding(MpanResolution.INVALID_FORMAT, None, None, _all_mpans(around()), (reason,))
    if point.direction != direction:
        other = "an export" if point.direction == "export" else "an import"
        reason = f"The {direction} MPAN given is {other} meter point in the registry; were the two swapped?"
        return _conflict(parsed.core, point, around(), reason)
    if not point.is_live(as_of):
        reason = f"The {direction} MPAN given is not live in the registry on the day in question."
        return _conflict(parsed.core, point, around(), reason)
    return _compare(parsed.core, point, direction, supplied, around)


def _not_in_registry(mpan: str, direction: MeterDirection, looked_up: Finding) -> Finding:
    if looked_up.outcome is not MpanResolution.NOT_FOUND:
        # The check digit is blind to the last two digits swapped; this is where such a slip shows.
        reason = f"The registry has another {direction} meter point at this address or with this meter serial."
        return _conflict(mpan, None, looked_up, reason)
    reason = f"The registry copy does not know this {direction} MPAN yet; it is kept and looked up again."
    return Finding(MpanResolution.NOT_FOUND, mpan, None, (), (reason,))


def _compare(
    mpan: str,
    point: KnownMeterPoint,
    direction: MeterDirection,
    supplied: SuppliedLocation,
    around: Callable[[], Finding],
) -> Finding:
    address = compare_addresses(supplied.address_line, supplied.postcode, point.address_line, point.postcode)
    same = {
        "meter serial": _same(_serial(supplied.meter_serial), _serial(point.meter_serial)),
        "UPRN": _same(_uprn(supplied.uprn), _uprn(point.uprn)),
        "address": None if address is Agreement.UNKNOWN else address is not Agreement.DIFFERS,
    }
    agreeing = [key for key, agrees in same.items() if agrees]
    differing = [key for key, agrees in same.items() if agrees is False]
    # A postcode agrees with every house in the street, so alone it counts only while nothing speaks against.
    if differing and agreeing == ["address"] and address < Agreement.HOUSE_NUMBER:
        agreeing = []
    if agreeing:
        reasons = [f"The {direction} MPAN is in the registry with the same {' and '.join(agreeing)}."]
        reasons += [f"The {key} differs from the registry's; please check it." for key in differing]
        return Finding(MpanResolution.SUPPLIED_VERIFIED, mpan, point, (), tuple(reasons))
    if differing:
        reason = f"The registry has this {direction} MPAN with another {' and '.join(differing)}."
        return _conflict(mpan, point, around(), reason)
    reason = f"The {direction} MPAN is in the registry; nothing else was given to compare it with."
    return Finding(MpanResolution.RESOLVED_EXACT, mpan, point, (), (reason,))


def look_up(
    direction: MeterDirection,
    supplied: SuppliedLocation,
    known: Sequence[KnownMeterPoint],
    as_of: date,
    by_postcode_alone: bool = False,
) -> Finding:
    """Find the meter point by the strongest key that hits: meter serial, UPRN, address, postcode alone.

    The postcode alone only helps where no MPAN was given at all: else it would bring in the whole street.
    """
    found = by_number(direction, supplied, known, as_of)
    if found is not None:
        return found
    return _by_address(_serving(known, direction, as_of), direction, supplied, by_postcode_alone)


def by_number(
    direction: MeterDirection, supplied: SuppliedLocation, known: Sequence[KnownMeterPoint], as_of: date
) -> Finding | None:
    """What meter serial and UPRN lead to; nothing where the address has to be searched for."""
    serial, uprn = _serial(supplied.meter_serial), _uprn(supplied.uprn)
    if not serial and not uprn:
        return None
    points = _serving(known, direction, as_of)
    by_serial = [point for point in points if serial and _serial(point.meter_serial) == serial]
    by_uprn = [point for point in points if uprn and _uprn(point.uprn) == uprn]
    if len(by_serial) == 1 and by_uprn and by_serial[0] not in by_uprn:
        reason = f"The meter serial and the UPRN lead to different {direction} meter points."
        return Finding(MpanResolution.CONFLICT, None, None, _mpans((*by_serial, *by_uprn)), (reason,))
    if by_serial:
        return _one_or_many(by_serial, direction, METER_SERIAL, MpanResolution.RESOLVED_EXACT)
    if by_uprn:
        return _one_or_many(by_uprn, direction, "UPRN", MpanResolution.RESOLVED_EXACT)
    return None


def _serving(known: Iterable[KnownMeterPoint], direction: MeterDirection, as_of: date) -> Collection[KnownMeterPoint]:
    """Those that an asset could hang on, each once."""
    asset_meter = MeterPointKind.ASSET_METER
    return {
        p.mpan: p for p in known if p.direction == direction and p.kind != asset_meter and p.is_live(as_of)
    }.values()


def _by_address(
    points: Iterable[KnownMeterPoint],
    direction: MeterDirection,
    supplied: SuppliedLocation,
    by_postcode_alone: bool,
) -> Finding:
    line, postcode = supplied.address_line, canonical_postcode(supplied.postcode).canonical
    street = [p for p in points if _is_of(p, postcode)] if postcode is not None else []
    home = read_home(line, supplied.postcode)
    # A house that has nothing but a number can be none whose line lacks the digits: most lines need not be read.
    by_digits = bool(home.number) and not home.name
    likely = [p for p in street if may_have_number(p.address_line, home.number)] if by_digits else street
    hits = _by_agreement(likely, home)
    if found := hits.get(Agreement.FULL):
        return _one_or_many(found, direction, "address", MpanResolution.RESOLVED_PROBABLE)
    if found := hits.get(Agreement.HOUSE_NUMBER):
        return _one_or_many(found, direction, "postcode and house number", MpanResolution.RESOLVED_PROBABLE)
    if by_postcode_alone and (found := _without_line(street) if home.words else street):
        finding = _one_or_many(found, direction, "postcode alone", MpanResolution.RESOLVED_PROBABLE)
        # A postcode is a street: its one known meter point is a candidate, not an answer.
        return replace(finding, mpan=None, point=None, candidates=_mpans(found))
    reason = f"No {direction} meter point was found by the location that was given."
    return Finding(MpanResolution.NOT_FOUND, reasons=(reason,))


def _is_of(point: KnownMeterPoint, postcode: str) -> bool:
    return point.postcode == postcode or canonical_postcode(point.postcode).canonical == postcode


def _without_line(street: Iterable[KnownMeterPoint]) -> list[KnownMeterPoint]:
    """Those of which nothing is known but the postcode. Hardly a line has to be read for that."""
    return [p for p in street if not has_words(p.address_line) and not read_home(p.address_line, p.postcode).words]


def _by_agreement(
    points: Iterable[KnownMeterPoint], home: AddressLine
) -> Mapping[Agreement, Sequence[KnownMeterPoint]]:
    """Meter points of a home's postcode by how far their address agrees with it."""
    if not home.words:
        return {Agreement.POSTCODE: list(points)}
    hits: dict[Agreement, list[KnownMeterPoint]] = {}
    for point in points:
        level = compare_homes(home, read_home(point.address_line, point.postcode))
        hits.setdefault(level, []).append(point)
    return hits


def _one_or_many(
    hits: Sequence[KnownMeterPoint], direction: MeterDirection, key: str, outcome_of_one: MpanResolution
) -> Finding:
    mpans = _mpans(hits)
    if len(hits) == 1 and (key == METER_SERIAL or hits[0].kind not in _SPECIAL):
        reason = f"One {direction} meter point was found by {key}."
        if outcome_of_one is MpanResolution.RESOLVED_PROBABLE:
            reason += " Please confirm the MPAN, for it was not given."
        return Finding(outcome_of_one, mpans[0], hits[0], (), (reason,))
    special = sorted({_SPECIAL[point.kind] for point in hits if point.kind in _SPECIAL})
    if len(hits) == 1:
        reason = f"The {key} leads only to {special[0]} for {direction}; give the MPAN that feeds this asset."
        return Finding(MpanResolution.AMBIGUOUS, None, None, mpans, (reason,))
    related = len(hits) == 2 and (hits[0].related_mpan == hits[1].mpan or hits[1].related_mpan == hits[0].mpan)
    kind = "two related meter points" if related else f"{len(hits)} meter points"
    among = f" ({' and '.join(special)} among them)" if special else ""
    reason = f"The {key} leads to {kind}{among} for {direction}; give the MPAN that feeds this asset."
    return Finding(MpanResolution.AMBIGUOUS, None, None, mpans, (reason,))


def _conflict(mpan: str, point: KnownMeterPoint | None, looked_up: Finding, reason: str) -> Finding:
    others = tuple(found for found in _all_mpans(looked_up) if found != mpan)
    return Finding(MpanResolution.CONFLICT, mpan, point, others, (reason,))


def _all_mpans(finding: Finding) -> tuple[str, ...]:
    return finding.candidates if finding.mpan is None else (finding.mpan,)


def _mpans(points: Iterable[KnownMeterPoint]) -> tuple[str, ...]:
    return tuple(sorted({point.mpan for point in points}))


def _same(supplied: str | None, known: str | None) -> bool | None:
    return None if supplied is None or known is None else supplied == known


def _serial(text: str | None) -> str | None:
    return normalise_serial(text).normal


def _uprn(text: str | None) -> str | None:
    return canonical_uprn(text).value
