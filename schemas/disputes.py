"""Disputes about what the register holds: raised, answered, closed. Each message is one step of one ticket.

Evidence is named and not sent: where it lies, and the SHA-256 of it, so that everybody can see that it is the same.
"""

from datetime import date
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator

from schemas.asset import DeviceFacts, Location, Shape, SoundFacts
from schemas.dispute_codes import DisputeOutcome, DisputeStatus, DisputeStep, DisputeSubject
from schemas.vocabulary import AssetReference, LongText, MessageId, Note, ParticipantId, ShortText, Timestamp, Words

MOST_FIELDS, MOST_EVIDENCE, MOST_MESSAGES = 40, 20, 20
FIELDS = frozenset(
    (*DeviceFacts.model_fields, *(f"location.{name}" for name in Location.model_fields), "market", "effective_from")
)
"""What may be named as wrong, as notifications spell it; a dot goes into the location."""
TICKET = "dispute "


class Evidence(Shape):
    """One document: where it lies, and the digest by which it is known again."""

    reference: LongText = Field(description="where the parties find it, such as a URL or a file number")
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", description="SHA-256 of its bytes, in hex")]
    shows: Note | None = Field(None, description="what it shows")


class DisputedField(Shape):
    """One field that is said to be wrong, and what would be right, where that is known."""

    field: ShortText
    right_value: LongText | None = None

    @model_validator(mode="after")
    def is_a_field(self) -> Self:
        if self.field not in FIELDS:
            raise ValueError("field must be one that notifications have, such as rated_capacity_kw or location.uprn")
        return self


class MessageNamed(Shape):
    """A message that the register has: its sender and its id."""

    participant: ParticipantId
    message_id: MessageId


class Correction(SoundFacts):
    """What the one who closes a dispute says of the asset himself. It is his claim beside the others', no overwrite."""

    effective_from: date = Field(description="from when this is true in the world; may lie in the past")
    location: Location | None = None


class DisputeMessage(Shape):
    """What all messages about disputes begin with."""

    sender: ParticipantId
    on_behalf_of: ParticipantId | None = Field(None, description="for whom the sender speaks; needs a delegation")
    occurred_at: Timestamp = Field(description="when it was said; the steps of a ticket are in this order")

    @property
    def source(self) -> str:
        """Whose word this is."""
        return self.on_behalf_of or self.sender

    @property
    def source_seq(self) -> None:
        """Disputes are told by people, who keep no counter."""
        return


class DisputeRaised(DisputeMessage):
    """Somebody whom an asset concerns says that something about it is wrong."""

    asset_id: UUID | None = Field(None, description="the asset, by the register's id")
    own_reference: AssetReference | None = Field(None, description="or by the reference under which it was told of")
    subject: DisputeSubject
    fields: tuple[DisputedField, ...] = Field((), max_length=MOST_FIELDS, fail_fast=True)
    other_asset_id: UUID | None = Field(None, description="for DOUBLE: the asset that it is once more")
    reason: Words
    evidence: tuple[Evidence, ...] = Field((), max_length=MOST_EVIDENCE, fail_fast=True)

    @model_validator(mode="after")
    def names_one_asset(self) -> Self:
        if (self.asset_id is None) == (self.own_reference is None):
            raise ValueError("give either asset_id or own_reference, to say which asset is meant")
        return self

    @model_validator(mode="after")
    def says_which_fields(self) -> Self:
        if self.subject is DisputeSubject.WRONG_FIELDS and not self.fields:
            raise ValueError("fields must name what is wrong, since the subject is WRONG_FIELDS")
        return self

    @property
    def sender_asset_ref(self) -> str:
        """By which it lies in the journal among the messages about the same asset."""
        return self.own_reference or f"asset {self.asset_id}"


def ticket_reference(dispute_id: UUID) -> str:
    """The reference under which the journal and the claims have what belongs to a ticket."""
    return f"{TICKET}{dispute_id}"


class _AboutTicket(DisputeMessage):
    dispute_id: UUID

    @property
    def sender_asset_ref(self) -> str:
        """By which it lies in the journal among the messages of the same ticket."""
        return ticket_reference(self.dispute_id)


class DisputeAnswered(_AboutTicket):
    """One step of a dispute that is open: acknowledged, stated, shown, or being looked into."""

    step: DisputeStep
    text: Words | None = None
    evidence: tuple[Evidence, ...] = Field((), max_length=MOST_EVIDENCE, fail_fast=True)

    @model_validator(mode="after")
    def says_something(self) -> Self:
        if self.step is DisputeStep.STATEMENT and self.text is None:
            raise ValueError("text must hold the statement")
        if self.step is DisputeStep.EVIDENCE and not self.evidence:
            raise ValueError("evidence must name at least one document")
        return self


class DisputeClosed(_AboutTicket):
    """How a dispute ends. What corrects it is named, or said here as a claim of the one who closes it."""

    outcome: DisputeOutcome
    reason: Words
    corrected_by: tuple[MessageNamed, ...] = Field((), max_length=MOST_MESSAGES, fail_fast=True)
    corrected_fields: tuple[ShortText, ...] = Field((), max_length=MOST_FIELDS, fail_fast=True)
    correction: Correction | None = None

    @model_validator(mode="after")
    def names_what_corrects(self) -> Self:
        named = bool(self.corrected_by or self.corrected_fields or self.correction)
        if self.outcome is DisputeOutcome.CORRECTED and not named:
            raise ValueError("CORRECTED needs corrected_by, corrected_fields or correction, to say what corrects it")
        if self.outcome is DisputeOutcome.NO_ACTION_REQUIRED and named:
            raise ValueError("NO_ACTION_REQUIRED goes with no correction; leave it out, or close as CORRECTED")
        return self


DISPUTE_MESSAGES: tuple[type[DisputeRaised] | type[DisputeAnswered] | type[DisputeClosed], ...] = (
    DisputeRaised,
    DisputeAnswered,
    DisputeClosed,
)


class OpenDispute(Shape):
    """An open dispute as it shows on its asset: how it stands, and by when it is to go on; nobody is named."""

    dispute_id: UUID
    status: DisputeStatus
    subject: DisputeSubject
    steps: int = Field(description="messages taken so far")
    acknowledge_by: date
    decide_by: date
    overdue: bool = False


class DisputeNotice(Shape):
    """What happened in a dispute, told to one of its parties with what that party may know. Nobody else is named."""

    notice_id: UUID
    dispute_id: UUID
    participant: ParticipantId = Field(description="who is told")
    step: str = Field(description="raised, acknowledge, statement, evidence, investigate, decide, withdraw, overdue")
    status: DisputeStatus
    subject: DisputeSubject
    asset_id: UUID
    version: int
    your_references: tuple[AssetReference, ...] = Field((), description="what this party calls the asset")
    said_by: str = Field(description="you, hub, or a role: source, provider, operator, administrator")
    sentence: str
    text: str | None = Field(None, description="the reason or statement, where this party may read it")
    fields: tuple[DisputedField, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    acknowledge_by: date
    decide_by: date
    overdue: bool = False
    recorded_at: Timestamp
