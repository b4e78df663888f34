"""What a batch of the journal does to the register, on a real PostgreSQL."""

from datetime import timedelta
from decimal import Decimal
from itertools import groupby

import pytest

from registry_store.engine import Engine
from schemas import avro, topics
from schemas.asset import ExternalId
from schemas.outbound import Receipt
from schemas.vocabulary import AssetCategory, AssetStatus, ConsentStatus, DedupeOutcome, Door, ReceiptOutcome
from tests.support import people, register
from tests.support.journal import JournalBuilder, message_id, signed
from tests.support.notifications import (
    T0,
    YESTERDAY,
    a_battery,
    a_claim,
    a_device,
    a_removal,
    a_service,
    an_update,
)
from tests.support.premises import FLAT, HOUSE, NEIGHBOUR, NEW_BUILD


async def outcome_of(engine: Engine, mid: str) -> str:
    return (await register.receipts(engine))[message_id(mid)].outcome


class TestRepeats:
    async def test_the_same_batch_twice_has_one_effect(self, engine: Engine, journal: JournalBuilder) -> None:
        batch = journal.entries(a_battery(), an_update(phases=1), a_battery(ref="battery-2"), a_removal())
        first = await register.put(engine, batch)
        before = await register.everything(engine)
        again = await register.put(engine, batch)
        assert (first.repeats, again.repeats) == (0, 4)
        assert again.registered == {}
        assert await register.everything(engine) == before

    @pytest.mark.parametrize("cut", range(1, 6))
    async def test_a_batch_split_anywhere_and_repeated_has_one_effect(
        self, engine: Engine, journal: JournalBuilder, cut: int
    ) -> None:
        told = (
            a_device(),
            an_update(phases=1),
            a_device("oem-1", "device-1"),
            a_battery(ref="battery-2"),
            an_update(ref="battery-2", phases=3),
            a_removal(ref="battery-2"),
        )
        batch = journal.entries(*told)
        await register.put(engine, batch[:cut])
        await register.put(engine, batch[cut - 1 :])
        await register.put(engine, batch)
        assert [(s.phases, s.status) for s in await register.states(engine)] == [
            (1, AssetStatus.NOTIFIED),
            (3, AssetStatus.DECOMMISSIONED),
        ]
        assert len(await register.claims(engine)) == len(told)
        assert await register.inbox(engine) != []

    async def test_a_repeat_within_one_batch_has_no_effect(self, engine: Engine, journal: JournalBuilder) -> None:
        told = a_battery()
        outcome = await register.put(engine, [journal.entry(told), journal.entry(told)])
        assert outcome.repeats == 1
        assert len(await register.history(engine)) == 1

    async def test_the_same_id_with_another_body_is_set_aside(self, engine: Engine, journal: JournalBuilder) -> None:
        mid = message_id("used twice")
        await register.put(engine, [journal.entry(a_battery(), mid)])
        await register.put(engine, [journal.entry(a_battery(phases=3), mid)])
        (kept,) = await register.quarantine(engine)
        assert (kept.code, kept.participant, kept.message_id) == ("id_reused_different_body", "installer-1", mid)
        assert kept.envelope == avro.encode(signed(a_battery(phases=3), mid=mid))
        assert (await register.state(engine)).phases is None
        assert (await register.receipts(engine))[mid].outcome == ReceiptOutcome.REGISTERED

    async def test_the_same_id_with_another_body_in_one_batch_is_set_aside(
        self, engine: Engine, journal: JournalBuilder
    ) -> None:
        mid = message_id("used twice")
        await register.put(engine, [journal.entry(a_battery(), mid), journal.entry(a_battery(phases=3), mid)])
        assert len(await register.quarantine(engine)) == 1
        assert (await register.state(engine)).phases is None

    async def test_two_senders_may_use_the_same_id(self, engine: Engine, journal: JournalBuilder) -> None:
        mid = message_id("of two senders")
        elsewhere = a_battery("installer-2", "other", location=NEIGHBOUR.location())
        outcome = await register.put(engine, [journal.entry(a_battery(), mid), journal.entry(elsewhere, mid)])
        assert outcome.registered == {ReceiptOutcome.REGISTERED: 2}


