"""Disputes in the register: the overlay on the asset, its parties, its end, and what a correction is, on PostgreSQL."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest

from hub.services.directory import Directory
from registry_store.engine import Engine, connect
from schemas import avro, topics
from schemas.dispute_codes import DisputeOutcome, DisputeStatus, DisputeStep, DisputeSubject
from schemas.disputes import Correction
from schemas.notifications import Notification
from schemas.vocabulary import AssetStatus, ClockKind, ReceiptOutcome
from tests.support import disputes, register
from tests.support.disputes import a_closing, a_dispute, an_answer
from tests.support.journal import JournalBuilder, message_id
from tests.support.notifications import COMMISSIONED_ON, T0, a_battery, a_claim, a_clock, a_device, a_removal
from tests.support.parts import Databases
from tests.support.premises import FLAT

OPENING = message_id("opening")


async def opened(engine: Engine, journal: JournalBuilder, *told: Notification, **dispute: Any) -> UUID:
    """A register with these assets and one dispute; gives the ticket."""
    await register.put(engine, journal.entries(*(told or (a_battery(),))))
    entry = journal.entry(a_dispute(**dispute), mid=OPENING)
    await register.put(engine, [entry])
    return disputes.ticket_of(entry)


class TestTheOverlay:
    async def test_an_asset_in_dispute_shows_it_and_shows_its_own_state_once_it_is_over(
        self, engine: Engine, journal: JournalBuilder
    ) -> None:
        ticket = await opened(engine, journal)
        state = await register.state(engine)
        assert (state.disputed, state.status) == (True, AssetStatus.DISPUTED)
        assert [(d.dispute_id, d.status, d.overdue) for d in state.disputes] == [(ticket, DisputeStatus.OPEN, False)]
        await register.put(engine, journal.entries(a_closing(ticket)))
        state = await register.state(engine)
        assert (state.disputed, state.status, state.disputes) == (False, AssetStatus.NOTIFIED, ())

    async def test_each_step_is_a_version_with_its_message_as_the_cause(
        self, engine: Engine, journal: JournalBuilder
    ) -> None:
        ticket = await opened(engine, journal)
        steps = (
            an_answer(ticket),
            an_answer(ticket, DisputeStep.STATEMENT, "installer-1"),
            an_answer(ticket, DisputeStep.INVESTIGATE),
            a_closing(ticket),
        )
        await register.put(engine, journal.entries(*steps))
        found = await register.history(engine)
        assert [row.change for row in found] == [
            "registered",
            "disputed",
            "dispute_step",
            "dispute_step",
            "dispute_step",
            "dispute_no_action",
        ]
        assert [row.participant for row in found] == ["installer-1"] * 2 + ["admin", "installer-1", "admin", "admin"]
        assert [row.version for row in found] == [1, 2, 3, 4, 5, 6]

    async def test_what_is_told_meanwhile_does_not_lift_it(self, engine: Engine, journal: JournalBuilder) -> None:
        await opened(engine, journal)
        await register.put(engine, journal.entries(a_battery(phases=3, occurred_at=T0)))
        state = await register.state(engine)
        assert (state.phases, state.disputed, state.status) == (3, True, AssetStatus.DISPUTED)

    async def test_a_removed_asset_stays_removed(self, engine: Engine, journal: JournalBuilder) -> None:
        await opened(engine, journal, a_battery(), a_removal())
        assert (await register.state(engine)).status is AssetStatus.DECOMMISSIONED

    async def test_a_dispute_that_comes_before_its_asset_waits_for_it(
        self, engine: Engine, journal: JournalBuilder
    ) -> None:
        raised = journal.entry(a_dispute(), mid=OPENING)
        await register.put(engine, [raised])
        receipt = (await register.receipts(engine))[OPENING]
        assert receipt.outcome == ReceiptOutcome.QUERIED
        assert "not registered yet" in receipt.reasons[0]
        await register.put(engine, journal.entries(a_battery()))
        state = await register.state(engine)
        assert [d.dispute_id for d in state.disputes] == [disputes.ticket_of(raised)]
        assert (await register.history(engine))[-1].message_id == OPENING

    async def test_a_ticket_goes_with_the_sighting_that_it_is_about(
        self, engine: Engine, journal: JournalBuilder
    ) -> None:
        late = a_device("oem-1", "device-1")
        ticket = await opened(engine, journal, late, own_reference="device-1", sender="oem-1")
        await register.put(engine, journal.entries(a_device()))
        (state,) = await register.states(engine)
        assert set(state.sources) == {"installer-1", "oem-1"}
        assert [d.dispute_id for d in state.disputes] == [ticket]
        assert set((await disputes.ticket(engine)).parties) >= {"installer-1", "oem-1", "eastern", "neso"}

    async def test_the_same_messages_in_any_order_of_arrival_end_the_same(
        self, engine: Engine, journal: JournalBuilder
    ) -> None:
        """The register is emptied of nothing: each order has an asset of its own."""
        ends = set()
        for n, order in enumerate(permutations(range(4))):
            ref = f"battery-{n}"
            raised = journal.entry(a_dispute(own_reference=ref), mid=message_id(f"opens {n}"))
            ticket = disputes.ticket_of(raised)
            messages = [
                journal.entry(a_battery(ref=ref)),
                raised,
                journal.entry(an_answer(ticket, DisputeStep.INVESTIGATE)),
                journal.entry(a_closing(ticket)),
            ]
            for place in order:
                await register.put(engine, [messages[place]])
            (row,) = [t for t in await disputes.tickets(engine) if t.dispute_id == ticket]
            ends.add((row.status, row.steps, tuple(sorted(row.parties)), row.acknowledge_by, row.decide_by))
        assert len(ends) == 1
        assert not any(s.disputed for s in await register.states(engine))


class TestWhoMay:
    async def test_a_stranger_s_dispute_is_refused_in_words_and_kept(
        self, engine: Engine, journal: JournalBuilder
    ) -> None:
        await register.put(engine, journal.entries(a_battery()))
        asset_id = (await register.state(engine)).asset_id
        entry = journal.entry(a_dispute("oem-2", asset_id=asset_id), mid=OPENING)
        await register.put(engine, [entry])
        receipt = (await register.receipts(engine))[OPENING]
        assert (receipt.outcome, receipt.code) == (ReceiptOutcome.REFUSED, "dispute_refused")
        assert receipt.reasons[0].startswith("Only those who told of the asset, its provider, a network operator")
        assert not (await register.state(engine)).disputed
        (message,) = await disputes.messages(engine)
        assert message.refusal == receipt.reasons[0]
        assert (await disputes.ticket(engine)).status is None

    async def test_a_network_operator_raises_one_about_an_asset_of_its_area_and_does_not_decide_it(
        self, engine: Engine, journal: JournalBuilder
    ) -> None:
        await register.put(engine, journal.entries(a_battery()))
        asset_id = (await register.state(engine)).asset_id
        raised = journal.entry(a_dispute("eastern", asset_id=asset_id, subject=DisputeSubject.DOES_NOT_EXIST))
        closing = journal.entry(
            a_closing(
                disputes.ticket_of(raised),
                DisputeOutcome.CORRECTED,
                sender="eastern",
                corrected_fields=("phases",),
            ),
            mid=message_id("closing"),
        )
        await register.put(engine, [raised, closing])
        assert (await disputes.ticket(engine)).status == DisputeStatus.OPEN
        (why,) = (await register.receipts(engine))[message_id("closing")].reasons
        assert why.startswith("You raised this dispute, so somebody else decides it")

    async def test_a_source_does_not_close_another_s_dispute_but_withdraws_its_own(
        self, engine: Engine, journal: JournalBuilder
    ) -> None:
        ticket = await opened(engine, journal, a_device(), a_device("oem-1", "device-1"))
        await register.put(engine, journal.entries(a_closing(ticket, sender="oem-1")))
        assert (await disputes.ticket(engine)).status == DisputeStatus.OPEN
        await register.put(engine, journal.entries(a_closing(ticket, sender="installer-1")))
        assert (await disputes.ticket(engine)).status == DisputeStatus.NO_ACTION_REQUIRED


class TestWhoIsTold:
    async def test_all_parties_hear_of_every_step_and_nobody_of_whom_he_must_not_know(
        self, engine: Engine, journal: JournalBuilder
    ) -> None:
        rivals = (
            a_device(),
            a_device("fsp-1", "f-1", market=a_claim("fsp-1")),
            a_device("fsp-2", "f-2", market=a_claim("fsp-2", None)),
        )
        ticket = await opened(
            engine,
            journal,
            *rivals,
            sender="fsp-2",
            own_reference="f-2",
            subject=DisputeSubject.WRONG_OWNER,
            reason="Ours: signed by fsp-2.",
        )
        await register.put(engine, journal.entries(an_answer(ticket), a_closing(ticket)))
        everybody = await disputes.notices(engine)
        assert {n.participant for n in everybody} == {"installer-1", "fsp-1", "fsp-2"}
        (first, acknowledged, closed) = await disputes.notices(engine, "fsp-1")
        assert (first.step, first.said_by, first.text, first.evidence) == ("raised", "another_party", None, ())
        assert first.your_references == ("f-1",)
        assert (acknowledged.said_by, acknowledged.text) == ("administrator", "We have read it.")
        assert closed.status is DisputeStatus.NO_ACTION_REQUIRED
        for notice in everybody:
            if notice.participant != "fsp-2":
                assert "fsp-2" not in notice.model_dump_json()
        (mine, *_) = await disputes.notices(engine, "fsp-2")
        assert (mine.said_by, mine.text) == ("you", "Ours: signed by fsp-2.")

    async def test_operators_hear_by_the_notices_of_their_areas(self, engine: Engine, journal: JournalBuilder) -> None:
        ticket = await opened(engine, journal)
        for operator in ("eastern", "neso"):
            last = (await register.notices(engine, operator))[-1]
            assert (last.change, last.asset.disputed) == ("disputed", True)
            assert [d.dispute_id for d in last.asset.disputes] == [ticket]
        await register.put(engine, journal.entries(a_closing(ticket)))
        assert (await register.notices(engine, "eastern"))[-1].change == "dispute_no_action"

    async def test_who_becomes_a_party_later_hears_what_it_is_about(
        self, engine: Engine, journal: JournalBuilder
    ) -> None:
        await opened(engine, journal, a_device())
        await register.put(engine, journal.entries(a_device("oem-1", "device-1")))
        (notice,) = await disputes.notices(engine, "oem-1")
        assert notice.sentence.startswith("A dispute about this asset was raised by another party")

    async def test_what_was_told_is_what_its_topic_says(self, engine: Engine, journal: JournalBuilder) -> None:
        await opened(engine, journal)
        rows = [row for row in await register.outgoing(engine) if row.topic == topics.DISPUTES]
        assert [bytes(row.key) for row in rows] == [b"installer-1"]
        assert avro.is_single_object(bytes(rows[0].value))


class TestCorrections:
    async def test_a_correction_is_a_claim_beside_the_others(self, engine: Engine, journal: JournalBuilder) -> None:
        ticket = await opened(engine, journal, a_battery(asset_name=None))
        before = await register.claims(engine)
        correction = Correction(effective_from=COMMISSIONED_ON, asset_name="Boiler room", phases=3)
        await register.put(engine, journal.entries(a_closing(ticket, DisputeOutcome.CORRECTED, correction=correction)))
        state = await register.state(engine)
        assert (state.asset_name, state.phases, state.disputed) == ("Boiler room", 3, False)
        assert "admin" in state.sources
        after = await register.claims(engine)
        assert [row for row in after if row in before] == before
        (added,) = [row for row in after if row not in before]
        assert (added.source, added.sender_asset_ref, added.notification) == (
            "admin",
            f"dispute {ticket}",
            "AssetUpdated",
        )
        assert (await register.history(engine))[-1].change == "dispute_corrected"

    async def test_survivorship_decides_whether_a_correction_shows(
        self, engine: Engine, journal: JournalBuilder
    ) -> None:
        ticket = await opened(engine, journal)
        correction = Correction(effective_from=COMMISSIONED_ON, rated_capacity_kw=Decimal("3.68"))
        await register.put(engine, journal.entries(a_closing(ticket, DisputeOutcome.CORRECTED, correction=correction)))
        # An installer is believed before an administrator about what it has installed.
        assert (await register.state(engine)).rated_capacity_kw == Decimal("5.00")

    async def test_it_stays_whatever_is_told_later(self, engine: Engine, journal: JournalBuilder) -> None:
        ticket = await opened(engine, journal)
        correction = Correction(effective_from=COMMISSIONED_ON, asset_name="Boiler room")
        closing = a_closing(ticket, DisputeOutcome.CORRECTED, correction=correction)
        await register.put(engine, journal.entries(closing))
        await register.put(engine, journal.entries(a_battery(phases=3, occurred_at=T0)))
        state = await register.state(engine)
        assert (state.asset_name, state.phases) == ("Boiler room", 3)

    async def test_where_it_stands_may_be_corrected(self, engine: Engine, journal: JournalBuilder) -> None:
        ticket = await opened(engine, journal, subject=DisputeSubject.WRONG_PLACE, fields=())
        correction = Correction(effective_from=COMMISSIONED_ON, location=FLAT.location())
        await register.put(engine, journal.entries(a_closing(ticket, DisputeOutcome.CORRECTED, correction=correction)))
        assert (await register.claims(engine))[-1].resolution is not None


class TestDeadlines:
    async def test_a_ticket_in_force_has_its_clocks(self, engine: Engine, journal: JournalBuilder) -> None:
        ticket = await opened(engine, journal)
        row = await disputes.ticket(engine)
        found = [(c.sender_asset_ref, c.kind, c.due_on) for c in await disputes.clocks(engine)]
        assert found == [
            (f"dispute {ticket}", ClockKind.DISPUTE_ACKNOWLEDGEMENT, row.acknowledge_by),
            (f"dispute {ticket}", ClockKind.DISPUTE_DECISION, row.decide_by),
        ]
        await register.put(engine, journal.entries(an_answer(ticket)))
        assert [c.kind for c in await disputes.clocks(engine)] == [ClockKind.DISPUTE_DECISION]
        await register.put(engine, journal.entries(a_closing(ticket)))
        assert await disputes.clocks(engine) == []

    async def test_a_deadline_that_passes_marks_the_ticket_and_reminds_all_once(
        self, engine: Engine, journal: JournalBuilder
    ) -> None:
        ticket = await opened(engine, journal)
        row = await disputes.ticket(engine)
        ran = a_clock(
            "installer-1",
            f"dispute {ticket}",
            kind=ClockKind.DISPUTE_ACKNOWLEDGEMENT,
            due_on=row.acknowledge_by,
            occurred_at=T0 + timedelta(days=5),
        )
        for n in range(2):
            await register.put(engine, [journal.entry(ran, mid=message_id(f"clock {n}"))])
        state = await register.state(engine)
        assert [d.overdue for d in state.disputes] == [True]
        told = [n for n in await disputes.notices(engine, "installer-1") if n.step == "overdue"]
        assert [(n.said_by, n.overdue) for n in told] == [("hub", True)]
        assert told[0].sentence.startswith("The dispute about this asset was to be acknowledged by ")
        await register.put(engine, journal.entries(an_answer(ticket)))
        assert [d.overdue for d in (await register.state(engine)).disputes] == [False]

    async def test_a_clock_of_what_is_done_reminds_nobody(self, engine: Engine, journal: JournalBuilder) -> None:
        ticket = await opened(engine, journal)
        due = (await disputes.ticket(engine)).acknowledge_by
        await register.put(engine, journal.entries(an_answer(ticket)))
        version = (await register.state(engine)).version
        ran = a_clock("installer-1", f"dispute {ticket}", kind=ClockKind.DISPUTE_ACKNOWLEDGEMENT, due_on=due)
        await register.put(engine, journal.entries(ran))
        assert (await register.state(engine)).version == version
        assert all(n.step != "overdue" for n in await disputes.notices(engine))


@pytest.mark.parametrize("cut", range(1, 4))
async def test_a_batch_split_anywhere_and_repeated_has_one_effect(
    engine: Engine, journal: JournalBuilder, directory: Directory, cut: int
) -> None:
    raised = journal.entry(a_dispute(), mid=OPENING)
    ticket = disputes.ticket_of(raised)
    batch = [journal.entry(a_battery()), raised, *journal.entries(an_answer(ticket), a_closing(ticket))]
    await register.put(engine, batch[:cut], directory)
    await register.put(engine, batch[cut - 1 :], directory)
    await register.put(engine, batch, directory)
    assert [row.change for row in await register.history(engine)] == [
        "registered",
        "disputed",
        "dispute_step",
        "dispute_no_action",
    ]
    assert len(await disputes.notices(engine)) == 3


async def test_a_ticket_stays_with_its_sighting_through_joining_and_parting(
    engine: Engine, journal: JournalBuilder
) -> None:
    elsewhere = a_device("oem-1", "device-1", "SN-7799001", location=FLAT.location())
    ticket = await opened(engine, journal, a_device(), elsewhere, sender="oem-1", own_reference="device-1")

    async def where() -> dict[tuple[str, ...], list[UUID]]:
        return {s.sources: [d.dispute_id for d in s.disputes] for s in await register.states(engine)}

    apart = {("installer-1",): [], ("oem-1",): [ticket]}
    assert await where() == apart
    joined = a_device("oem-1", "device-1", occurred_at=T0)
    await register.put(engine, journal.entries(joined))
    assert await where() == {("installer-1", "oem-1"): [ticket]}
    retired = [s for s in await register.all_assets(engine) if s.merged_into is not None]
    assert all(not row.state["disputed"] for row in retired)
    again = a_device("oem-1", "device-1", "SN-7799001", location=FLAT.location(), occurred_at=T0 + timedelta(minutes=1))
    await register.put(engine, journal.entries(again))
    assert await where() == apart
    await register.put(engine, journal.entries(a_closing(ticket)))
    assert await where() == {("installer-1",): [], ("oem-1",): []}


@pytest.fixture
def another_register(databases: Databases) -> Iterator[str]:
    """The URL of a database besides the test's own."""
    with databases.ready() as url:
        yield url


async def test_reading_the_journal_again_gives_the_same_tickets(
    another_register: str, engine: Engine, journal: JournalBuilder
) -> None:
    raised = journal.entry(a_dispute(), mid=OPENING)
    ticket = disputes.ticket_of(raised)
    correction = Correction(effective_from=COMMISSIONED_ON, asset_name="Boiler room")
    said = [
        journal.entry(a_device()),
        raised,
        *journal.entries(
            a_device("oem-1", "device-1"),
            an_answer(ticket, DisputeStep.EVIDENCE, "oem-1"),
            a_closing(ticket, sender="oem-1"),
            a_closing(ticket, DisputeOutcome.CORRECTED, correction=correction),
        ),
    ]
    for entry in said:
        await register.put(engine, [entry])
    anew = connect(another_register)
    await register.put(anew, said)
    assert await disputes.messages(anew) == await disputes.messages(engine)
    assert await disputes.tickets(anew) == await disputes.tickets(engine)
    assert [(s.asset_name, s.sources, s.disputed) for s in await register.states(anew)] == [
        ("Boiler room", ("admin", "installer-1", "oem-1"), False)
    ]
    await anew.dispose()
