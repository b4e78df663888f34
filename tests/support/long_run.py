"""A long mixed run of the journal: everything that participants and the hub tell, seeded, so that it can be told again.

To have more kinds of messages in it, add a scenario to `SCENARIOS`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random

from hub.rules.disputes import dispute_id
from schemas.asset import ExternalId, Location
from schemas.decisions import IdentityVerdict
from schemas.dispute_codes import DisputeOutcome
from schemas.disputes import Correction
from schemas.findings import AnsweredMeterPoint, MeterPointsAnswered
from schemas.notifications import Notification
from schemas.vocabulary import AssetCategory, Door
from streams.records import JournalRecord
from tests.support.decisions import a_ruling, a_word
from tests.support.disputes import a_closing, a_dispute, an_answer
from tests.support.journal import JournalBuilder, signed
from tests.support.notifications import (
    T0,
    a_battery,
    a_claim,
    a_clock,
    a_deregistration,
    a_device,
    a_removal,
    an_update,
)
from tests.support.people import CONSENT, OTHER_CONSENT, WITHDRAWN_CONSENT
from tests.support.premises import KNOWN, Premises

UNKNOWN_TO_THE_REGISTRY = tuple(
    Premises("10", number, "_A", postcode=f"CB2 {number % 9}XY") for number in range(50, 70)
)
GUILTY = "no rule can handle this"
"""The name of an asset of which a test lets the registration fail."""


@dataclass
class Home:
    """A home of the run, with a number that its references and serial numbers are made of."""

    number: int
    premises: Premises
    random: Random
    began: datetime

    def ref(self, what: str) -> str:
        return f"{what}-{self.number}"

    @property
    def serial(self) -> str:
        return f"SN-{self.number * 7919 % 900_000 + 100_000}"

    def after(self, minutes: int) -> datetime:
        return self.began + timedelta(minutes=minutes)

    def device(self, sender: str, what: str, minutes: int, **told: object) -> Notification:
        facts = {"location": self.premises.location(), "occurred_at": self.after(minutes)} | told
        return a_device(sender, self.ref(what), str(facts.pop("serial", self.serial)), **facts)

    def update(self, sender: str, what: str, minutes: int, **told: object) -> Notification:
        return an_update(sender, self.ref(what), occurred_at=self.after(minutes), **told)


Scenario = Callable[[Home], Iterator[Notification]]


def told_by_several(home: Home) -> Iterator[Notification]:
    yield home.device("installer-1", "several", 0)
    yield home.device("oem-1", "several", 3, model="Maker's own")
    yield home.device("fsp-1", "several", 5, market=a_claim("fsp-1", home.random.choice((CONSENT, "C-NOBODY"))))
    yield home.device("fsp-2", "several", 6, market=a_claim("fsp-2", OTHER_CONSENT))
    yield home.update("installer-1", "several", 8, phases=home.random.choice((1, 3)))


def without_serial_and_then_with(home: Home) -> Iterator[Notification]:
    """Two assets that a late better key joins."""
    yield home.device("installer-1", "late-key", 0, location=home.premises.location(import_mpan=None, uprn=None))
    bare = a_battery("oem-2", home.ref("late-key"), occurred_at=home.after(2), manufacturer="Sample Power Ltd")
    yield bare.model_copy(update={"location": bare.location.model_copy(update={"import_mpan": None, "uprn": None})})
    yield home.update("oem-2", "late-key", 20, serial_number=home.serial)


def joined_and_then_apart(home: Home) -> Iterator[Notification]:
    """The maker mends a serial number, and one asset becomes two."""
    yield home.device("installer-2", "apart", 0)
    yield home.device("oem-1", "apart", 1)
    yield home.update("oem-1", "apart", 15, serial_number=f"ZX-{home.number}-77")


def replaced(home: Home) -> Iterator[Notification]:
    yield home.device("installer-1", "old", 0, commissioning_date=date(2025, 1, 10))
    yield a_removal("installer-1", home.ref("old"), occurred_at=home.after(30), effective_from=date(2026, 3, 1))
    yield home.device("installer-1", "new", 31, serial=f"NEW-{home.number}-4", commissioning_date=date(2026, 3, 2))


def told_before_it_stands(home: Home) -> Iterator[Notification]:
    """Updates and a removal wait for the asset."""
    yield home.update("platform-1", "early", 4, phases=3)
    if home.random.random() < 0.7:
        yield home.device("platform-1", "early", 0, asset_category=AssetCategory.HEAT_PUMP)


def told_again_and_out_of_order(home: Home) -> Iterator[Notification]:
    yield home.device("oem-2", "again", 10, source_seq=5, phases=1)
    yield home.device("oem-2", "again", 2, source_seq=2, phases=3)
    yield home.device("oem-2", "again", 20, source_seq=6, phases=1)
    yield home.device("oem-2", "again", 21, source_seq=7, phases=1)


def registered_and_gone(home: Home) -> Iterator[Notification]:
    consent = home.random.choice((CONSENT, WITHDRAWN_CONSENT, None))
    yield home.device("fsp-1", "market", 0, market=a_claim("fsp-1", consent))
    yield a_deregistration("fsp-1", home.ref("market"), occurred_at=home.after(40))


def clocks(home: Home) -> Iterator[Notification]:
    yield home.device("installer-2", "clock", 0, commissioning_date=date(2026, 4, 1))
    yield a_clock("installer-2", home.ref("clock"), occurred_at=home.after(60))


def disputed(home: Home) -> Iterator[Notification]:
    """One dispute about the rating, closed with a correction or without one, or left open."""
    yield home.device("installer-1", "disputed", 0)
    raised = a_dispute("installer-1", own_reference=home.ref("disputed"), occurred_at=home.after(5))
    ticket = dispute_id("installer-1", signed(raised).id)
    yield raised
    yield an_answer(ticket, occurred_at=home.after(6))
    end = home.random.choice((None, DisputeOutcome.NO_ACTION_REQUIRED, DisputeOutcome.CORRECTED))
    if end is DisputeOutcome.CORRECTED:
        right = Correction(effective_from=date(2026, 4, 20), rated_capacity_kw=Decimal("3.68"))
        yield a_closing(ticket, end, correction=right, occurred_at=home.after(9))
    elif end is not None:
        yield a_closing(ticket, end, occurred_at=home.after(9))


def vehicle_and_chargepoint(home: Home) -> Iterator[Notification]:
    name = ExternalId(scheme="OCPP", value=f"CP-{home.number}", issuer=None)
    yield home.device("installer-1", "box", 0, asset_category=AssetCategory.EV_CHARGER, external_ids=(name,))
    yield home.device("platform-2", "box", 1, asset_category=AssetCategory.EV_CHARGER, external_ids=(name,))


def ruled(home: Home) -> Iterator[Notification]:
    """People say that two devices are one, that they are not, or that one took the other's place."""
    one, other = ("installer-1", home.ref("ruled")), ("oem-2", home.ref("ruled"))
    yield home.device("installer-1", "ruled", 0, serial=f"RULED-{home.number}-1")
    yield home.device("oem-2", "ruled", 1, serial=f"QX-{home.number * 31}-9")
    verdicts = home.random.sample(list(IdentityVerdict), 2)
    for minutes, verdict in enumerate(verdicts, 50):
        yield a_ruling(one, other, verdict, occurred_at=home.after(minutes))


