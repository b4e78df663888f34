"""Who takes part: participants, keys, tokens, delegations, consents."""

from datetime import date, datetime

from schemas.records.record import Record


class ParticipantRow(Record):
    id: str
    kind: str
    name: str
    operator_codes: tuple[str, ...]


class SigningKeyRow(Record):
    key_id: str
    participant: str
    public_key: bytes
    doors: tuple[str, ...]
    categories: tuple[str, ...]
    not_before: datetime
    not_after: datetime | None
    revoked_at: datetime | None


class AccessTokenRow(Record):
    sha256: str
    participant: str
    not_after: datetime | None


class DelegationRow(Record):
    delegate: str
    principal: str
    valid_from: datetime
    valid_to: datetime | None


class ConsentRow(Record):
    reference: str
    fsp: str
    import_mpan: str | None
    uprn: str | None
    status: str
    valid_from: date
    valid_to: date | None


class DirectoryRevisionRow(Record):
    """One row; the number rises with every change of participants, keys, tokens or delegations."""

    one: int
    revision: int
