"""What people decide about two devices counts, in whatever order it comes, and is never asked again."""

import asyncio
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from registry_store import reconciliation
from registry_store.engine import Engine, connect, repeatable_read, transaction
from schemas.decisions import IdentityDecided, IdentityVerdict
from schemas.notifications import Notification
from schemas.outbound import AssetState
from schemas.vocabulary import DedupeOutcome, ReceiptOutcome
from tests.support import register
from tests.support.decisions import a_ruling, named
from tests.support.journal import JournalBuilder, message_id
from tests.support.notifications import T0, YESTERDAY, a_battery, a_device, an_update
from tests.support.premises import FLAT, HOUSE, Premises

FAR = Premises("10", 77, "_A", postcode="NR1 3QQ")
HERE, THERE = ("installer-1", "battery-1"), ("oem-1", "cloud-77")
PAIR = (a_device(), a_device("oem-1", "cloud-77", location=FAR.location()))
"""One serial number at two places, both in the eastern area: for a person to look at."""
SAME, DIFFERENT = IdentityVerdict.SAME, IdentityVerdict.DIFFERENT
REPLACEMENT, RELATED = IdentityVerdict.REPLACEMENT, IdentityVerdict.RELATED


async def told(engine: Engine, journal: JournalBuilder, *notifications: Notification) -> None:
    for notification in notifications:
        await register.put(engine, [journal.entry(notification)])


async def decided(engine: Engine, journal: JournalBuilder, decision: IdentityDecided, mid: str = "decided") -> Any:
    """The receipt of a decision."""
    await register.put(engine, [journal.entry(decision, message_id(mid))])
    return (await register.receipts(engine))[message_id(mid)]


async def agrees(engine: Engine) -> dict[str, int]:
    """Which statements about the register's tables are broken; what waits to go out is none of them."""
    async with repeatable_read(engine) as connection:
        found = {q.check: (await reconciliation.ask(connection, q)).count for q in reconciliation.QUESTIONS}
    return {name: count for name, count in found.items() if count and name not in ("outbox", "feeds")}


def what(states: list[AssetState]) -> list[dict[str, Any]]:
    """What the register says, ids among it; how often it has said so differs with the order of arrival."""
    return sorted((s.model_dump(mode="json", exclude={"version"}) for s in states), key=str)


class TestMergeAndSplit:
    async def test_two_are_one_once_it_is_decided(self, engine: Engine, journal: JournalBuilder) -> None:
        await told(engine, journal, *PAIR)
        assert [s.dedupe for s in await register.states(engine)] == [DedupeOutcome.NEEDS_REVIEW] * 2
        receipt = await decided(engine, journal, a_ruling(HERE, THERE))
        one = await register.state(engine)
        assert (one.sources, one.dedupe) == (("installer-1", "oem-1"), DedupeOutcome.NEW)
        assert (receipt.outcome, receipt.asset_id) == (ReceiptOutcome.UPDATED, one.asset_id)
        assert receipt.reasons == (f"They are one asset now, {one.asset_id}.",)
        assert await agrees(engine) == {}

    async def test_every_version_that_follows_names_the_decision(self, engine: Engine, journal: JournalBuilder) -> None:
        await told(engine, journal, *PAIR)
        before = len(await register.history(engine))
        await decided(engine, journal, a_ruling(HERE, THERE))
        new = [row for row in await register.history(engine) if row.message_id == message_id("decided")]
        assert len(await register.history(engine)) == before + len(new)
        assert {(row.change, row.participant) for row in new} == {("updated", "admin"), ("merged", "admin")}
        causes = [c.cause for c in await register.changes(engine) if c.cause.notification == "IdentityDecided"]
        assert len(causes) == len(new)

    async def test_a_later_split_gives_back_what_was(self, engine: Engine, journal: JournalBuilder) -> None:
        await told(engine, journal, *PAIR, an_update("oem-1", "cloud-77", model="Maker's own"))
        before = {s.asset_id: s for s in await register.states(engine)}
        await decided(engine, journal, a_ruling(HERE, THERE), "merge")
        assert len(await register.assets(engine)) == 1
        await decided(engine, journal, a_ruling(HERE, THERE, DIFFERENT, after=61), "split")
        after = {s.asset_id: s for s in await register.states(engine)}
        assert after.keys() == before.keys()
        # Only the question is gone, since it has been answered.
        answered = {"version", "dedupe", "concerns"}
        for asset_id, state in after.items():
            assert state.model_dump(exclude=answered) == before[asset_id].model_dump(exclude=answered)
            assert not [c for c in state.concerns if c.rule_id.startswith("ID-")]
        assert await agrees(engine) == {}

    async def test_a_pair_is_never_asked_about_twice(self, engine: Engine, journal: JournalBuilder) -> None:
        await told(engine, journal, *PAIR)
        await decided(engine, journal, a_ruling(HERE, THERE, DIFFERENT))
        again = [notice.model_copy(update={"occurred_at": T0, "phases": 1}) for notice in PAIR]
        await told(engine, journal, *again)
        assert [s.dedupe for s in await register.states(engine)] == [DedupeOutcome.NEW] * 2

    async def test_what_was_joined_by_its_serial_number_can_be_parted(
        self, engine: Engine, journal: JournalBuilder
    ) -> None:
        await told(engine, journal, a_device(), a_device("oem-1", "cloud-77"))
        assert len(await register.assets(engine)) == 1
        receipt = await decided(engine, journal, a_ruling(HERE, THERE, DIFFERENT))
        one, other = (s.asset_id for s in await register.states(engine))
        assert receipt.asset_id == one
        assert receipt.reasons == (f"They are two assets, {one} and {other}.",)
        assert await agrees(engine) == {}

    async def test_devices_may_be_named_by_asset_id(self, engine: Engine, journal: JournalBuilder) -> None:
        await told(engine, journal, *PAIR)
        one, other = (s.asset_id for s in await register.states(engine))
        await decided(engine, journal, a_ruling(one, other), "merge")
        assert len(await register.assets(engine)) == 1
        await decided(engine, journal, a_ruling(HERE, other, DIFFERENT, after=61), "split")
        assert [s.asset_id for s in await register.states(engine)] == [one, other]

    async def test_three_are_one_through_two_decisions(self, engine: Engine, journal: JournalBuilder) -> None:
        third = ("installer-2", "job-9")
        await told(engine, journal, *PAIR, a_battery("installer-2", "job-9", location=FLAT.location()))
        await decided(engine, journal, a_ruling(HERE, THERE), "first")
        await decided(engine, journal, a_ruling(THERE, third, after=61), "second")
        assert (await register.state(engine)).sources == ("installer-1", "installer-2", "oem-1")
        await told(engine, journal, an_update("installer-1", "battery-1", phases=3))
        assert (await register.state(engine)).phases == 3
        assert await agrees(engine) == {}