def named_by_its_operator(home: Home) -> Iterator[Notification]:
    """Only a postcode is told; the operator says which meter point it is."""
    device = ("installer-2", home.ref("named"))
    yield home.device("installer-2", "named", 0, location=Location(postcode=home.premises.postcode))
    yield a_word(
        device, home.premises.import_mpan, home.random.choice(("admin", "eastern")), occurred_at=home.after(45)
    )


def asked_about(home: Home) -> Iterator[Notification]:
    """A place that the registry copy does not know; the enquiry service does."""
    plot = Premises("10", 900 + home.number, "_A", postcode=f"CB3 {home.number % 9}ZZ")
    yield home.device("installer-1", "plot", 0, location=plot.location(import_mpan=None))
    yield MeterPointsAnswered(
        sender="hub",
        about_source="installer-1",
        sender_asset_ref=home.ref("plot"),
        occurred_at=home.after(35),
        service="Sample enquiries",
        uprn=plot.uprn,
        meter_points=tuple(
            AnsweredMeterPoint(**{name: getattr(point, name) for name in AnsweredMeterPoint.model_fields})
            for point in plot.meter_points()
        ),
    )


SCENARIOS: tuple[Scenario, ...] = (
    told_by_several,
    without_serial_and_then_with,
    joined_and_then_apart,
    replaced,
    told_before_it_stands,
    told_again_and_out_of_order,
    registered_and_gone,
    clocks,
    disputed,
    vehicle_and_chargepoint,
    ruled,
    named_by_its_operator,
    asked_about,
)


