"""What the registration writes into the audit log: every effect of a message, with nothing personal in clear."""

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from hub.services.audit import check, erasure
from hub.services.audit.erasure import NothingToEraseError
from hub.services.audit.vault import Destroyed, SecretChanged, Vault
from registry_store import reconciliation
from registry_store.engine import Engine, repeatable_read, transaction
from schemas.asset import ExternalId
from schemas.notifications import AssetCommissioned
from schemas.records.audit import AuditEntryRow
from tests.support import audit, door, people, register
from tests.support.journal import JournalBuilder, message_id
from tests.support.notifications import T0, YESTERDAY, a_claim, a_device, a_removal, an_update
from tests.support.premises import HOUSE

VIN = ExternalId(scheme="VIN", issuer="makers", value="WVWZZZ1JZXW000001")
REFERENCE = ("installer-1", "12 Sample Street, Mrs Bell")
PERSONAL = (
    HOUSE.import_mpan,
    HOUSE.uprn,
    HOUSE.address_line,
    HOUSE.postcode,
    "SN-0012345",
    "SN0012345",
    VIN.value,
    "Bell",
    people.CONSENT,
)


def told(**other: Any) -> AssetCommissioned:
    location = HOUSE.location(address_line=HOUSE.address_line)
    return a_device(*REFERENCE, location=location, external_ids=(VIN,), asset_name="Mrs Bell's battery", **other)


def payload(row: AuditEntryRow) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(row.payload)
    return found


async def opened(engine: Engine, row: AuditEntryRow) -> dict[str, Any] | Destroyed:
    vault = await register.vault(engine)
    item = (row.subject or "", payload(row)["sealed"])
    async with transaction(engine) as connection:
        return (await vault.open(connection, [item]))[item]


async def disagreeing(engine: Engine) -> list[str]:
    """What `hub verify` says of the log and the history."""
    question = next(q for q in reconciliation.QUESTIONS if q.check == "history and audit")
    async with repeatable_read(engine) as connection:
        versions = await check.versions(connection, await register.vault(engine))
        return [*(await reconciliation.ask(connection, question)).examples, *versions.problems]


async def test_every_message_has_its_entry_and_every_version_its_own(engine: Engine, journal: JournalBuilder) -> None:
    await register.put(engine, [journal.entry(an_update(*REFERENCE, phases=1), message_id("early"))])
    await register.put(engine, [journal.entry(told(), message_id("new"))])
    await register.put(engine, [journal.entry(told(occurred_at=YESTERDAY + timedelta(minutes=9)), message_id("again"))])
    await register.put(
        engine, [journal.entry(a_device("oem-1", "O1", location=HOUSE.location()), message_id("another"))]
    )
    await register.put(engine, [journal.entry(a_removal(*REFERENCE), message_id("gone"))])

    found = {row.message_id: row for row in await audit.entries(engine)}

    assert {i: (row.kind, row.version) for i, row in found.items()} == {
        message_id("early"): ("waiting", None),
        message_id("new"): ("registered", 1),
        message_id("again"): ("told_again", None),
        message_id("another"): ("updated", 2),
        message_id("gone"): ("decommissioned", 3),
    }
    new = payload(found[message_id("new")])
    assert new["adopted"] == [{"sender": "installer-1", "message_id": message_id("early")}]
    assert new["decision"]["meter_point"]["rule_id"] == "MPAN-RESOLVED_EXACT"
    assert new["decision"]["identity"]["rule_id"] == "ID-NEW"
    assert payload(found[message_id("another")])["decision"]["identity"]["reasons"]
    assert {row.actor for row in found.values()} == {"installer-1", "oem-1"}
    assert await audit.problems(engine) == ()
    assert await disagreeing(engine) == []


async def test_nothing_personal_is_in_clear(engine: Engine, journal: JournalBuilder) -> None:
    claimed = a_device("fsp-1", "F1", market=a_claim("fsp-1", people.CONSENT), location=HOUSE.location())
    await register.put(engine, journal.entries(told(), claimed))

    exported = b"".join(await audit.export_lines(engine)).decode()

    assert [value for value in PERSONAL if value in exported] == []
    assert "rated_capacity_kw" in exported


async def test_with_the_secret_it_can_be_read_what_was_told(engine: Engine, journal: JournalBuilder) -> None:
    await register.put(engine, journal.entries(told()))
    (row,) = await audit.entries(engine)

    found = await opened(engine, row)

    assert isinstance(found, dict)
    assert found["said"]["location"]["import_mpan"] == HOUSE.import_mpan
    assert found["said"]["sender_asset_ref"] == REFERENCE[1]


async def test_an_id_used_for_another_body_is_noted_and_a_repeat_is_not(
    engine: Engine, journal: JournalBuilder
) -> None:
    twice = message_id("twice")
    await register.put(engine, [journal.entry(told(), twice)])
    await register.put(engine, [journal.entry(told(), twice)])
    await register.put(engine, [journal.entry(told(phases=3), twice)])

    (row,) = await audit.entries(engine, "set_aside")

    assert (row.sender, row.message_id, payload(row)["code"]) == ("installer-1", twice, "id_reused_different_body")
    assert len(await audit.entries(engine)) == 2


