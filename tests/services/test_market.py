"""An asset in the market: who is told of what, and how a registration ends, on a real PostgreSQL."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from connectors.admission import Admitted, Arrival, check
from registry_store.engine import Engine
from schemas.notifications import AssetDeregistered, Notification
from schemas.vocabulary import AssetStatus, DeregistrationGround, Door, ReceiptOutcome
from tests.support import people, register
from tests.support.journal import JournalBuilder, message_id, signed
from tests.support.notifications import (
    T0,
    YESTERDAY,
    a_claim,
    a_deregistration,
    a_device,
    a_removal,
    an_update,
)
from tests.support.premises import HOUSE, NEIGHBOUR

OFFERED = a_device("fsp-1", "F1", market=a_claim(), rated_capacity_kw=Decimal(5))
ENDED = a_deregistration(ref="F1")


async def told(engine: Engine, journal: JournalBuilder, *notices: Notification, **options: Any) -> None:
    for notice in notices:
        await register.put(engine, journal.entries(notice), **options)


class TestDeregistration:
    async def test_through_the_door_to_everybody_whom_it_concerns(
        self, engine: Engine, journal: JournalBuilder
    ) -> None:
        await told(engine, journal, a_device(), OFFERED)
        arrived = check(Arrival(signed(ENDED), T0), Door.WEBHOOK, people.directory(), 300)
        assert isinstance(arrived, Admitted) and isinstance(arrived.notification, AssetDeregistered)
        entry = journal.entry(arrived.notification, message_id("ended"))
        await register.put(engine, [entry])
        found = await register.state(engine)
        assert (found.status, found.deregistered_on) == (AssetStatus.DEREGISTERED, ENDED.effective_from)
        assert (found.market, found.consent) == (None, None)
        assert [h.change for h in await register.history(engine)][-1] == "deregistered"
        assert (await register.receipts(engine))[message_id("ended")].outcome == ReceiptOutcome.UPDATED
        for operator in ("eastern", "neso"):
            last = (await register.notices(engine, operator))[-1]
            assert (last.change, last.asset.status) == ("deregistered", AssetStatus.DEREGISTERED)

    async def test_its_device_stays_and_stays_the_operators(self, engine: Engine, journal: JournalBuilder) -> None:
        await told(engine, journal, a_device(), OFFERED, ENDED)
        found = await register.state(engine)
        assert (found.decommissioned_on, found.operators) == (None, ("UKPN_EPN",))

    async def test_after_a_contract_it_waits_for_another_provider(
        self, engine: Engine, journal: JournalBuilder
    ) -> None:
        ended = a_deregistration(ref="F1", ground=DeregistrationGround.CONTRACT_ENDED)
        await told(engine, journal, OFFERED, ended)
        assert (await register.state(engine)).status is AssetStatus.AWAITING_FSP

    async def test_a_later_claim_with_consent_opens_a_new_registration(
        self, engine: Engine, journal: JournalBuilder
    ) -> None:
        again = an_update("fsp-1", "F1", market=a_claim(), occurred_at=T0)
        await told(engine, journal, OFFERED, ENDED, again)
        found = await register.state(engine)
        assert (found.status, found.deregistered_on) == (AssetStatus.VERIFIED, None)
        assert found.market is not None and found.market.fsp == "fsp-1"

    async def test_the_next_provider_takes_over_without_a_dispute(
        self, engine: Engine, journal: JournalBuilder
    ) -> None:
        rival = a_device("fsp-2", "F2", market=a_claim("fsp-2", people.OTHER_CONSENT), occurred_at=T0)
        await told(engine, journal, OFFERED, ENDED, rival)
        found = await register.state(engine)
        assert found.market is not None and found.market.fsp == "fsp-2"
        assert (found.status, [c for c in found.concerns if c.severity != "info"]) == (AssetStatus.VERIFIED, [])

    async def test_an_end_that_comes_before_its_claim_is_not_forgotten(
        self, engine: Engine, journal: JournalBuilder
    ) -> None:
        await told(engine, journal, ENDED, OFFERED)
        assert (await register.state(engine)).status is AssetStatus.DEREGISTERED

    async def test_of_the_removed_and_deregistered_it_is_known_that_it_is_gone(
        self, engine: Engine, journal: JournalBuilder
    ) -> None:
        await told(engine, journal, OFFERED, ENDED, a_removal("fsp-1", "F1"))
        found = await register.state(engine)
        assert (found.status, found.deregistered_on) == (AssetStatus.DECOMMISSIONED, ENDED.effective_from)

    async def test_a_provider_that_left_the_directory_leaves_its_assets_to_another(
        self, engine: Engine, journal: JournalBuilder
    ) -> None:
        await told(engine, journal, a_device(), OFFERED)
        everybody = people.directory()
        left = {name: member for name, member in everybody.members.items() if name != "fsp-1"}
        without = type(everybody)(2, left, everybody.keys, everybody.tokens, (), everybody.operators)
        await told(engine, journal, an_update(phases=1), directory=without)
        assert (await register.state(engine)).status is AssetStatus.AWAITING_FSP

    async def test_a_consent_that_was_withdrawn_suspends_it(self, engine: Engine, journal: JournalBuilder) -> None:
        again = an_update("fsp-1", "F1", market=a_claim(consent=people.WITHDRAWN_CONSENT))
        await told(engine, journal, OFFERED, again)
        found = await register.state(engine)
        assert (found.status, found.market) == (AssetStatus.SUSPENDED_CONSENT_REVOKED, None)


class TestMateriality:
    async def rated(self, engine: Engine, journal: JournalBuilder, *kilowatts: str, **options: Any) -> list[str]:
        """The ratings that the operator was told, one after the other."""
        steps = [
            an_update(rated_capacity_kw=Decimal(kw), occurred_at=YESTERDAY + timedelta(minutes=n))
            for n, kw in enumerate(kilowatts, 1)
        ]
        await told(engine, journal, a_device(rated_capacity_kw=Decimal(10)), *steps, **options)
        return [str(n.asset.rated_capacity_kw) for n in await register.notices(engine, "eastern")]

    async def test_operators_are_told_at_once_of_what_is_material(
        self, engine: Engine, journal: JournalBuilder
    ) -> None:
        assert await self.rated(engine, journal, "11") == ["10.00", "11.00"]

    async def test_what_is_not_material_is_a_version_and_in_the_feed(
        self, engine: Engine, journal: JournalBuilder
    ) -> None:
        assert await self.rated(engine, journal, "10.1") == ["10.00"]
        assert [h.version for h in await register.history(engine)] == [1, 2]
        assert [c.material for c in await register.changes(engine)] == [True, False]

    async def test_many_small_steps_are_a_large_one(self, engine: Engine, journal: JournalBuilder) -> None:
        assert await self.rated(engine, journal, "10.2", "10.4", "10.6", "10.8") == ["10.00", "10.60"]

    async def test_an_operator_may_be_told_of_everything(self, engine: Engine, journal: JournalBuilder) -> None:
        assert await self.rated(engine, journal, "10.1", tell_all=True) == ["10.00", "10.10"]

    async def test_another_meter_point_is_checked_anew(self, engine: Engine, journal: JournalBuilder) -> None:
        moved = an_update(location=NEIGHBOUR.location())
        await told(engine, journal, a_device(), moved)
        assert [n.asset.place.import_mpan for n in await register.notices(engine, "eastern")] == [
            HOUSE.import_mpan,
            NEIGHBOUR.import_mpan,
        ]

    async def test_another_serial_number_is_asked_about_as_a_replacement(
        self, engine: Engine, journal: JournalBuilder
    ) -> None:
        await told(engine, journal, a_device(), an_update(serial_number="SN-9999999"))
        assert "ID-SERIAL_CHANGED" in {c.rule_id for c in (await register.state(engine)).concerns}
        assert len(await register.notices(engine, "eastern")) == 2


@pytest.mark.parametrize("sender", ["installer-1", "oem-1", "platform-2"])
def test_only_a_provider_ends_a_registration(sender: str) -> None:
    ended = a_deregistration(sender)
    assert not isinstance(check(Arrival(signed(ended), T0), Door.WEBHOOK, people.directory(), 300), Admitted)