@dataclass
class LongRun:
    """Records of a journal with some partitions, as the broker would have them."""

    seed: int
    homes: int = 5
    partitions: int = 3
    scenarios: tuple[Scenario, ...] = SCENARIOS
    _taken: int = field(default=0, init=False)

    def records(self) -> list[JournalRecord]:
        random = Random(self.seed)
        journal = JournalBuilder(partitions=self.partitions)
        return [self._timed(record) for record in self._records(random, journal)]

    def _records(self, random: Random, journal: JournalBuilder) -> Iterator[JournalRecord]:
        sent: list[Notification] = []
        for notice in self._mixed(random):
            chance = random.random()
            yield self._record(journal, notice)
            sent.append(notice)
            if chance < 0.06:
                yield self._record(journal, random.choice(sent))
            elif chance < 0.09:
                yield journal.raw(random.randbytes(20), "installer-1", random.randrange(self.partitions))
            elif chance < 0.12:
                yield from self._guilty(journal)
            elif chance < 0.15 and "sender_asset_ref" in type(notice).model_fields:
                other = notice.model_copy(update={"sender_asset_ref": f"other-{len(sent)}"})
                yield self._record(journal, other, under_the_id_of=notice)

    def _mixed(self, random: Random) -> Iterator[Notification]:
        """The scenarios of all homes in each other's way; within one, now and then a message overtakes."""
        lines = []
        for number in range(self.homes):
            places = (*KNOWN, *UNKNOWN_TO_THE_REGISTRY)
            home = Home(number, places[number % len(places)], random, T0 - timedelta(days=10, minutes=number))
            for scenario in self.scenarios:
                line = list(scenario(home))
                if random.random() < 0.2:
                    random.shuffle(line)
                lines.append(line)
        while lines:
            line = random.choice(lines)
            yield line.pop(0)
            if not line:
                lines.remove(line)

    def _guilty(self, journal: JournalBuilder) -> Iterator[JournalRecord]:
        self._taken += 1
        yield self._record(journal, a_battery("installer-2", f"guilty-{self._taken}", asset_name=GUILTY))

    def _record(
        self, journal: JournalBuilder, notice: Notification, under_the_id_of: Notification | None = None
    ) -> JournalRecord:
        if under_the_id_of is not None:
            return journal.record(notice, mid=signed(under_the_id_of).id)
        return journal.record(notice)

    def _timed(self, record: JournalRecord) -> JournalRecord:
        """Each arrives a moment after the one before."""
        self._taken += 1
        arrived = (T0 + timedelta(milliseconds=137 * self._taken)).timestamp()
        headers = record.headers | {"door": Door.WEBHOOK.encode()}
        return JournalRecord(record.topic, record.partition, record.offset, record.value, headers, arrived)
