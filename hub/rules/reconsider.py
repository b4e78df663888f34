"""A place looked at anew with what an enquiry service answered: the same rule, on more evidence.

An answer is evidence like the registry copy, never an order: what a sender gave is not overwritten, several meter
points are not picked from, and a wrong answer can at worst raise a query.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import get_args

from hub.rules.address import Agreement, compare_addresses
from hub.rules.meter_point import resolve
from hub.rules.meter_point_facts import KnownMeterPoint, MeterDirection, Resolution, SuppliedLocation
from hub.rules.network import NetworkLink
from schemas.findings import AnsweredMeterPoint, MeterPointsAnswered
from schemas.identifiers import canonical_uprn, parse_mpan
from schemas.vocabulary import MeterPointKind

_DIRECTIONS = get_args(MeterDirection)


def reconsider(
    supplied: SuppliedLocation,
    known: Sequence[KnownMeterPoint],
    answers: Sequence[MeterPointsAnswered],
    category_kind: str,
    as_of: date,
    links: Sequence[NetworkLink] = (),
    effective_on: date | None = None,
) -> Resolution:
    """The resolution of a place with every answer about it, in whatever order they came.

    `known` and the rest are as for `meter_point.resolve`; without answers it comes to the same.
    """
    newest_first = sorted(answers, key=lambda a: (a.occurred_at, a.model_dump_json()), reverse=True)
    points = {point.mpan: point for point in known}
    told: dict[str, KnownMeterPoint] = {}
    for answer in newest_first:
        for stated in answer.meter_points:
            point = _point(stated)
            if point is not None:
                told.setdefault(point.mpan, _with_what_is_known(point, points.get(point.mpan)))
    return resolve(
        _located(supplied, newest_first), list((points | told).values()), category_kind, as_of, links, effective_on
    )


def _located(supplied: SuppliedLocation, answers: Sequence[MeterPointsAnswered]) -> SuppliedLocation:
    """The place with the UPRN of its address, where none was given and the service's address is the very same."""
    if canonical_uprn(supplied.uprn).value is not None:
        return supplied
    for answer in answers:
        same = compare_addresses(supplied.address_line, supplied.postcode, answer.address_line, answer.postcode)
        if answer.uprn is not None and same is Agreement.FULL:
            return replace(supplied, uprn=answer.uprn)
    return supplied


def _point(stated: AnsweredMeterPoint) -> KnownMeterPoint | None:
    """A stated meter point as the rules take it; nothing for what is none."""
    is_asset_meter = stated.kind is MeterPointKind.ASSET_METER
    mpan = stated.mpan if is_asset_meter else parse_mpan(stated.mpan).core
    direction = next((d for d in _DIRECTIONS if d == stated.direction), None)
    if mpan is None or direction is None:
        return None
    fields = stated.model_dump(exclude={"mpan", "direction"})
    return KnownMeterPoint(**{**fields, "mpan": mpan, "direction": direction})


def _with_what_is_known(point: KnownMeterPoint, known: KnownMeterPoint | None) -> KnownMeterPoint:
    """An answer says again what it knows; what it does not mention stays known."""
    if known is None:
        return point
    names = KnownMeterPoint.__dataclass_fields__
    silent = {name: getattr(known, name) for name in names if getattr(point, name) is None}
    return replace(point, **silent)
