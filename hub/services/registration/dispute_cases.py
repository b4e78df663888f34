"""The tickets that a batch has to do with, as they are stored and as they become message by message."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from pydantic import TypeAdapter

from hub.rules import disputes as rules
from hub.rules.dispute_deadlines import Deadlines
from hub.rules.disputes import Key, Message, Parties, Said, Ticket
from hub.services.registration.entry import JournalEntry
from registry_store import disputes as store
from registry_store.engine import Connection
from schemas.dispute_codes import DisputeRole
from schemas.disputes import DISPUTE_MESSAGES, DisputeAnswered, DisputeClosed, DisputeRaised
from schemas.records.disputes import DisputeMessageRow, DisputeRow

_MESSAGES: Mapping[str, TypeAdapter[Message]] = {kind.__name__: TypeAdapter(kind) for kind in DISPUTE_MESSAGES}


@dataclass
class Case:
    """One ticket: its row, once it is raised, and its messages. Those `coming` are of the batch and their turn is not
    yet; of the others those that are not `judged` wait for their asset."""

    dispute_id: UUID
    row: DisputeRow | None = None
    said: dict[Key, Said] = field(default_factory=dict)
    judged: set[Key] = field(default_factory=set)
    coming: set[Key] = field(default_factory=set)

    def hear(self, entry: JournalEntry, message: Message) -> None:
        """Takes in a message of the batch; what its speaker is to the asset is judged when its turn comes."""
        said = Said(message, entry.sender, entry.message.id, entry.received_at, frozenset())
        self.said[said.key] = said
        self.coming.add(said.key)
        if isinstance(message, DisputeRaised):
            self.row = opened(entry, message)

    @property
    def unjudged(self) -> list[Said]:
        return [said for key, said in self.said.items() if key not in self.judged | self.coming]

    def judge(self, key: Key, roles: frozenset[DisputeRole]) -> None:
        self.said[key] = replace(self.said[key], roles=roles)
        self.judged.add(key)

    def ticket(self) -> Ticket | None:
        """As far as its messages have been judged."""
        return rules.fold(self.said[key] for key in self.judged)

    def message_rows(self, ticket: Ticket | None) -> list[DisputeMessageRow]:
        refused = ticket.refused if ticket is not None else {}
        return [_message_row(self.dispute_id, s, s.key in self.judged, refused.get(s.key)) for s in self.said.values()]


async def load(connection: Connection, dispute_ids: Sequence[UUID]) -> dict[UUID, Case]:
    """These tickets with all their messages, held until the transaction ends."""
    await store.hold(connection, dispute_ids)
    cases = {dispute_id: Case(dispute_id) for dispute_id in dispute_ids}
    for row in await store.by_ids(connection, dispute_ids):
        cases[row.dispute_id].row = row
    for message in await store.messages(connection, dispute_ids):
        said = said_of(message)
        case = cases[message.dispute_id]
        case.said[said.key] = said
        if message.judged:
            case.judged.add(said.key)
    return cases


def said_of(row: DisputeMessageRow) -> Said:
    """A message as it was stored."""
    message = _MESSAGES[row.notification].validate_python(row.body)
    return Said(message, row.sender, row.message_id, row.received_at, frozenset(map(DisputeRole, row.roles)))


def parties_of(row: DisputeRow) -> Parties:
    return {name: frozenset(map(DisputeRole, roles)) for name, roles in row.parties.items()}


def ticket_of(entry: JournalEntry) -> UUID:
    """The ticket of a message about a dispute: the one that it opens, or names."""
    match entry.notification:
        case DisputeAnswered(dispute_id=found) | DisputeClosed(dispute_id=found):
            return found
        case _:
            return rules.dispute_id(entry.sender, entry.message.id)


def opened(entry: JournalEntry, message: DisputeRaised) -> DisputeRow:
    """The row of a ticket as it is when it is raised, before it takes effect."""
    return DisputeRow(
        dispute_id=ticket_of(entry),
        about_source=message.source if message.own_reference is not None else None,
        about_reference=message.own_reference,
        about_asset_id=message.asset_id,
        status=None,
        subject=message.subject,
        raised_by=message.source,
        raised_at=entry.received_at,
        acknowledge_by=None,
        decide_by=None,
        closed_at=None,
        parties={},
        steps=0,
        reminded=(),
        correction_by=None,
        asset_id=None,
        updated_at=entry.received_at,
    )


def _message_row(dispute_id: UUID, said: Said, judged: bool, refusal: str | None) -> DisputeMessageRow:
    return DisputeMessageRow(
        sender=said.sender,
        message_id=said.message_id,
        dispute_id=dispute_id,
        notification=type(said.message).__name__,
        source=said.message.source,
        occurred_at=said.message.occurred_at,
        received_at=said.received_at,
        body=said.message.model_dump(mode="json", exclude_defaults=True),
        roles=tuple(sorted(said.roles)),
        judged=judged,
        refusal=refusal,
    )


def stepped(row: DisputeRow, ticket: Ticket, now: datetime) -> DisputeRow:
    """The row of a ticket as its messages make it now. One that was refused is over without ever having a status."""
    in_force, closed = rules.is_in_force(ticket), ticket.closed
    corrects = closed is not None and isinstance(closed.message, DisputeClosed) and closed.message.correction
    over = closed.received_at if closed is not None else None
    return row.model_copy(
        update={
            "status": ticket.status.value if in_force else None,
            "closed_at": over if in_force else ticket.raised.received_at,
            "steps": len(ticket.taken),
            "correction_by": closed.message.source if closed is not None and corrects else None,
            "updated_at": now,
        }
    )


def deadlines_of(row: DisputeRow) -> Deadlines | None:
    """The deadlines of a ticket that has taken effect."""
    if row.acknowledge_by is None or row.decide_by is None:
        return None
    return Deadlines(row.acknowledge_by, row.decide_by)