class TestIdentity:
    async def test_two_lines_of_a_form_are_two_assets(self, engine: Engine, journal: JournalBuilder) -> None:
        lines = [a_battery(ref=f"line-{n}", job_reference="G98-1", line_number=n) for n in (1, 2)]
        await register.put(engine, journal.entries(*lines))
        assert len(await register.assets(engine)) == 2

    async def test_two_lines_with_one_serial_are_two_assets_to_be_looked_at(
        self, engine: Engine, journal: JournalBuilder
    ) -> None:
        lines = [a_device(ref=f"line-{n}", job_reference="G98-1", line_number=n) for n in (1, 2)]
        outcome = await register.put(engine, journal.entries(*lines))
        assert outcome.registered == {ReceiptOutcome.REGISTERED: 1, ReceiptOutcome.QUERIED: 1}
        first, second = await register.states(engine)
        for one, other in ((first, second), (second, first)):
            assert one.dedupe is DedupeOutcome.NEEDS_REVIEW
            assert [c.with_asset_id for c in one.concerns if c.rule_id.startswith("ID-")] == [other.asset_id]

    @pytest.mark.parametrize("together", [True, False], ids=["in one batch", "in two batches"])
    async def test_installer_and_maker_tell_of_one_device(
        self, engine: Engine, journal: JournalBuilder, together: bool
    ) -> None:
        installer = journal.entry(a_device(serial="SN-0012345"), message_id("installer"))
        maker = journal.entry(
            a_device("oem-1", "cloud-77", serial="sn 0012345", manufacturer="SAMPLE POWER"), message_id("maker")
        )
        for batch in [[installer, maker]] if together else [[installer], [maker]]:
            await register.put(engine, batch)
        found = await register.state(engine)
        assert found.sources == ("installer-1", "oem-1")
        assert found.dedupe is DedupeOutcome.NEW
        assert await outcome_of(engine, "installer") == ReceiptOutcome.REGISTERED
        assert await outcome_of(engine, "maker") == ReceiptOutcome.DUPLICATE
        received = await register.receipts(engine)
        assert {r.asset_id for r in received.values()} == {found.asset_id}

    @pytest.mark.parametrize("update_first", [True, False], ids=["the update came early", "in order"])
    async def test_maker_and_serial_may_come_in_two_messages(
        self, engine: Engine, journal: JournalBuilder, update_first: bool
    ) -> None:
        first, second = a_battery(manufacturer="Sample Power"), an_update(serial_number="SN-0012345")
        for told in (second, first) if update_first else (first, second):
            await register.put(engine, journal.entries(told))
        await register.put(engine, journal.entries(a_device("oem-1", "cloud-77")))
        assert (await register.state(engine)).sources == ("installer-1", "oem-1")

    async def test_a_new_serial_at_a_known_place_is_another_asset(
        self, engine: Engine, journal: JournalBuilder
    ) -> None:
        twins = [a_device(ref=f"twin-{n}", serial=f"SN-000000{n}") for n in (1, 2)]
        await register.put(engine, journal.entries(*twins))
        assert [s.dedupe for s in await register.states(engine)] == [DedupeOutcome.NEW] * 2

    async def test_one_serial_at_two_places_is_looked_at(self, engine: Engine, journal: JournalBuilder) -> None:
        here, there = a_device(), a_device("oem-1", "cloud-77", location=FLAT.location())
        await register.put(engine, journal.entries(here, there))
        assert [s.dedupe for s in await register.states(engine)] == [DedupeOutcome.NEEDS_REVIEW] * 2

    async def test_the_next_device_with_the_serial_of_a_removed_one_is_new(
        self, engine: Engine, journal: JournalBuilder
    ) -> None:
        told = (a_device(), a_removal(), a_device("installer-2", "sold on", occurred_at=T0, location=FLAT.location()))
        await register.put(engine, journal.entries(*told))
        assert sorted(s.status for s in await register.states(engine)) == [
            AssetStatus.DECOMMISSIONED,
            AssetStatus.NOTIFIED,
        ]

    async def test_a_senders_own_reference_is_enough(self, engine: Engine, journal: JournalBuilder) -> None:
        await register.put(
            engine, journal.entries(a_battery(), an_update(serial_number="SN-0012345", manufacturer="Sample"))
        )
        assert (await register.state(engine)).serial_number == "SN-0012345"

    async def test_references_belong_to_their_senders(self, engine: Engine, journal: JournalBuilder) -> None:
        elsewhere = a_battery("installer-2", "A1", location=NEIGHBOUR.location())
        await register.put(engine, journal.entries(a_battery("installer-1", "A1"), elsewhere))
        assert len(await register.assets(engine)) == 2