class TestTheLaterDecisionCounts:
    @pytest.mark.parametrize("order", list(permutations(range(3))))
    async def test_in_whatever_order_they_arrive(
        self, engine: Engine, journal: JournalBuilder, order: tuple[int, ...]
    ) -> None:
        await told(engine, journal, *PAIR)
        decisions = (
            a_ruling(HERE, THERE, SAME, after=1),
            a_ruling(THERE, HERE, DIFFERENT, "eastern", after=2),
            a_ruling(HERE, THERE, SAME, after=3),
        )
        for number in order:
            await decided(engine, journal, decisions[number], f"number {number}")
        assert len(await register.assets(engine)) == 1

    async def test_one_that_comes_late_is_told_so(self, engine: Engine, journal: JournalBuilder) -> None:
        await told(engine, journal, *PAIR)
        await decided(engine, journal, a_ruling(HERE, THERE, DIFFERENT, after=5), "later")
        for sender in ("admin", "eastern"):
            receipt = await decided(engine, journal, a_ruling(HERE, THERE, SAME, sender, after=4), sender)
            assert receipt.outcome == ReceiptOutcome.DUPLICATE
            assert "later decision" in receipt.reasons[0]
        assert len(await register.assets(engine)) == 2

    async def test_of_decisions_that_cannot_all_be_true_the_latest_do(
        self, engine: Engine, journal: JournalBuilder
    ) -> None:
        third = ("installer-2", "job-9")
        await told(engine, journal, *PAIR, a_battery("installer-2", "job-9", location=FLAT.location()))
        await decided(engine, journal, a_ruling(HERE, THERE, SAME, after=1), "a is b")
        await decided(engine, journal, a_ruling(THERE, third, SAME, after=2), "b is c")
        await decided(engine, journal, a_ruling(HERE, third, DIFFERENT, after=3), "a is not c")
        assert [s.sources for s in await register.states(engine)] == [("installer-1",), ("installer-2", "oem-1")]


