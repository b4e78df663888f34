"""Asks an enquiry service about the places that are due, and tells the journal what it answered.

The journal has an answer before the place is marked as asked: a crash between the two asks and tells again, and an
answer said twice comes to the same.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog

from connectors.directories.enquiry_service import EnquiryFailed, EnquiryService, EnquiryWrong
from connectors.own_voice import OwnVoice
from hub import metrics
from hub.clock import london_date
from hub.errors import Unavailable
from hub.rules import enquiry
from hub.rules.enquiry import FoundAddress, Policies
from hub.rules.meter_point_facts import SuppliedLocation
from registry_store import enquiries
from registry_store.engine import Engine, transaction
from schemas.findings import AnsweredMeterPoint, MeterPointsAnswered
from schemas.identifiers import canonical_postcode, canonical_uprn, parse_mpan
from schemas.records.meter_points import EnquiryAnswerRow, MeterPointEnquiryRow
from schemas.reference.enquiries import enquiry_policy
from schemas.vocabulary import EnquiryReason

AT_ONCE = 50
LEASE = timedelta(minutes=10)
POSTPONED = timedelta(minutes=5)
"""A service that is away says nothing of a place: it is asked again soon, and the look does not count."""
KEPT = timedelta(days=60)

log = structlog.get_logger()


@dataclass(frozen=True)
class Answer:
    """What the service knows of one place, and when it was asked."""

    address: FoundAddress | None
    meter_points: tuple[AnsweredMeterPoint, ...]
    asked_at: datetime

    @property
    def sha256(self) -> bytes:
        said = repr((self.address and self.address.uprn, sorted(p.model_dump_json() for p in self.meter_points)))
        return hashlib.sha256(said.encode()).digest()


class Enquirer:
    """Looks after what is due. Several may run side by side."""

    def __init__(self, engine: Engine, voice: OwnVoice, service: EnquiryService, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._voice = voice
        self._service = service
        self._now = now

    async def run(self, poll_seconds: float) -> None:
        """For ever: asks what is due, waits when nothing is or when nobody answers."""
        while True:
            try:
                if await self.look() == 0:
                    await asyncio.sleep(poll_seconds)
            except Unavailable as error:
                log.warning("enquiries_wait", reason=str(error))
                await asyncio.sleep(poll_seconds)

    async def look(self) -> int:
        """One round; gives how many places were answered for. Raises `Unavailable` for PostgreSQL or Kafka."""
        now = self._now()
        async with transaction(self._engine) as connection:
            due = await enquiries.take_due(connection, now, AT_ONCE, LEASE)
            await enquiries.forget_before(connection, now - KEPT)
        asked = await asyncio.gather(*(self._ask(row) for row in due))
        await self._voice.say([f for row, answer in asked for f in self._findings(row, answer, now)])
        async with transaction(self._engine) as connection:
            for row, answer in asked:
                await enquiries.look_again(connection, _after(row, answer, now))
            waiting, overdue = await enquiries.ages(connection, now)
        metrics.ENQUIRIES_WAITING.set(waiting)
        metrics.ENQUIRIES_OVERDUE.set(overdue)
        return sum(answer is not None for _, answer in asked)

    async def _ask(self, row: MeterPointEnquiryRow) -> tuple[MeterPointEnquiryRow, Answer | None]:
        """The answer about one place; nothing where the service had none to give."""
        try:
            answer = await self._answer(row)
        except EnquiryFailed as error:
            outcome = "wrong" if isinstance(error, EnquiryWrong) else "unavailable"
            log.warning("enquiry_failed", outcome=outcome, reason=str(error))
            metrics.ENQUIRIES.labels(outcome=outcome).inc()
            return row, None
        metrics.ENQUIRIES.labels(outcome="answered" if answer.meter_points else "nothing").inc()
        return row, answer

    async def _answer(self, row: MeterPointEnquiryRow) -> Answer:
        told = SuppliedLocation(**row.question)
        ask = _Questions(self._engine, self._service, EnquiryReason(row.reason), self._now())
        points: dict[str, AnsweredMeterPoint] = {}
        address, uprn = None, canonical_uprn(told.uprn).value
        if uprn is not None:
            points |= {p.mpan: p for p in await ask.meter_points(uprn=uprn)}
        if not points and (postcode := canonical_postcode(told.postcode).canonical) and told.address_line:
            found = await ask.addresses(postcode, told.address_line)
            address = enquiry.the_address(found, told.address_line, postcode)
            if address is not None and address.uprn != uprn:
                points |= {p.mpan: p for p in await ask.meter_points(uprn=address.uprn)}
        for mpan in (parse_mpan(told.import_mpan).core, parse_mpan(told.export_mpan).core):
            if mpan is not None and mpan not in points:
                points |= {p.mpan: p for p in await ask.meter_points(mpan=mpan)}
        return Answer(address, tuple(points[mpan] for mpan in sorted(points)), ask.asked_at)

    def _findings(
        self, row: MeterPointEnquiryRow, answer: Answer | None, now: datetime
    ) -> Sequence[MeterPointsAnswered]:
        """What is news: other meter points than last time, or that the wait has become too long."""
        news = answer is not None and bool(answer.meter_points) and answer.sha256 != row.answer_sha256
        overdue = now >= row.alarm_at
        if answer is None or not (news or (overdue and not row.told_overdue)):
            return ()
        address = answer.address
        return (
            MeterPointsAnswered(
                sender=self._voice.participant,
                about_source=row.source,
                sender_asset_ref=row.sender_asset_ref,
                occurred_at=answer.asked_at,
                service=self._service.name,
                uprn=address.uprn if address else None,
                address_line=address.address_line if address else None,
                postcode=address.postcode if address else None,
                meter_points=answer.meter_points,
                overdue=overdue,
            ),
        )


class _Questions:
    """Questions about one place, each asked only when no answer to it is young enough. Remembers the oldest used."""

    def __init__(self, engine: Engine, service: EnquiryService, reason: EnquiryReason, now: datetime) -> None:
        self._engine = engine
        self._service = service
        self._reason = reason
        self._now = now
        self.asked_at = now

    async def addresses(self, postcode: str, line: str) -> list[FoundAddress]:
        async def ask() -> list[dict[str, Any]]:
            found = await self._service.addresses(postcode, line)
            return [{"uprn": a.uprn, "address_line": a.address_line, "postcode": a.postcode} for a in found]

        return [FoundAddress(**a) for a in await self._remembered(f"address {postcode} {line}", ask)]

    async def meter_points(self, *, uprn: str | None = None, mpan: str | None = None) -> list[AnsweredMeterPoint]:
        async def ask() -> list[dict[str, Any]]:
            return [p.model_dump(mode="json") for p in await self._service.meter_points(uprn=uprn, mpan=mpan)]

        question = f"uprn {uprn}" if uprn is not None else f"mpan {mpan}"
        return [AnsweredMeterPoint.model_validate(p) for p in await self._remembered(question, ask)]

    async def _remembered(
        self, question: str, ask: Callable[[], Awaitable[list[dict[str, Any]]]]
    ) -> list[dict[str, Any]]:
        async with transaction(self._engine) as connection:
            before = await enquiries.remembered(connection, self._service.name, question)
        if before is not None and enquiry.still_good(self._reason, before.asked_at, self._now, _policies(self._now)):
            self.asked_at = min(self.asked_at, before.asked_at)
            return list(before.answer["found"])
        found = await ask()
        row = EnquiryAnswerRow(
            service=self._service.name, question=question, answer={"found": found}, asked_at=self._now
        )
        async with transaction(self._engine) as connection:
            await enquiries.remember(connection, row)
        return found


def _after(row: MeterPointEnquiryRow, answer: Answer | None, now: datetime) -> MeterPointEnquiryRow:
    """The place once it was asked about."""
    if answer is None:
        return row.model_copy(update={"due_at": now + POSTPONED})
    attempts = row.attempts + 1
    return row.model_copy(
        update={
            "due_at": enquiry.next_look(EnquiryReason(row.reason), attempts, now, _policies(now)),
            "attempts": attempts,
            "asked_at": answer.asked_at,
            "told_overdue": row.told_overdue or now >= row.alarm_at,
            "answer_sha256": answer.sha256 if answer.meter_points else row.answer_sha256,
        }
    )


def _policies(now: datetime) -> Policies:
    return enquiry_policy(london_date(now))