class TestOrder:
    @pytest.mark.parametrize("together", [True, False], ids=["in one batch", "in two batches"])
    async def test_an_update_before_its_commissioning_waits_for_it(
        self, engine: Engine, journal: JournalBuilder, together: bool
    ) -> None:
        update = journal.entry(an_update(phases=3), message_id("update"))
        commissioning = journal.entry(a_battery(), message_id("commissioning"))
        if not together:
            await register.put(engine, [update])
            assert await outcome_of(engine, "update") == ReceiptOutcome.QUERIED
            assert await register.assets(engine) == []
        await register.put(engine, [update, commissioning])
        assert (await register.state(engine)).phases == 3
        assert [h.version for h in await register.history(engine)] == [1]
        assert await outcome_of(engine, "update") == ReceiptOutcome.UPDATED
        assert await outcome_of(engine, "commissioning") == ReceiptOutcome.REGISTERED
        assert [s.asset_id for s in await register.sightings(engine)] == [(await register.state(engine)).asset_id]

    async def test_a_removal_before_its_commissioning_is_not_forgotten(
        self, engine: Engine, journal: JournalBuilder
    ) -> None:
        await register.put(engine, journal.entries(a_removal()))
        await register.put(engine, journal.entries(a_battery()))
        assert (await register.state(engine)).status is AssetStatus.DECOMMISSIONED

    async def test_a_late_message_changes_nothing_newer(self, engine: Engine, journal: JournalBuilder) -> None:
        newer = an_update(phases=3, occurred_at=T0)
        older = an_update(phases=1, model="M-1", occurred_at=T0 - timedelta(hours=1))
        await register.put(engine, journal.entries(a_battery(), newer))
        await register.put(engine, journal.entries(older))
        found = await register.state(engine)
        assert (found.phases, found.model) == (3, "M-1")

    async def test_a_message_that_says_nothing_new_makes_no_version(
        self, engine: Engine, journal: JournalBuilder
    ) -> None:
        await register.put(engine, journal.entries(a_device(external_ids=(ExternalId(scheme="OCPP", value="CP-1"),))))
        before = await register.everything(engine)
        again = a_device(external_ids=(ExternalId(scheme="OCPP", value="CP-1"),), occurred_at=T0)
        await register.put(engine, [journal.entry(again, message_id("again"))])
        after = await register.everything(engine)
        assert await outcome_of(engine, "again") == ReceiptOutcome.DUPLICATE
        for table in ("asset", "asset_history", "sighting", "outbox"):
            assert after[table] == before[table]
        assert [c.said_until for c in await register.claims(engine)] == [T0]

    @pytest.mark.parametrize("avro_body", [True, False], ids=["Avro", "JSON"])
    async def test_what_an_update_does_not_name_stays(
        self, engine: Engine, journal: JournalBuilder, avro_body: bool
    ) -> None:
        whole = a_device(external_ids=(ExternalId(scheme="OCPP", value="CP-1"),), model="M-1")
        update = avro.decode(avro.encode(an_update(phases=3)), type(an_update())) if avro_body else an_update(phases=3)
        await register.put(engine, [journal.entry(whole), journal.entry(update)])
        found = await register.state(engine)
        assert (found.model, found.phases, [e.value for e in found.external_ids]) == ("M-1", 3, ["CP-1"])

    async def test_versions_of_every_asset_are_contiguous(self, engine: Engine, journal: JournalBuilder) -> None:
        homes = (HOUSE, FLAT, NEW_BUILD)
        told = [a_battery(ref=f"b{n}", location=home.location()) for n, home in enumerate(homes)]
        told_more = [
            an_update(ref=f"b{n}", rated_capacity_kw=Decimal(kw), occurred_at=YESTERDAY + timedelta(minutes=kw))
            for kw in range(1, 5)
            for n in range(3)
        ]
        entries = journal.entries(*told, *told_more)
        for start in range(0, len(entries), 4):
            await register.put(engine, entries[start : start + 4])
        rows = await register.history(engine)
        for _, versions in groupby(rows, key=lambda r: r.asset_id):
            assert [r.version for r in versions] == [1, 2, 3, 4, 5]
        latest = {r.asset_id: r.state for r in rows}
        assert {r.asset_id: r.state for r in await register.assets(engine)} == latest