async def test_a_version_that_was_changed_behind_the_log_is_found(engine: Engine, journal: JournalBuilder) -> None:
    await register.put(engine, journal.entries(told()))
    async with transaction(engine) as connection:
        await connection.execute(text("""UPDATE asset_history SET state = jsonb_set(state, '{phases}', '2')"""))

    (problem,) = await disagreeing(engine)

    assert "version 1 of asset" in problem


async def test_a_version_without_its_entry_is_found(engine: Engine, journal: JournalBuilder) -> None:
    await register.put(engine, journal.entries(told()))
    async with transaction(engine) as connection:
        await connection.execute(text("SET LOCAL session_replication_role = replica"))
        await connection.execute(text("DELETE FROM audit_entry"))

    assert await disagreeing(engine) == [str((await register.state(engine)).asset_id)]


class TestErasure:
    async def test_the_key_is_destroyed_and_the_chain_still_verifies(
        self, engine: Engine, journal: JournalBuilder
    ) -> None:
        await register.put(engine, journal.entries(told(), a_device("oem-1", "O1", location=HOUSE.location())))
        before = await audit.export_lines(engine)

        done = await erasure.erase(engine, await register.vault(engine), REFERENCE, "asked for", "admin", T0)

        rows = await audit.entries(engine)
        mine = next(row for row in rows if row.sender == "installer-1")
        theirs = next(row for row in rows if row.sender == "oem-1")
        erased = next(row for row in rows if row.kind == "erased")
        assert (done.keys, done.claims) == (1, 1)
        assert await opened(engine, mine) == Destroyed(T0, "asked for")
        assert isinstance(await opened(engine, theirs), dict)
        assert (erased.actor, erased.subject, erased.assets) == ("admin", mine.subject, done.assets)
        assert await audit.problems(engine) == ()
        assert await disagreeing(engine) == []
        after = await audit.export_lines(engine)
        assert set(before[1:-1]) < set(after), "no entry is another than it was"

    async def test_the_claims_keep_what_is_not_personal(self, engine: Engine, journal: JournalBuilder) -> None:
        await register.put(engine, journal.entries(told()))
        await erasure.erase(engine, await register.vault(engine), REFERENCE, "asked for", "admin", T0)

        (claim,) = await register.claims(engine)

        kept = json.dumps([claim.body, claim.resolution])
        assert [value for value in PERSONAL if value in kept.replace(REFERENCE[1], "")] == []
        assert claim.body["rated_capacity_kw"] == "5.00"
        assert claim.resolution is not None and claim.resolution["outcome"] == "RESOLVED_EXACT"

    async def test_the_register_goes_on_with_what_is_left(self, engine: Engine, journal: JournalBuilder) -> None:
        await register.put(engine, journal.entries(told()))
        await erasure.erase(engine, await register.vault(engine), REFERENCE, "asked for", "admin", T0)

        await register.put(engine, journal.entries(an_update(*REFERENCE, phases=3)))

        state = await register.state(engine)
        assert (state.version, state.phases, state.serial_number, state.place.import_mpan) == (2, 3, None, None)
        assert HOUSE.uprn not in state.model_dump_json()

    async def test_what_is_told_after_it_has_a_key_of_its_own(self, engine: Engine, journal: JournalBuilder) -> None:
        await register.put(engine, journal.entries(told()))
        vault = await register.vault(engine)
        await erasure.erase(engine, vault, REFERENCE, "asked for", "admin", T0)
        await register.put(engine, journal.entries(an_update(*REFERENCE, serial_number="SN-NEW-0001")))

        first, second = sorted((r for r in await audit.entries(engine) if r.sender), key=lambda r: r.seq)

        assert first.subject == second.subject
        assert isinstance(await opened(engine, first), Destroyed)
        found = await opened(engine, second)
        assert isinstance(found, dict) and found["said"]["serial_number"] == "SN-NEW-0001"
        assert (await erasure.erase(engine, vault, REFERENCE, "again", "admin", T0)).keys == 1

    async def test_a_reference_that_nobody_used_is_told_so(self, engine: Engine) -> None:
        with pytest.raises(NothingToEraseError, match="sender_asset_ref"):
            await erasure.erase(engine, await register.vault(engine), ("installer-1", "x"), "why", "admin", T0)
        assert await audit.entries(engine) == []


class TestSecret:
    NEW = "another secret of the tests, 32 or more characters"

    async def test_another_secret_opens_nothing_and_says_what_to_do(self, engine: Engine) -> None:
        await register.vault(engine)
        with pytest.raises(SecretChanged, match="hub audit rewrap"):
            await Vault(self.NEW).start(engine)

    async def test_the_secret_can_be_changed(self, engine: Engine, journal: JournalBuilder) -> None:
        await register.put(engine, journal.entries(told()))
        before, after = Vault(door.SECRET), Vault(self.NEW)
        async with transaction(engine) as connection:
            assert await after.rewrap(connection, before) == 1
        await after.start(engine)
        (row,) = await audit.entries(engine)
        item = (row.subject or "", payload(row)["sealed"])
        async with transaction(engine) as connection:
            found = (await after.open(connection, [item]))[item]
            assert await after.rewrap(connection, before) == 0
        assert isinstance(found, dict) and found["said"]["serial_number"] == "SN-0012345"
        assert after.subject(REFERENCE) == row.subject
        with pytest.raises(SecretChanged):
            await before.start(engine)