class TestLinks:
    async def test_a_replacement_links_two_assets_and_keeps_them_apart(
        self, engine: Engine, journal: JournalBuilder
    ) -> None:
        await told(engine, journal, *PAIR)
        await decided(engine, journal, a_ruling(THERE, HERE, REPLACEMENT))
        old, new = await register.states(engine)
        assert [(r.asset_id, r.kind) for r in new.related] == [(old.asset_id, "replaces")]
        assert [(r.asset_id, r.kind) for r in old.related] == [(new.asset_id, "replaced_by")]
        assert (old.dedupe, new.dedupe) == (DedupeOutcome.REPLACEMENT,) * 2

    async def test_what_belongs_together_is_linked_and_stays_linked(
        self, engine: Engine, journal: JournalBuilder
    ) -> None:
        vehicle = a_battery("oem-2", "elsewhere", location=FLAT.location())
        await told(engine, journal, a_device(), vehicle)
        await decided(engine, journal, a_ruling(HERE, ("oem-2", "elsewhere"), RELATED))
        await told(engine, journal, an_update(phases=3), an_update("oem-2", "elsewhere", phases=1))
        one, other = await register.states(engine)
        assert [[r.asset_id for r in s.related] for s in (one, other)] == [[other.asset_id], [one.asset_id]]

    async def test_a_link_follows_an_asset_that_turns_out_to_be_another(
        self, engine: Engine, journal: JournalBuilder
    ) -> None:
        first = a_battery("oem-2", "elsewhere", location=FLAT.location())
        await told(engine, journal, first, PAIR[0], PAIR[1])
        await decided(engine, journal, a_ruling(THERE, ("oem-2", "elsewhere"), RELATED), "link")
        await decided(engine, journal, a_ruling(HERE, THERE, SAME, after=61), "merge")
        far, near = await register.states(engine)
        assert [r.asset_id for r in far.related] == [near.asset_id]
        assert near.sources == ("installer-1", "oem-1")

    async def test_a_link_that_is_decided_otherwise_goes(self, engine: Engine, journal: JournalBuilder) -> None:
        await told(engine, journal, *PAIR)
        await decided(engine, journal, a_ruling(THERE, HERE, REPLACEMENT), "link")
        await decided(engine, journal, a_ruling(THERE, HERE, DIFFERENT, after=61), "no link")
        assert [s.related for s in await register.states(engine)] == [(), ()]

    async def test_the_rights_of_a_place_stay_with_what_took_the_place(
        self, engine: Engine, journal: JournalBuilder
    ) -> None:
        old = a_device(connection_type="NON_FIRM", market=None)
        new = a_device("oem-1", "cloud-77", serial="SN-7777777")
        await told(engine, journal, old, new)
        await decided(engine, journal, a_ruling(THERE, HERE, REPLACEMENT))
        before, after = await register.states(engine)
        assert before.place.import_mpan == after.place.import_mpan == HOUSE.import_mpan
        assert before.operators == after.operators


class TestWhoMayDecide:
    async def test_an_operator_decides_in_its_area(self, engine: Engine, journal: JournalBuilder) -> None:
        await told(engine, journal, *PAIR)
        receipt = await decided(engine, journal, a_ruling(HERE, THERE, sender="eastern"))
        assert receipt.outcome == ReceiptOutcome.UPDATED

    @pytest.mark.parametrize(
        ("sender", "rule"),
        [
            ("london", "REV-OWN_AREA"),
            ("independent", "REV-OWN_AREA"),
            ("fsp-1", "REV-NOT_PROVIDERS"),
            ("neso", "REV-NOT_NESO"),
            ("installer-1", "REV-OWN_REFERENCES"),
            ("oem-1", "REV-OWN_REFERENCES"),
            ("platform-1", "REV-OWN_REFERENCES"),
        ],
    )
    async def test_nobody_else_does(self, engine: Engine, journal: JournalBuilder, sender: str, rule: str) -> None:
        await told(engine, journal, *PAIR)
        before = await register.states(engine)
        receipt = await decided(engine, journal, a_ruling(HERE, THERE, sender=sender))
        assert (receipt.outcome, receipt.code) == (ReceiptOutcome.REFUSED, rule)
        assert await register.states(engine) == before
        assert await agrees(engine) == {}

    async def test_an_operator_has_no_say_where_one_of_the_two_is_in_another_area(
        self, engine: Engine, journal: JournalBuilder
    ) -> None:
        await told(engine, journal, PAIR[0], a_device("oem-1", "cloud-77", location=FLAT.location()))
        receipt = await decided(engine, journal, a_ruling(HERE, THERE, sender="eastern"))
        assert receipt.code == "REV-OWN_AREA"

    async def test_a_sender_decides_about_its_own_references(self, engine: Engine, journal: JournalBuilder) -> None:
        lines = [a_device(ref=f"line-{n}") for n in (1, 2)]
        await told(engine, journal, *lines)
        own = a_ruling(("installer-1", "line-1"), ("installer-1", "line-2"), sender="installer-1")
        assert (await decided(engine, journal, own)).outcome == ReceiptOutcome.UPDATED
        assert len(await register.assets(engine)) == 1

    async def test_an_operators_decision_waits_until_the_place_is_known(
        self, engine: Engine, journal: JournalBuilder
    ) -> None:
        nowhere = HOUSE.location(import_mpan=None, uprn=None)
        pair = (HERE, ("installer-2", "job-9"))
        await told(engine, journal, a_device(location=nowhere))
        await told(engine, journal, a_device("installer-2", "job-9", "SN-8888888", location=nowhere))
        receipt = await decided(engine, journal, a_ruling(*pair, sender="eastern"))
        assert receipt.outcome == ReceiptOutcome.QUERIED
        assert len(await register.assets(engine)) == 2
        await told(engine, journal, an_update(location=HOUSE.location()))
        assert len(await register.assets(engine)) == 1


