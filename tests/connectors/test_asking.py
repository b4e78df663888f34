"""Due places are asked about, answers go into the journal, and the looks after them follow the policy."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web

from connectors.directories.asking import Enquirer
from connectors.directories.enquiry_service import EnquiryService, Patience
from connectors.journal import Journal
from connectors.own_voice import OwnVoice
from hub.errors import Unavailable
from hub.publisher import Publisher
from hub.rules import signature
from hub.rules.meter_point import KnownMeterPoint, SuppliedLocation, resolve
from hub.rules.reconsider import reconsider
from hub.services import own_voice
from hub.services.registration import enquire
from hub.services.registration.enquire import Place
from registry_store import enquiries
from registry_store.engine import Engine, transaction
from schemas import avro, body, topics
from schemas.findings import FINDINGS, MeterPointsAnswered
from schemas.records.meter_points import MeterPointEnquiryRow
from schemas.signed_message import SignedMessage
from schemas.vocabulary import MpanResolution as Outcome
from simulators import premises
from simulators.enquiry import EnquiryTown, Moods
from simulators.premises import Premises, Standing
from tests.support.publisher import KeptPublisher
from tests.support.topic import tail

T0 = datetime(2026, 11, 21, 9, tzinfo=UTC)
SECRET = "a secret of thirty-two characters"
OWN = own_voice.identity(SECRET)
SEED, HOMES = 3, 300
TOWN = [premises.premises_at(SEED, number) for number in range(HOMES)]
NEW_PLOT = next(p for p in TOWN if p.standing is Standing.UNKNOWN)
WITHOUT_EXPORT = next(p for p in TOWN if p.standing is Standing.KNOWN and p.export_mpan is None)
QUICK = Patience(attempts=1, first_wait=0.001, longest_wait=0.002, failures=1000)
REFERENCE = ("installer-1", "device-1")


def findings(publisher: KeptPublisher) -> list[MeterPointsAnswered]:
    return [told for told in publisher.told() if isinstance(told, MeterPointsAnswered)]


class Time:
    """A clock that tests turn on."""

    def __init__(self) -> None:
        self.now = T0

    def __call__(self) -> datetime:
        return self.now


@asynccontextmanager
async def asking(
    engine: Engine, publisher: Publisher, time: Time, moods: Moods | None = None
) -> AsyncIterator[tuple[Enquirer, EnquiryTown]]:
    town = EnquiryTown(SEED, HOMES, moods or Moods())
    runner = web.AppRunner(town.application())
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        async with EnquiryService.connected(url, None, 5.0, 8, QUICK) as service:
            yield Enquirer(engine, OwnVoice(Journal(publisher, SECRET), OWN, time), service, time), town
    finally:
        await runner.cleanup()


def place(told: SuppliedLocation, kind: str = "demand", known: Sequence[KnownMeterPoint] = ()) -> Place:
    return Place(*REFERENCE, told, resolve(told, known, kind, T0.date()))


def known_at(home: Premises) -> list[KnownMeterPoint]:
    rows = premises.meter_points(SEED, HOMES)
    return [KnownMeterPoint(**row.model_dump()) for row in rows if row.uprn == home.uprn]


async def settle(engine: Engine, *places: Place, now: datetime = T0) -> None:
    async with transaction(engine) as connection:
        await enquire.settle(connection, places, now)


async def waiting(engine: Engine) -> MeterPointEnquiryRow | None:
    async with transaction(engine) as connection:
        found = await enquiries.of(connection, [REFERENCE])
    return found[0] if found else None


AT_THE_PLOT = SuppliedLocation(address_line=NEW_PLOT.address_line, postcode=NEW_PLOT.postcode)


async def test_a_new_plot_is_asked_about_until_the_service_knows_it(engine: Engine) -> None:
    publisher, time = KeptPublisher(), Time()
    await settle(engine, place(AT_THE_PLOT))
    async with asking(engine, publisher, time) as (enquirer, _):
        for _ in range(4):
            await enquirer.look()
            row = await waiting(engine)
            assert row is not None
            time.now = row.due_at
    (finding,) = findings(publisher)
    assert (finding.source, finding.sender_asset_ref, finding.sender) == (*REFERENCE, "hub")
    assert NEW_PLOT.import_mpan in {p.mpan for p in finding.meter_points}
    assert finding.uprn == NEW_PLOT.uprn
    found = reconsider(AT_THE_PLOT, (), (finding,), "demand", T0.date())
    assert (found.outcome, found.import_mpan) == (Outcome.RESOLVED_EXACT, NEW_PLOT.import_mpan)
    await settle(engine, Place(*REFERENCE, AT_THE_PLOT, found))
    assert await waiting(engine) is None


async def test_an_export_mpan_is_waited_for_and_comes(engine: Engine) -> None:
    publisher, time = KeptPublisher(), Time()
    home = WITHOUT_EXPORT
    told = SuppliedLocation(import_mpan=home.import_mpan, uprn=home.uprn)
    known = known_at(home)
    await settle(engine, place(told, "generation", known))
    row = await waiting(engine)
    assert row is not None
    assert (row.reason, row.due_at) == ("PENDING_EXPORT_MPAN", T0 + timedelta(days=14))
    async with asking(engine, publisher, time) as (enquirer, town):
        await enquirer.look()
        assert sum(town.asked.values()) == 0
        for _ in range(4):
            row = await waiting(engine)
            assert row is not None
            time.now = row.due_at
            await enquirer.look()
    latest = max(findings(publisher), key=lambda f: f.occurred_at)
    found = reconsider(told, known, (latest,), "generation", T0.date())
    assert (found.outcome, found.export_mpan) == (
        Outcome.RESOLVED_EXACT,
        premises.later_export_mpan(SEED, home.number),
    )


async def test_the_same_answer_is_told_once(engine: Engine) -> None:
    publisher, time = KeptPublisher(), Time()
    told = SuppliedLocation(uprn=TOWN[0].uprn, address_line="nowhere", postcode=TOWN[0].postcode)
    await settle(engine, place(told))
    async with asking(engine, publisher, time) as (enquirer, _):
        for _ in range(9):
            await enquirer.look()
            row = await waiting(engine)
            assert row is not None
            time.now = row.due_at
    said = [{p.mpan for p in f.meter_points} for f in findings(publisher) if not f.overdue]
    assert len(said) == len({frozenset(s) for s in said})


async def test_an_answer_is_kept_and_not_asked_for_twice_while_it_is_young(engine: Engine) -> None:
    publisher, time = KeptPublisher(), Time()
    told = SuppliedLocation(uprn=WITHOUT_EXPORT.uprn)
    rows = [Place("installer-1", f"device-{n}", told, resolve(told, (), "demand", T0.date())) for n in range(5)]
    await settle(engine, rows[0])
    async with asking(engine, publisher, time) as (enquirer, town):
        await enquirer.look()
        asked = sum(town.asked.values())
        await settle(engine, *rows[1:])
        await enquirer.look()
        assert sum(town.asked.values()) == asked
    assert len(findings(publisher)) == 5


async def test_a_service_that_is_away_costs_no_look_and_is_asked_again_soon(engine: Engine) -> None:
    publisher, time = KeptPublisher(), Time()
    await settle(engine, place(AT_THE_PLOT))
    async with asking(engine, publisher, time, Moods(away=1.0)) as (enquirer, _):
        assert await enquirer.look() == 0
    row = await waiting(engine)
    assert row is not None
    assert (row.attempts, row.asked_at) == (0, None)
    assert T0 < row.due_at <= T0 + timedelta(hours=1)
    assert findings(publisher) == []


async def test_a_wrong_service_puts_nothing_into_the_journal(engine: Engine) -> None:
    publisher, time = KeptPublisher(), Time()
    told = SuppliedLocation(uprn=NEW_PLOT.uprn)
    await settle(engine, place(told))
    async with asking(engine, publisher, time, Moods(wrong=1.0)) as (enquirer, _):
        for _ in range(12):
            await enquirer.look()
            time.now += timedelta(hours=1)
    assert findings(publisher) == []


async def test_an_answer_that_the_journal_did_not_take_is_not_forgotten(engine: Engine) -> None:
    publisher, time = KeptPublisher(), Time()
    told = SuppliedLocation(uprn=WITHOUT_EXPORT.uprn)
    await settle(engine, place(told))
    async with asking(engine, publisher, time) as (enquirer, _):
        publisher.away = True
        with pytest.raises(Unavailable):
            await enquirer.look()
        publisher.away = False
        time.now += timedelta(minutes=11)
        await enquirer.look()
    assert len(findings(publisher)) == 1


async def test_age_is_told_once(engine: Engine) -> None:
    publisher, time = KeptPublisher(), Time()
    nowhere = SuppliedLocation(uprn="1")
    await settle(engine, place(nowhere))
    async with asking(engine, publisher, time) as (enquirer, _):
        for _ in range(12):
            await enquirer.look()
            row = await waiting(engine)
            assert row is not None
            time.now = row.due_at
    (finding,) = findings(publisher)
    assert (finding.overdue, finding.meter_points) == (True, ())
    assert finding.occurred_at >= T0 + timedelta(days=90)


async def test_two_processes_do_not_ask_about_the_same_place(engine: Engine) -> None:
    await settle(engine, place(AT_THE_PLOT))
    async with transaction(engine) as one, transaction(engine) as other:
        assert len(await enquiries.take_due(one, T0, 10, timedelta(minutes=1))) == 1
        assert await enquiries.take_due(other, T0, 10, timedelta(minutes=1)) == []


class TestWhatWaits:
    async def test_the_same_question_goes_on_and_another_begins_anew(self, engine: Engine) -> None:
        await settle(engine, place(AT_THE_PLOT))
        await settle(engine, place(AT_THE_PLOT), now=T0 + timedelta(days=3))
        row = await waiting(engine)
        assert row is not None
        assert row.opened_at == T0
        await settle(engine, place(SuppliedLocation(uprn="1")), now=T0 + timedelta(days=4))
        row = await waiting(engine)
        assert row is not None
        assert (row.opened_at, row.question) == (T0 + timedelta(days=4), {"uprn": "1"})

    async def test_a_place_that_is_settled_or_gone_waits_no_more(self, engine: Engine) -> None:
        await settle(engine, place(AT_THE_PLOT))
        await settle(engine, Place(*REFERENCE, None, None))
        assert await waiting(engine) is None

    async def test_an_answer_to_a_question_that_was_replaced_does_not_count_for_the_new_one(
        self, engine: Engine
    ) -> None:
        await settle(engine, place(AT_THE_PLOT))
        before = await waiting(engine)
        assert before is not None
        later = T0 + timedelta(days=1)
        await settle(engine, place(SuppliedLocation(uprn="1")), now=later)
        async with transaction(engine) as connection:
            await enquiries.look_again(connection, before.model_copy(update={"attempts": 7}))
        row = await waiting(engine)
        assert row is not None
        assert (row.attempts, row.due_at) == (0, later)


async def test_findings_reach_the_journal_signed_by_the_hub(kafka_server: object) -> None:
    address = kafka_server.address  # type: ignore[attr-defined]
    publisher = Publisher(address)
    finding = MeterPointsAnswered(
        sender="hub", about_source="installer-1", sender_asset_ref="a", occurred_at=T0, service="enquiry", overdue=True
    )
    try:
        async with tail(address, topics.INTAKE) as journal:
            await OwnVoice(Journal(publisher, SECRET), OWN, Time()).say([finding])
            (record,) = await journal.next(1)
    finally:
        await publisher.close()
    message = avro.decode(record.value, SignedMessage)
    assert signature.verifies(message, OWN.public_key)
    assert body.decode(message.body, FINDINGS) == finding
    assert dict(record.headers) | {"received-at": b""} == {"sender": b"hub", "door": b"hub", "received-at": b""}
    assert record.key == Journal(publisher, SECRET).key("installer-1", "a")
