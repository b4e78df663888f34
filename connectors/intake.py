"""The one way in. Every door ends here, and nothing is answered "accepted" before Kafka has it."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

import prometheus_client
import structlog

from connectors import answers
from connectors.admission import Admitted, Arrival, Refused, check
from connectors.answers import Answer
from connectors.journal import Entry, Journal
from connectors.quota import Quota
from connectors.repeats import Digests, Repeats
from connectors.rounds import Place, Rounds
from connectors.taken_lately import TakenLately
from hub import clock, metrics
from hub.errors import Unavailable
from hub.log import where
from hub.services import set_aside
from hub.services.audit.log import process_lane
from hub.services.directory import Directory, DirectoryWatch
from hub.settings import Settings
from registry_store import quarantine
from registry_store.engine import Engine
from registry_store.inbox import Key
from schemas import avro
from schemas.records.journal import QuarantineRow
from schemas.signed_message import MAX_BODY_BYTES
from schemas.vocabulary import Door

CHECKED_AT_ONCE, BYTES_AT_ONCE = 20, MAX_BODY_BYTES
"""Some milliseconds of work, after which others get their turn."""
SET_ASIDE_SECONDS = 5.0
"""For how long PostgreSQL may take to set something aside. Over MQTT others wait meanwhile."""

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
        self.in_flight = 0
        """Messages without an answer yet."""
        self._quota = Quota(settings.participant_rate, settings.participant_burst)
        self._taken_lately = TakenLately()
        self._repeats = Repeats(engine)
        self._rounds = Rounds(self._registered, self._settle)
        self._lane = process_lane("door", settings.port)

    async def accept(self, door: Door, arrivals: Sequence[Arrival], *, through_broker: bool = False) -> list[Answer]:
        """An answer for each arrival, in their order. Never raises for what a message holds."""
        directory, window = self._directory.current, self._windows.of(door, through_broker)
        again = [self._taken_lately.knows(a, door, directory, window) for a in arrivals]
        new = [a for a, known in zip(arrivals, again, strict=True) if not known]
        given = await self._take(door, new, directory, window) if new else []
        for arrival, answer in zip(new, given, strict=True):
            if answer.accepted:
                self._taken_lately.note(arrival, door, directory)
        left = iter(given)
        found = [
            answers.duplicate(a.message.id) if known else next(left) for a, known in zip(arrivals, again, strict=True)
        ]
        for answer in found:
            _counter(door, answer.code).inc()
        return found

    async def _take(
        self, door: Door, arrivals: Sequence[Arrival], directory: Directory, window: int
    ) -> Sequence[Answer]:
        if self.in_flight and self.in_flight + len(arrivals) > self._max_in_flight:
            return [answers.busy(a.message.id) for a in arrivals]
        self.in_flight += len(arrivals)
        try:
            return await self._answered(door, arrivals, directory, window)
        finally:
            self.in_flight -= len(arrivals)

    def would(self, door: Door, arrival: Arrival) -> Admitted | Refused:
        """What the checks say of a message, without taking it or setting it aside."""
        return check(arrival, door, self._directory.current, self._windows.of(door, through_broker=False))

    async def close(self) -> None:
        await self._rounds.close()
        await self._repeats.close()

    async def _answered(
        self, door: Door, arrivals: Sequence[Arrival], directory: Directory, window: int
    ) -> list[Answer]:
        """Signatures take their time: part of a batch is on its way while the next is checked, and others get their
        turn in between."""
        places: list[Place[Answer | Refused]] = []
        spent: set[str] = set()
        for some in _portions(arrivals):
            if places:
                await asyncio.sleep(0)
            checked = [check(a, door, directory, window) for a in some]
            places.append(self._rounds.join([_Checked(door, self._within_quota(c, spent)) for c in checked]))
        said = [one for place in places for one in await place.answers()]
        # After the round: nobody waits for what PostgreSQL keeps of another's.
        kept = await self._set_aside(door, [s for s in said if isinstance(s, Refused)])
        return [kept[id(s)] if isinstance(s, Refused) else s for s in said]

    async def _registered(self, checked: "Sequence[_Checked]") -> Digests:
        return await self._repeats.registered([_key(c.said) for c in checked if isinstance(c.said, Admitted)])

    def _within_quota(self, item: Admitted | Refused, spent: set[str]) -> Admitted | Refused | Answer:
        """What is refused and kept costs its sender as much as what is taken. Of a sender whose quota is `spent`
        nothing later is taken before what it sent earlier."""
        if item.sender is None or (item.sender not in spent and self._quota.take(item.sender)):
            return item
        spent.add(item.sender)
        return answers.too_many(item.message_id)

    async def _settle(self, checked: "Sequence[_Checked]", registered: Digests) -> list[Answer | Refused]:
        outcome = [
            self._against_repeats(c.said, registered) if isinstance(c.said, Admitted) else c.said for c in checked
        ]
        doors = (c.door for c in checked)
        taken = await self._append([(d, o) for d, o in zip(doors, outcome, strict=True) if isinstance(o, Admitted)])
        return [taken(o) if isinstance(o, Admitted) else o for o in outcome]

    def _against_repeats(self, item: Admitted, registered: Digests) -> Answer | Admitted | Refused:
        key, digest = _key(item), item.digest
        before = self._repeats.accepted(key, registered)
        if before == digest:
            return answers.duplicate(item.message.id)
        before = before or self._repeats.sets_out(key, digest)
        if before == digest:
            # Of two that are on their way at once the first may still fail, so that both go: the registration finds
            # the repeat.
            return item
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
                async with asyncio.timeout(SET_ASIDE_SECONDS):
                    await set_aside.keep(self._engine, rows, self._lane, clock.now())
            except Exception as error:
                # Any error: a door that ended would get the same again, and take nothing of others.
                if isinstance(error, (Unavailable, TimeoutError)):
                    log.warning("not_set_aside", reason=str(error) or type(error).__name__)
                else:
                    log.error("not_set_aside", error=type(error).__name__, where=where(error))
                return {id(r): answers.busy(r.message_id, of_all=False) if r.kept else r.answer for r in refused}
        return found

    async def _append(self, admitted: Sequence[tuple[Door, Admitted]]) -> "_Journaled":
        if not admitted:
            return _Journaled(taken=True)
        taken = False
        try:
            await self._journal.append([_entry(item, door) for door, item in admitted])
            taken = True
        except Unavailable as error:
            log.warning("not_journaled", reason=str(error), messages=len(admitted))
        finally:
            self._repeats.arrived([(_key(item), item.digest) for _, item in admitted], taken=taken)
        return _Journaled(taken)


def _portions(arrivals: Sequence[Arrival]) -> Iterator[list[Arrival]]:
    some: list[Arrival] = []
    size = 0
    for arrival in arrivals:
        some.append(arrival)
        size += len(arrival.message.body)
        if len(some) == CHECKED_AT_ONCE or size >= BYTES_AT_ONCE:
            yield some
            some, size = [], 0
    if some:
        yield some


@cache
def _counter(door: Door, code: str) -> prometheus_client.Counter:
    # To find a counter by its labels takes longer than to count.
    return metrics.ANSWERS.labels(door=door, code=code)


@dataclass(frozen=True)
class _Checked:
    """A message on its way through, and what is said of it so far."""

    door: Door
    said: Admitted | Refused | Answer


@dataclass(frozen=True)
class _Journaled:
    taken: bool

    def __call__(self, item: Admitted) -> Answer:
        return answers.accepted(item.message.id) if self.taken else answers.busy(item.message.id)


def _key(item: Admitted) -> Key:
    return item.sender, item.message.id


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
