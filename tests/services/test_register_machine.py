"""Whatever order messages come in, however often, and whatever fails on the way: the register ends up the same."""

import asyncio
from collections.abc import Coroutine
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import text

from hub.services.registration.batch import register as register_batch
from hub.services.registration.entry import JournalEntry
from registry_store import outbox
from registry_store.engine import connect, transaction
from schemas import topics
from schemas.notifications import Notification
from schemas.outbound import AssetState
from schemas.vocabulary import AssetCategory, ClockKind
from tests.support import people, register
from tests.support.journal import JournalBuilder, message_id
from tests.support.notifications import (
    COMMISSIONED_ON,
    T0,
    YESTERDAY,
    a_battery,
    a_claim,
    a_clock,
    a_deregistration,
    a_device,
    a_removal,
    an_update,
)
from tests.support.premises import NEIGHBOUR

T = TypeVar("T")
TABLES = (
    "asset, asset_history, sighting, sighting_key, membership, source_claim, claim_repeat, former_operator, receipt,"
    " outbox, feed, inbox, quarantine, watermark, connection_unit, due_clock"
)


def after(minutes: int) -> dict[str, Any]:
    return {"occurred_at": YESTERDAY + timedelta(minutes=minutes)}


PANELS: dict[str, Any] = {"asset_category": AssetCategory.SOLAR_PV, "rated_capacity_kw": Decimal(2), "phases": 1}
TOLD: tuple[Notification, ...] = (
    a_device("installer-1", "I1", **after(0)),
    an_update("installer-1", "I1", phases=1, **after(1)),
    an_update("installer-1", "I1", phases=3, model="M-1", **after(2)),
    an_update("installer-1", "I1", phases=1, **after(3)),
    a_device("oem-1", "O1", model="Maker's own", **after(1)),
    a_device("oem-1", "O1", model="Maker's own", **after(4)),
    an_update("oem-1", "O1", storage_energy_kwh="9.50", source_seq=4, **after(9)),
    an_update("oem-1", "O1", storage_energy_kwh="10.00", source_seq=5, **after(5)),
    an_update("oem-1", "O1", storage_energy_kwh="10.00", source_seq=6, **after(6)),
    a_device("fsp-1", "F1", market=a_claim("fsp-1", people.CONSENT), **after(2)),
    a_device("fsp-2", "F2", market=a_claim("fsp-2", people.OTHER_CONSENT), **after(3)),
    a_device("fsp-1", "F1", market=a_claim("fsp-1", people.CONSENT), **after(7)),
    a_battery("installer-2", "gone", **after(0)),
    an_update("installer-2", "gone", phases=2, **after(1)),
    a_removal("installer-2", "gone", **after(2)),
    a_deregistration("fsp-1", "F1", **after(5)),
    a_deregistration("fsp-2", "F2", **after(8), effective_from=date(2026, 6, 1)),
    a_clock("fsp-2", "F2", kind=ClockKind.DEREGISTRATION, due_on=date(2026, 5, 31)),
    a_clock("oem-1", "O1", due_on=COMMISSIONED_ON + timedelta(days=28)),
    a_removal("oem-1", "O1", **after(8)),
    a_battery("installer-1", "pv", **PANELS, **after(2)),
    a_battery("installer-1", "next door", **PANELS | {"location": NEIGHBOUR.location()}, **after(3)),
    a_removal("installer-1", "next door", **after(9)),
    a_device("oem-2", "hybrid", asset_category=AssetCategory.HYBRID_INVERTER, phases=1, **after(4)),
    a_device("installer-2", "charger", serial="SN-EV-1", asset_category=AssetCategory.EV_CHARGER, **after(1)),
    a_device("oem-2", "vehicle", serial="SN-EV-1", asset_category=AssetCategory.ELECTRIC_VEHICLE, **after(2)),
)


class GivenUpError(Exception):
    """The batch's transaction fails after everything was written."""


