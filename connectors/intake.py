"""The one way in. Every door ends here, and nothing is answered "accepted" before Kafka has it."""

import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace

import structlog

from connectors import answers
from connectors.admission import Admitted, Arrival, Refused, check
from connectors.answers import Answer
from connectors.journal import Entry, Journal
from connectors.quota import Quota
from connectors.repeats import Repeats
from hub import clock, metrics
from hub.errors import Unavailable
from hub.services import set_aside
from hub.services.audit.log import process_lane
from hub.services.directory import Directory, DirectoryWatch
from hub.settings import Settings
from registry_store import inbox, quarantine
from registry_store.engine import Engine, transaction
from schemas import avro
from schemas.records.journal import QuarantineRow
from schemas.vocabulary import Door

REMEMBERED = 50_000
"""Messages that this door accepted lately and that may not be registered yet."""

log = structlog.get_logger()


@dataclass(frozen=True)
class Windows:
    """How far a message's time may be from its arrival, in seconds."""

    http: int
    broker: int

    def of(self, door: Door, through_broker: bool) -> int:
        return self.broker if through_broker or door is Door.MQTT else self.http


class Intake:
    """Checks, journals and answers. One for each door process."""

    def __init__(self, directory: DirectoryWatch, journal: Journal, engine: Engine, settings: Settings) -> None:
        self._directory = directory
        self._journal = journal
        self._engine = engine
        self._windows = Windows(settings.http_window_seconds, settings.broker_window_seconds)
        self._max_in_flight = settings.max_in_flight
        self._in_flight = 0
        self._quota = Quota(settings.participant_rate, settings.participant_burst)
        self._repeats = Repeats()
        self._recent: OrderedDict[inbox.Key, bytes] = OrderedDict()
        self._lane = process_lane("door", settings.port)

    async def accept(self, door: Door, arrivals: Sequence[Arrival], *, through_broker: bool = False) -> list[Answer]:
        """An answer for each arrival, in their order. Never raises for what a message holds."""
        directory, window = self._directory.current, self._windows.of(door, through_broker)
        again = [self._repeats.knows(a, door, directory, window) for a in arrivals]
        new = [a for a, known in zip(arrivals, again, strict=True) if not known]
        given = await self._check_and_settle(door, new, directory, window) if new else []
        for arrival, answer in zip(new, given, strict=True):
            if answer.accepted:
                self._repeats.note(arrival, door, directory)
        left = iter(given)
        found = [
            answers.duplicate(a.message.id) if known else next(left) for a, known in zip(arrivals, again, strict=True)
        ]
        for answer in found:
            metrics.ANSWERS.labels(door=door, code=answer.code).inc()
        return found

    async def _check_and_settle(
        self, door: Door, arrivals: Sequence[Arrival], directory: Directory, window: int
    ) -> list[Answer]:
        if self._in_flight and self._in_flight + len(arrivals) > self._max_in_flight:
            return [answers.busy(a.message.id) for a in arrivals]
        self._in_flight += len(arrivals)
        try:
            return await self._settle(door, [check(a, door, directory, window) for a in arrivals])
        finally:
            self._in_flight -= len(arrivals)

    def would(self, door: Door, arrival: Arrival) -> Admitted | Refused:
        """What the checks say of a message, without taking it or setting it aside."""
        return check(arrival, door, self._directory.current, self._windows.of(door, through_broker=False))

    async def _settle(self, door: Door, checked: Sequence[Admitted | Refused]) -> list[Answer]:
        known = await self._known([(c.sender, c.message.id) for c in checked if isinstance(c, Admitted)])
        outcome: list[Answer | Admitted | Refused] = []
        in_batch: dict[inbox.Key, bytes] = {}
        for item in checked:
            # What is refused and kept costs its sender as much as what is taken.
            if item.sender is not None and not self._quota.take(item.sender):
                outcome.append(answers.too_many(item.message_id))
            else:
                outcome.append(item if isinstance(item, Refused) else self._against_repeats(item, known, in_batch))
        set_aside = await self._set_aside(door, [r for r in outcome if isinstance(r, Refused)])
        journaled = await self._append(door, [a for a in outcome if isinstance(a, Admitted)])
        return [
            set_aside[id(o)] if isinstance(o, Refused) else journaled(o) if isinstance(o, Admitted) else o
            for o in outcome
        ]

    async def _known(self, keys: Sequence[inbox.Key]) -> dict[inbox.Key, bytes]:
        """Bodies of messages accepted before. Without PostgreSQL only this door's own memory is asked: the registration
        finds every repeat again, so that a message may still be taken."""
        known = {key: self._recent[key] for key in keys if key in self._recent}
        unsure = [key for key in keys if key not in known]
        if not unsure:
            return known
        try:
            async with transaction(self._engine) as connection:
                return known | await inbox.digests(connection, unsure)
        except Unavailable as error:
            log.warning("repeats_not_looked_up", reason=str(error))
            return known

    def _against_repeats(
        self, item: Admitted, known: dict[inbox.Key, bytes], in_batch: dict[inbox.Key, bytes]
    ) -> Answer | Admitted | Refused:
        key, digest = (item.sender, item.message.id), _digest(item)
        before = known.get(key) or in_batch.get(key)
        if before is None:
            in_batch[key] = digest
            return item
        if before == digest:
            # Within one batch the first of the two may still fail, and then neither was taken.
            return answers.duplicate(item.message.id) if key in known else item
        arrival = Arrival(item.message, item.received_at)
        return Refused(arrival, answers.id_reused(item.message.id), item.sender)

    async def _set_aside(self, door: Door, refused: Sequence[Refused]) -> dict[int, Answer]:
        """Answers of the refused, after those of authentic senders are kept."""
        found, rows = {}, []
        for item in refused:
            log.info("refused", door=door, code=item.answer.code, sender=item.sender, why=item.why)
            found[id(item)] = item.answer
            if item.kept:
                row = _quarantined(item, door)
                rows.append(row)
                found[id(item)] = replace(item.answer, quarantine_id=row.quarantine_id)
        if rows:
            try:
                await set_aside.keep(self._engine, rows, self._lane, clock.now())
            except Unavailable as error:
                log.warning("not_set_aside", reason=str(error))
                return {id(r): answers.busy(r.answer.message_id) if r.kept else r.answer for r in refused}
        return found

    async def _append(self, door: Door, admitted: Sequence[Admitted]) -> "_Journaled":
        if not admitted:
            return _Journaled(taken=True)
        try:
            await self._journal.append([_entry(item, door) for item in admitted])
        except Unavailable as error:
            log.warning("not_journaled", reason=str(error), messages=len(admitted))
            return _Journaled(taken=False)
        for item in admitted:
            self._recent[(item.sender, item.message.id)] = _digest(item)
        while len(self._recent) > REMEMBERED:
            self._recent.popitem(last=False)
        return _Journaled(taken=True)


@dataclass(frozen=True)
class _Journaled:
    taken: bool

    def __call__(self, item: Admitted) -> Answer:
        return answers.accepted(item.message.id) if self.taken else answers.busy(item.message.id)


def _digest(item: Admitted) -> bytes:
    return hashlib.sha256(item.message.body).digest()


def _entry(item: Admitted, door: Door) -> Entry:
    n = item.notification
    return Entry(item.message, item.sender, n.source, n.sender_asset_ref, door, item.received_at)


def _quarantined(item: Refused, door: Door) -> QuarantineRow:
    message = item.arrival.message
    return QuarantineRow(
        quarantine_id=quarantine.id_of(item.sender or "", message.id, item.answer.code, message.body),
        door=door,
        participant=item.sender,
        message_id=message.id,
        code=item.answer.code,
        detail=item.answer.detail,
        fields={p.field: p.problem for p in item.answer.fields},
        envelope=avro.encode(message),
        received_at=item.arrival.received_at,
        journal_partition=None,
        journal_offset=None,
        released_at=None,
    )