class TestStaleDecisions:
    async def test_a_decision_about_a_version_that_is_gone_is_refused(
        self, engine: Engine, journal: JournalBuilder
    ) -> None:
        await told(engine, journal, *PAIR)
        seen = {s.sources[0]: s.version for s in await register.states(engine)}
        await told(engine, journal, an_update(phases=3))
        stale = a_ruling(named(HERE, seen["installer-1"]), named(THERE, seen["oem-1"]))
        receipt = await decided(engine, journal, stale)
        assert (receipt.outcome, receipt.code) == (ReceiptOutcome.REFUSED, "stale_version")
        assert "has changed since version" in receipt.reasons[0]
        assert len(await register.assets(engine)) == 2

    async def test_a_decision_about_the_present_versions_is_taken(
        self, engine: Engine, journal: JournalBuilder
    ) -> None:
        await told(engine, journal, *PAIR)
        seen = {s.sources[0]: s.version for s in await register.states(engine)}
        fresh = a_ruling(named(HERE, seen["installer-1"]), named(THERE, seen["oem-1"]))
        assert (await decided(engine, journal, fresh)).outcome == ReceiptOutcome.UPDATED

    async def test_one_report_named_twice_is_refused(self, engine: Engine, journal: JournalBuilder) -> None:
        await told(engine, journal, *PAIR)
        (own, *_) = [s.asset_id for s in await register.states(engine) if s.sources == ("installer-1",)]
        receipt = await decided(engine, journal, a_ruling(HERE, own))
        assert (receipt.outcome, receipt.code) == (ReceiptOutcome.REFUSED, "one_device_named_twice")


MIXED: tuple[Notification, ...] = (
    *PAIR,
    a_battery("installer-2", "job-9", rated_capacity_kw="3.68", location=FAR.location()),
    a_device("fsp-1", "F1"),
    an_update(phases=3, occurred_at=YESTERDAY + timedelta(minutes=5)),
    a_ruling(HERE, THERE, SAME, after=1),
    a_ruling(THERE, ("installer-2", "job-9"), SAME, "eastern", after=2),
    a_ruling(HERE, ("installer-2", "job-9"), DIFFERENT, after=3),
    a_ruling(("fsp-1", "F1"), THERE, DIFFERENT, "eastern", after=4),
    a_ruling(("fsp-1", "F1"), ("installer-2", "job-9"), REPLACEMENT, after=5),
    a_ruling(THERE, HERE, DIFFERENT, "eastern", after=6),
    a_ruling(HERE, THERE, SAME, "fsp-1", after=9),
)


async def _register_in(url: str, order: list[int], size: int) -> list[dict[str, Any]]:
    engine = connect(url, pool_size=2)
    # Each keeps its time of arrival, from which ids are made, whatever comes first.
    entries = JournalBuilder(partitions=1).entries(*MIXED)
    try:
        async with transaction(engine) as connection:
            await connection.execute(text(f"TRUNCATE {register.REGISTER}"))
        for start in range(0, len(order), size):
            await register.put(engine, [entries[i] for i in order[start : start + size]])
        # The audit log is only added to, and still tells of the runs before.
        assert (await agrees(engine)).keys() <= {"history and audit"}
        return what(await register.states(engine))
    finally:
        await engine.dispose()


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(range(len(MIXED))), size=st.integers(1, len(MIXED)))
def test_decisions_and_what_is_told_may_come_in_any_order(database: str, order: list[int], size: int) -> None:
    in_turn = asyncio.run(_register_in(database, list(range(len(MIXED))), len(MIXED)))
    assert asyncio.run(_register_in(database, order, size)) == in_turn
