"""Disputes as people read them, raise them and add to them; what they say goes into the journal like every message."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from hub import clock
from hub.rules import dispute_deadlines, dispute_telling
from hub.rules import disputes as rules
from hub.rules.access import Grant
from hub.rules.dispute_telling import Reader, Shown
from hub.rules.disputes import Message, Said, Ticket
from hub.rules.preconditions import Refusal
from hub.services import dispute_parties
from hub.services.audit.access import AccessLog
from hub.services.audit.log import Draft
from hub.services.audited_reads import granted
from hub.services.directory import DirectoryWatch
from hub.services.own_voice import Voice
from hub.services.registration import dispute_cases
from registry_store import assets
from registry_store import disputes as store
from registry_store.disputes import Filters
from registry_store.engine import Connection, Engine, transaction
from schemas.disputes import DisputeRaised
from schemas.outbound import AssetState
from schemas.records.disputes import DisputeRow
from schemas.vocabulary import ClockKind, ParticipantKind


@dataclass(frozen=True)
class Step:
    """One message of a ticket as its reader may see it; `refusal` says why it has no effect."""

    said: Said
    shown: Shown
    refusal: str | None


@dataclass(frozen=True)
class View:
    """A ticket as one reader may see it. `version` rises with each step and each deadline that passes."""

    row: DisputeRow
    ticket: Ticket
    steps: tuple[Step, ...]
    missed: tuple[ClockKind, ...]
    overdue: tuple[ClockKind, ...]

    @property
    def version(self) -> int:
        return len(self.ticket.taken) + len(self.row.reminded)


_NO_ASSET = Refusal(404, "no_asset", "There is no such asset among those that concern you.")


class Disputes:
    """Every read takes the grant of the reader and is noted."""

    def __init__(self, engine: Engine, directory: DirectoryWatch, voice: Voice, accesses: AccessLog) -> None:
        self._engine = engine
        self._directory = directory
        self._voice = voice
        self._accesses = accesses

    async def page(self, grant: Grant, filters: Filters, after: UUID | None, limit: int) -> list[View]:
        async with transaction(self._engine) as connection:
            rows = await store.page(connection, grant.rows, filters, after, limit)
            found = await _views(connection, rows, _reader(grant))
        for view in found:
            await self._note(grant, view)
        return found

    async def one(self, grant: Grant, dispute_id: UUID) -> View | None:
        async with transaction(self._engine) as connection:
            row = await store.one(connection, grant.rows, dispute_id)
            found = await _views(connection, [row] if row is not None else [], _reader(grant))
        if not found:
            return None
        await self._note(grant, found[0])
        return found[0]

    @property
    def sender(self) -> str:
        """In whose hand people's messages are written down."""
        return self._voice.participant

    async def hear(self, message: Message, view: View | None = None) -> tuple[UUID, str] | Refusal:
        """Puts a person's message into the journal: its ticket and its id, or why that is not done.

        `view` is the ticket that it adds to. Raises `Unavailable`.
        """
        now = clock.now()
        refused = await self._raising(message, now) if view is None else self._adding(message, view, now)
        if refused is not None:
            return refused
        (message_id,) = await self._voice.say([message])
        dispute_id = view.row.dispute_id if view is not None else rules.dispute_id(self.sender, message_id)
        return dispute_id, message_id

    async def _raising(self, message: Message, now: datetime) -> Refusal | None:
        if not isinstance(message, DisputeRaised):
            raise TypeError(type(message).__name__)
        async with transaction(self._engine) as connection:
            state = await _asset(connection, message)
        if state is None:
            return _NO_ASSET
        said = self._said(message, dispute_parties.parties(self._directory.current, state), now)
        # Whom it does not concern is not told that it exists.
        return _NO_ASSET if rules.refusal(said, said, None) is not None else None

    def _adding(self, message: Message, view: View, now: datetime) -> Refusal | None:
        said = self._said(message, dispute_cases.parties_of(view.row), now)
        why = rules.refusal(said, view.ticket.raised, view.ticket.closed)
        if why is None:
            return None
        if view.ticket.closed is not None:
            return Refusal(409, "dispute_closed", why)
        return Refusal(403, "forbidden", why)

    def _said(self, message: Message, parties: rules.Parties, now: datetime) -> Said:
        member = self._directory.current.members.get(message.source)
        roles = rules.roles_of(message.source, member.kind if member is not None else None, parties)
        return Said(message, self.sender, "", now, roles)

    async def _note(self, grant: Grant, view: View) -> None:
        asked = {"grant": granted(grant), "dispute_id": str(view.row.dispute_id), "version": view.version}
        await self._accesses.note(Draft("read_dispute", grant.participant or "", asked, asset_id=view.row.asset_id))


def _reader(grant: Grant) -> Reader:
    names = {grant.participant or "", *grant.rows.sources}
    return Reader(frozenset(names), grant.kind or ParticipantKind.INSTALLER)


async def _views(connection: Connection, rows: Sequence[DisputeRow], reader: Reader) -> list[View]:
    said: dict[UUID, list[Said]] = {row.dispute_id: [] for row in rows}
    for message in await store.messages(connection, list(said)):
        if message.judged:
            said[message.dispute_id].append(dispute_cases.said_of(message))
    found = ((row, rules.fold(said[row.dispute_id])) for row in rows)
    return [_view(row, ticket, reader) for row, ticket in found if ticket is not None]


def _view(row: DisputeRow, ticket: Ticket, reader: Reader) -> View:
    taken = [Step(said, dispute_telling.shown(said, ticket, reader), None) for said in ticket.taken]
    own = [
        Step(said, dispute_telling.shown(said, ticket, reader), ticket.refused[said.key])
        for said in ticket.unheard
        if said.message.source in reader.names
    ]
    due, now = dispute_cases.deadlines_of(row), clock.now()
    missed = dispute_deadlines.missed(ticket, due, now) if due is not None else ()
    overdue = dispute_deadlines.overdue(ticket, due, now) if due is not None else ()
    return View(row, ticket, (*taken, *own), missed, overdue)


async def _asset(connection: Connection, message: DisputeRaised) -> AssetState | None:
    """The asset that somebody means, whatever it has turned out to be since."""
    reference = (message.source, message.own_reference) if message.own_reference is not None else None
    asset_id = await store.asset_meant(connection, reference, message.asset_id)
    found = await assets.by_ids(connection, [asset_id] if asset_id is not None else [])
    return AssetState.model_validate(found[0].state) if found else None