def shown(states: list[AssetState]) -> list[dict[str, Any]]:
    """What the register says, apart from what it chose itself (ids, counts of versions, how it found out)."""
    left_out = {"asset_id", "version", "dedupe", "related", "concerns"}
    return sorted(
        (
            s.model_dump(mode="json", exclude=left_out)
            | {"related": sorted((r.kind, r.sentence) for r in s.related)}
            | {"concerns": sorted((c.rule_id, c.severity, c.sentence) for c in s.concerns)}
            for s in states
        ),
        key=str,
    )


class Register(RuleBasedStateMachine):
    """Batches of the journal in any order, again, and in transactions that fail; the relay's numbering in between."""

    url = ""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.engine = connect(self.url, pool_size=2)
        self.delivered: set[int] = set()
        builder = JournalBuilder(partitions=1)
        self.entries = [builder.entry(n, message_id(f"machine-{i}")) for i, n in enumerate(TOLD)]
        self.run(self._clear())

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(coroutine)

    async def _clear(self) -> None:
        async with transaction(self.engine) as connection:
            await connection.execute(text(f"TRUNCATE {register.REGISTER}"))

    async def _put_and_give_up(self, batch: list[JournalEntry]) -> None:
        try:
            keys = await register.vault(self.engine)
            async with transaction(self.engine) as connection:
                await register_batch(connection, batch, people.directory(), "evidence_only", keys, T0)
                raise GivenUpError
        except GivenUpError:
            return

    @rule(picked=st.lists(st.integers(0, len(TOLD) - 1), min_size=1, max_size=8))
    def register_a_batch(self, picked: list[int]) -> None:
        new = set(picked) - self.delivered
        outcome = self.run(register.put(self.engine, [self.entries[i] for i in picked]))
        assert outcome.repeats == len(picked) - len(new)
        self.delivered |= new

    @rule(picked=st.lists(st.integers(0, len(TOLD) - 1), min_size=1, max_size=6))
    def fail_after_writing(self, picked: list[int]) -> None:
        self.run(self._put_and_give_up([self.entries[i] for i in picked]))

    @rule(limit=st.integers(1, 10))
    def give_numbers(self, limit: int) -> None:
        self.run(register.number(self.engine, limit))

    @rule()
    def publish(self) -> None:
        async def work() -> None:
            async with transaction(self.engine) as connection:
                rows = await outbox.unpublished(connection, 5)
                await outbox.mark_published(connection, {r.topic: r.feed_seq for r in rows})

        self.run(work())

    @invariant()
    def each_message_had_its_effect_once(self) -> None:
        inbox = self.run(register.inbox(self.engine))
        assert {r.message_id for r in inbox} == {message_id(f"machine-{i}") for i in self.delivered}
        received = self.run(register.receipts(self.engine))
        assert set(received) == {r.message_id for r in inbox}

    @invariant()
    def versions_are_contiguous_and_each_is_told_once(self) -> None:
        versions = [(r.asset_id, r.version) for r in self.run(register.history(self.engine))]
        for _, group in groupby(versions, key=lambda v: v[0]):
            numbers = [version for _, version in group]
            assert numbers == list(range(1, len(numbers) + 1))
        told = [(c.asset_id, c.version) for c in self.run(register.changes(self.engine))]
        assert sorted(told) == sorted(versions)

    @invariant()
    def numbers_have_no_gap(self) -> None:
        rows = [r for r in self.run(register.outgoing(self.engine)) if r.topic == topics.CHANGES]
        given = sorted(r.feed_seq for r in rows if r.feed_seq is not None)
        assert given == list(range(1, len(given) + 1))

    def teardown(self) -> None:
        try:
            found = shown(self.run(register.states(self.engine)))
            self.run(self._clear())
            in_order = sorted(self.delivered, key=lambda i: TOLD[i].occurred_at)
            self.run(register.put(self.engine, [self.entries[i] for i in in_order]))
            assert found == shown(self.run(register.states(self.engine)))
        finally:
            self.run(self.engine.dispose())
            self.runner.close()


def test_the_register_ends_up_the_same(database: str) -> None:
    class OnThisDatabase(Register):
        url = database

    run_state_machine_as_test(
        OnThisDatabase,
        settings=settings(
            max_examples=12,
            stateful_step_count=12,
            suppress_health_check=list(HealthCheck),
        ),
    )
