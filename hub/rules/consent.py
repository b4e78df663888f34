"""Whether an asset may be shown to a provider of flexibility. No answer is no."""

from dataclasses import dataclass, field
from datetime import datetime

from schemas.vocabulary import ConsentStatus


@dataclass(frozen=True, slots=True)
class ConsentRecord:
    """One consent as the consent service holds it: from `valid_from` to before `valid_to` (aware times).

    `asset_key`, `mpan` and `uprn` say what it is for, as far as the service tells.
    """

    reference: str
    fsp: str
    status: ConsentStatus
    valid_from: datetime
    valid_to: datetime | None = None
    asset_key: str | None = None
    mpan: str | None = field(default=None, repr=False)
    uprn: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class ConsentSubject:
    """The asset that is claimed, by the keys that a consent may name."""

    asset_key: str | None = None
    mpans: frozenset[str] = field(default=frozenset(), repr=False)
    uprn: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class ConsentDecision:
    """`market_visible`: whether the claiming provider may see the asset and hear of opportunities for it."""

    status: ConsentStatus
    market_visible: bool
    reason: str
    since: datetime | None = None
    """From when the consent holds; a claim cannot be older than the consent behind it."""
    until: datetime | None = None
    """Until when it holds, where the consent service says so; it is asked again then."""


def decide(
    claim_fsp: str | None,
    reference: str | None,
    record: ConsentRecord | None,
    now: datetime,
    subject: ConsentSubject | None = None,
) -> ConsentDecision:
    """Judge a provider's claim by the record that the consent service gave for its reference.

    `record` is None where the service does not know the reference or did not answer. With a `subject`, a
    consent that names an asset, meter point or property must name one of the subject's. What network
    operators are told does not depend on it: that is a duty of the connection.
    """
    if claim_fsp is None:
        return _hidden(ConsentStatus.UNKNOWN, "No provider claims the asset, so none may see it.")
    if reference is None:
        return _hidden(ConsentStatus.UNKNOWN, "The claim names no consent; give the consent reference.")
    if record is None or record.reference != reference:
        return _hidden(ConsentStatus.UNKNOWN, "The consent service has not confirmed this reference.")
    if record.fsp != claim_fsp:
        return _hidden(ConsentStatus.UNKNOWN, "The consent was given to another provider.")
    if subject is not None and not _is_for(record, subject):
        return _hidden(ConsentStatus.UNKNOWN, "The consent is not for this asset or property.")
    return _by_status(record, now)


def _is_for(record: ConsentRecord, subject: ConsentSubject) -> bool:
    if record.asset_key is None and record.mpan is None and record.uprn is None:
        return True
    return (
        (record.asset_key is not None and record.asset_key == subject.asset_key)
        or record.mpan in subject.mpans
        or (record.uprn is not None and record.uprn == subject.uprn)
    )


def _by_status(record: ConsentRecord, now: datetime) -> ConsentDecision:
    match record.status:
        case ConsentStatus.WITHDRAWN:
            return _hidden(ConsentStatus.WITHDRAWN, "The consent was withdrawn; stop using the asset's data.")
        case ConsentStatus.SUPERSEDED:
            return _hidden(ConsentStatus.SUPERSEDED, "A newer consent has taken the place of this one.")
        case ConsentStatus.EXPIRED:
            return _hidden(ConsentStatus.EXPIRED, "The consent has run out; ask the consumer for a new one.")
        case ConsentStatus.UNKNOWN:
            return _hidden(ConsentStatus.UNKNOWN, "The consent service does not know the state of this consent.")
        case ConsentStatus.ACTIVE | ConsentStatus.NOT_REQUIRED:
            return _by_period(record, now)


def _by_period(record: ConsentRecord, now: datetime) -> ConsentDecision:
    if record.valid_to is not None and record.valid_to <= now:
        return _hidden(ConsentStatus.EXPIRED, "The consent has run out; ask the consumer for a new one.")
    if now < record.valid_from:
        return _hidden(ConsentStatus.UNKNOWN, "The consent has not begun yet.")
    if record.status is ConsentStatus.NOT_REQUIRED:
        said = "The consent service says that no consent is needed here."
        return ConsentDecision(record.status, True, said, record.valid_from, record.valid_to)
    return ConsentDecision(record.status, True, "The consent is in force.", record.valid_from, record.valid_to)


def _hidden(status: ConsentStatus, reason: str) -> ConsentDecision:
    return ConsentDecision(status, False, reason)
