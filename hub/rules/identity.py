"""Which physical asset is meant: the EXACT tier of `matching_policy.json` and its vetoes.

Whatever is not exact is a new asset, or a new asset that somebody should compare with another.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from hub.rules.claims import Decision
from schemas.identifiers import canonical_postcode, canonical_uprn, normalise_maker, normalise_serial
from schemas.notifications import AssetCommissioned, AssetUpdated, Notification
from schemas.reference import sources
from schemas.vocabulary import AssetCategory, DedupeOutcome

Key = tuple[str, str, str]
"""Scheme, issuer within whom the value is unique, value."""

REFERENCE, SERIAL = "reference", "serial"
SHORTEST_SERIAL = 6
DEVICE_SCHEMES = ("device", "vehicle")


@dataclass(frozen=True)
class Device:
    """What identity is decided by. Premises are canonical identifiers; `mpans` are (direction, number),
    `lines` are (source, job, line) of forms.
    """

    category: AssetCategory | None
    maker: str | None
    serial: str | None = field(repr=False)
    mpans: frozenset[tuple[str, str]] = field(default=frozenset(), repr=False)
    uprn: str | None = field(default=None, repr=False)
    postcode: str | None = field(default=None, repr=False)
    lines: frozenset[tuple[str, str, int]] = frozenset()


@dataclass(frozen=True)
class Candidate:
    """An asset that shares a key with the claim: by the source's own reference, or by another key."""

    asset_id: UUID
    device: Device
    by_reference: bool
    removed: bool = False


def keys(source: str, notice: Notification) -> tuple[Key, ...]:
    """Every key by which a notification finds its asset; the source's own reference comes first."""
    found: list[Key] = [(REFERENCE, source, notice.sender_asset_ref)]
    if isinstance(notice, AssetCommissioned | AssetUpdated):
        schemes = sources.external_id_schemes()
        for external in notice.external_ids:
            scheme = schemes.get(external.scheme)
            # An unknown scheme is taken for a device's name within its issuer: that is what external_ids are for.
            if scheme is None or scheme.names in DEVICE_SCHEMES:
                found.append((f"external:{external.scheme}", external.issuer or source, external.value))
        if serial := serial_key(notice.manufacturer, notice.serial_number):
            found.append(serial)
    return tuple(dict.fromkeys(found))


def serial_key(maker: str | None, serial: str | None) -> Key | None:
    """Maker and serial as an exact key, where the serial is long enough and no placeholder."""
    normal, house = normalise_serial(serial).normal, normalise_maker(maker)
    if normal is None or house is None or len(normal) < SHORTEST_SERIAL:
        return None
    return (SERIAL, house, normal)


def device(source: str, notice: Notification, mpans: frozenset[tuple[str, str]]) -> Device:
    """What a notification says for identity; `mpans` are those its location resolves to."""
    if not isinstance(notice, AssetCommissioned | AssetUpdated):
        return Device(None, None, None)
    place = notice.location
    line = (
        {(source, notice.job_reference, notice.line_number)}
        if notice.job_reference is not None and notice.line_number is not None
        else ()
    )
    return Device(
        notice.asset_category,
        normalise_maker(notice.manufacturer),
        normalise_serial(notice.serial_number).normal,
        mpans,
        canonical_uprn(place.uprn).value if place else None,
        canonical_postcode(place.postcode).canonical if place else None,
        frozenset(line),
    )


def decide(told: Device, candidates: Sequence[Candidate]) -> Decision:
    """Same, new, or to be looked at, with the reasons in words."""
    own = [c for c in candidates if c.by_reference]
    if own:
        reason = "The sender told of it before under the same reference."
        return Decision(DedupeOutcome.EXACT_DUPLICATE, own[0].asset_id, (reason,), own=True)
    standing = [c for c in candidates if not c.removed]
    if not standing:
        reason = (
            "Its earlier asset was decommissioned, which is final." if candidates else "No asset has one of its keys."
        )
        return Decision(DedupeOutcome.NEW, None, (reason,))
    vetoes = {c.asset_id: _veto(told, c.device) for c in standing}
    same = [asset_id for asset_id, veto in vetoes.items() if veto is None]
    if len(same) == 1:
        return Decision(
            DedupeOutcome.EXACT_DUPLICATE,
            same[0],
            ("Maker and serial, or an identifier of the device, are the same.",),
        )
    if same:
        return Decision(DedupeOutcome.NEEDS_REVIEW, None, ("More than one asset has its keys.",), tuple(sorted(same)))
    outcomes = [veto for veto in vetoes.values() if veto is not None]
    outcome = next((o for o, _ in outcomes if o is DedupeOutcome.NEEDS_REVIEW), outcomes[0][0])
    return Decision(outcome, None, tuple(dict.fromkeys(reason for _, reason in outcomes)), tuple(sorted(vetoes)))


def _veto(told: Device, known: Device) -> tuple[DedupeOutcome, str] | None:
    """Why two devices with a key in common are not taken for one, or nothing."""
    if told.category is not None and told.category is not known.category:
        return DedupeOutcome.RELATED_NOT_SAME, "An asset of another category has the same identifier."
    if _other_line(told, known):
        return (
            DedupeOutcome.NEEDS_REVIEW,
            "Another line of the same form has the same identifier; each line is a device of its own.",
        )
    if told.maker == known.maker and told.serial and known.serial and told.serial != known.serial:
        return (
            DedupeOutcome.NEEDS_REVIEW,
            "An asset with the same identifier has another serial number: a replacement, or a mistake.",
        )
    if premises_differ(told, known):
        return (
            DedupeOutcome.NEEDS_REVIEW,
            "An asset with the same identifier stands at another place: moved, or a wrong serial number.",
        )
    return None


def _other_line(told: Device, known: Device) -> bool:
    jobs = {(source, job) for source, job, _ in known.lines}
    return any((source, job) in jobs and (source, job, line) not in known.lines for source, job, line in told.lines)


def premises_differ(one: Device, other: Device) -> bool:
    """Whether the strongest location key that both have says two places."""
    # Import and export numbers of one home differ, so that only numbers of one direction are compared.
    if {d for d, _ in one.mpans} & {d for d, _ in other.mpans}:
        return not one.mpans & other.mpans
    if one.uprn and other.uprn:
        return one.uprn != other.uprn
    return bool(one.postcode and other.postcode and one.postcode != other.postcode)
