"""What a notification's shape cannot say of itself: checks against today, and location keys that lead nowhere."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from hub.clock import london_date
from schemas.asset import Location
from schemas.body import FieldProblem
from schemas.disputes import Correction, DisputeClosed
from schemas.identifiers import canonical_postcode, canonical_uprn, is_null, parse_mpan
from schemas.notifications import AssetCommissioned, AssetDecommissioned, AssetUpdated, Notification
from schemas.vocabulary import FIRST_YEAR, LAST_YEAR

CLOCK_TOLERANCE = timedelta(minutes=5)
"""As much as Standard Webhooks allows a sender's clock to differ."""


def problems(notification: Notification, now: datetime) -> tuple[FieldProblem, ...]:
    """Every field that cannot be true today; empty for a notification that may be taken."""
    found = []
    if notification.occurred_at > now + CLOCK_TOLERANCE:
        found.append(FieldProblem("occurred_at", "lies in the future; send what has happened, with its time and zone"))
    told = notification.correction if isinstance(notification, DisputeClosed) else notification
    found += _outside_the_calendar(told)
    if isinstance(told, AssetDecommissioned) and told.effective_from > london_date(now):
        found.append(
            FieldProblem("effective_from", "lies after today (Europe/London); send a removal once the device is gone")
        )
    if isinstance(told, AssetCommissioned | AssetUpdated | Correction):
        commissioned = told.commissioning_date
        if commissioned is not None and commissioned > london_date(now):
            found.append(
                FieldProblem(
                    "commissioning_date",
                    "lies after today (Europe/London); while the asset is not commissioned, leave it out and send"
                    " connection_status PENDING",
                )
            )
        if told.location is not None:
            found += _location(told.location)
    return tuple(found)


def _outside_the_calendar(told: object) -> Iterator[FieldProblem]:
    """Days that no clock can be counted from; the years are those of a message's own times."""
    for name in ("effective_from", "commissioning_date"):
        day = getattr(told, name, None)
        if day is not None and not FIRST_YEAR <= day.year <= LAST_YEAR:
            yield FieldProblem(name, f"must lie between the years {FIRST_YEAR} and {LAST_YEAR}")


def _location(location: Location) -> list[FieldProblem]:
    """A wrong MPAN costs only its field while another key says where the asset stands; alone it costs the message."""
    if outside := _outside_gb(location):
        return [outside]
    if _usable(location):
        return []
    wrong = [
        FieldProblem(f"location.{name}", parsed.sentence or "is no MPAN")
        for name, text in (("import_mpan", location.import_mpan), ("export_mpan", location.export_mpan))
        if text is not None and not is_null(text) and (parsed := parse_mpan(text)).problem is not None
    ]
    return wrong or [
        FieldProblem(
            "location",
            "no key here says where the asset stands; give an MPAN, a UPRN, an address, a postcode or a meter serial",
        )
    ]


def _outside_gb(location: Location) -> FieldProblem | None:
    region = canonical_postcode(location.postcode).region
    names = {"NI": "Northern Ireland", "CROWN_DEPENDENCY": "the Channel Islands or the Isle of Man"}
    if region not in names:
        return None
    return FieldProblem(
        "location.postcode",
        f"lies in {names[region]}, outside Great Britain; this register holds assets on the networks of Great Britain",
    )


def _usable(location: Location) -> bool:
    words = (location.address_line, location.meter_serial)
    return (
        any(text is not None and not is_null(text) for text in words)
        or any(
            text is not None and parse_mpan(text).core is not None
            for text in (location.import_mpan, location.export_mpan)
        )
        or (location.uprn is not None and canonical_uprn(location.uprn).value is not None)
        or (location.postcode is not None and canonical_postcode(location.postcode).canonical is not None)
    )