class TestTelling:
    async def test_a_change_is_told_to_the_area_operator_and_to_neso(
        self, engine: Engine, journal: JournalBuilder
    ) -> None:
        await register.put(engine, journal.entries(a_device()))
        (change,) = await register.changes(engine)
        (eastern,) = await register.notices(engine, "eastern")
        (neso,) = await register.notices(engine, "neso")
        assert await register.notices(engine, "london") == []
        assert (eastern.basis, neso.basis) == ("meter_point", "national")
        assert {eastern.event_id, neso.event_id} == {change.event_id}
        assert eastern.asset.place.address_line is None and eastern.asset.place.uprn == HOUSE.uprn

    async def test_neso_is_not_told_the_address(self, engine: Engine, journal: JournalBuilder) -> None:
        place = HOUSE.location(address_line="1 Sample Street", meter_serial="M-123456")
        await register.put(engine, journal.entries(a_device(location=place)))
        (neso,) = await register.notices(engine, "neso")
        shown = neso.asset.place
        assert (shown.uprn, shown.address_line, shown.postcode, shown.meter_serial) == (None,) * 4
        assert shown.import_mpan == HOUSE.import_mpan

    async def test_a_home_on_an_independent_network_concerns_its_host_as_well(
        self, engine: Engine, journal: JournalBuilder
    ) -> None:
        await register.put(engine, journal.entries(a_battery(location=NEW_BUILD.location())))
        (independent,) = await register.notices(engine, "independent")
        (host,) = await register.notices(engine, "eastern")
        assert (independent.basis, host.basis) == ("meter_point", "host_network")

    async def test_an_operator_whose_area_it_left_is_told_that_and_not_where_to(
        self, engine: Engine, journal: JournalBuilder
    ) -> None:
        moved = an_update(location=FLAT.location(address_line="3 Sample Street"))
        await register.put(engine, journal.entries(a_battery(), moved))
        told = await register.notices(engine, "eastern")
        assert [n.basis for n in told] == ["meter_point", "formerly"]
        assert set(told[-1].asset.place.model_dump().values()) == {None}
        assert [n.basis for n in await register.notices(engine, "london")] == ["meter_point"]

    async def test_a_provider_with_consent_hears_of_opportunities(
        self, engine: Engine, journal: JournalBuilder
    ) -> None:
        claimed = a_battery("fsp-1", "F1", market=a_claim(), rated_capacity_kw=Decimal(1500))
        await register.put(engine, journal.entries(claimed))
        (offer,) = await register.opportunities(engine, "fsp-1")
        assert offer.products
        again = an_update("fsp-1", "F1", phases=3)
        await register.put(engine, journal.entries(again))
        assert len(await register.opportunities(engine, "fsp-1")) == 1

    @pytest.mark.parametrize("consent", [None, "C-NOBODY-KNOWS", people.WITHDRAWN_CONSENT, people.FLAT_CONSENT])
    async def test_without_consent_a_claim_is_a_query_and_the_asset_stays_out_of_the_market(
        self, engine: Engine, journal: JournalBuilder, consent: str | None
    ) -> None:
        outcome = await register.put(engine, journal.entries(a_battery("fsp-1", "F1", market=a_claim(consent=consent))))
        found = await register.state(engine)
        assert (found.status, found.market) == (AssetStatus.NOTIFIED, None)
        assert outcome.registered == {ReceiptOutcome.QUERIED: 1}
        assert (await register.assets(engine))[0].fsp is None
        assert await register.opportunities(engine, "fsp-1") == []
        assert len(await register.notices(engine, "eastern")) == 1

    async def test_a_claim_sent_again_after_consent_was_given_counts(
        self, engine: Engine, journal: JournalBuilder
    ) -> None:
        claimed = a_battery("fsp-1", "F1", market=a_claim("fsp-1", "C-LATER"))
        await register.put(engine, journal.entries(claimed))
        given = people.seed_file().model_copy(
            update={"consents": (people.seed_file().consents[0].model_copy(update={"reference": "C-LATER"}),)}
        )
        await register.seed(engine, given)
        await register.put(engine, [journal.entry(claimed.model_copy(update={"occurred_at": T0}))])
        found = await register.state(engine)
        assert (found.consent, found.market is not None) == (ConsentStatus.ACTIVE, True)

    async def test_each_message_has_one_receipt(self, engine: Engine, journal: JournalBuilder) -> None:
        entries = journal.entries(a_battery(), an_update(phases=1), an_update(ref="unknown", phases=1), a_removal())
        await register.put(engine, entries)
        received = await register.receipts(engine)
        assert set(received) == {e.message.id for e in entries}
        assert [received[e.message.id].outcome for e in entries] == ["registered", "updated", "queried", "updated"]

    @pytest.mark.parametrize(("door", "told"), [(Door.WEBHOOK, 0), (Door.MQTT, 1), (Door.PLATFORM, 1)])
    async def test_senders_that_do_not_come_and_ask_are_told(
        self, engine: Engine, journal: JournalBuilder, door: Door, told: int
    ) -> None:
        await register.put(engine, [journal.entry(a_battery(), door=door)])
        sent = [avro.decode(r.value, Receipt) for r in await register.outgoing(engine) if r.topic == topics.RECEIPTS]
        assert [r.outcome for r in sent] == [ReceiptOutcome.REGISTERED] * told

    async def test_a_sender_is_told_once_its_waiting_message_took_effect(
        self, engine: Engine, journal: JournalBuilder
    ) -> None:
        await register.put(engine, [journal.entry(an_update(phases=1), message_id("early"), Door.MQTT)])
        await register.put(engine, [journal.entry(a_battery(), message_id("late"), Door.MQTT)])
        sent = [avro.decode(r.value, Receipt) for r in await register.outgoing(engine) if r.topic == topics.RECEIPTS]
        assert [r.outcome for r in sent if r.message_id == message_id("early")] == ["queried", "updated"]


class TestProviders:
    async def test_a_second_provider_does_not_take_control(self, engine: Engine, journal: JournalBuilder) -> None:
        first = a_device("fsp-1", "F1", market=a_claim("fsp-1", people.CONSENT))
        second = a_device("fsp-2", "F2", market=a_claim("fsp-2", people.OTHER_CONSENT), occurred_at=T0)
        outcome = await register.put(engine, journal.entries(first, second))
        found = await register.state(engine)
        assert found.market is not None and found.market.fsp == "fsp-1"
        assert found.status is AssetStatus.QUERY
        assert "FSP-SECOND_CLAIM" in {c.rule_id for c in found.concerns}
        assert outcome.registered == {ReceiptOutcome.REGISTERED: 1, ReceiptOutcome.QUERIED: 1}

    async def test_the_provider_in_control_keeps_it_when_it_tells_more(
        self, engine: Engine, journal: JournalBuilder
    ) -> None:
        first = a_device("fsp-1", "F1", market=a_claim("fsp-1", people.CONSENT))
        rival = a_device(
            "fsp-2", "F2", market=a_claim("fsp-2", people.OTHER_CONSENT), occurred_at=YESTERDAY + timedelta(hours=1)
        )
        more = an_update(
            "fsp-1",
            "F1",
            market=a_claim("fsp-1", people.CONSENT, a_service()),
            occurred_at=YESTERDAY + timedelta(hours=2),
        )
        await register.put(engine, journal.entries(first, rival, more))
        found = await register.state(engine)
        assert found.market is not None and found.market.fsp == "fsp-1"

    async def test_so_many_contracts_that_no_event_could_carry_them_are_refused_here_and_not_in_the_relay(
        self, engine: Engine, journal: JournalBuilder
    ) -> None:
        def many(fsp: str, start: int) -> tuple[object, ...]:
            return tuple(a_service(f"{'P' * 90}-{start + n}", "N" * 100) for n in range(20))

        told = [
            a_device(sender, "F", market=a_claim("fsp-1", people.CONSENT, *many("fsp-1", n * 20)))  # type: ignore[arg-type]
            for n, sender in enumerate(("fsp-1", "fsp-2", "platform-1", "installer-1"))
        ]
        with pytest.raises(ValueError, match="larger than"):
            await register.put(engine, journal.entries(*told))


async def test_other_categories_with_one_identifier_are_related(engine: Engine, journal: JournalBuilder) -> None:
    pv = a_device(asset_category=AssetCategory.SOLAR_PV, ref="pv")
    battery = a_device(ref="battery")
    await register.put(engine, journal.entries(pv, battery))
    assert [s.dedupe for s in await register.states(engine)] == [DedupeOutcome.RELATED_NOT_SAME] * 2
