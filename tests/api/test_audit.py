"""The audit log over HTTP, and the trace that reads leave in it."""

import base64
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from hub import clock
from hub.errors import Unavailable
from hub.processes import Door
from hub.services.audit import access, erasure
from hub.services.audit.access import AccessLog
from hub.services.audit.log import Draft
from registry_store.engine import Engine, connect
from schemas.asset import Location
from schemas.notifications import Notification
from schemas.participants import Participant, Participants, Token
from schemas.vocabulary import ParticipantKind
from tests.support import audit, people, register
from tests.support.door import NO_KAFKA, Client, open_parts, settings, token
from tests.support.journal import JournalBuilder, message_id
from tests.support.notifications import T0, YESTERDAY, a_battery, a_claim, a_device, an_update
from tests.support.premises import FLAT, HOUSE, NEIGHBOUR

OFGEM = Participants(
    participants=(Participant(id="ofgem", kind=ParticipantKind.REGULATOR, name="Ofgem"),),
    tokens=(Token(participant="ofgem", sha256=people._sha256("read token of ofgem")),),
)


@pytest.fixture(autouse=True)
def the_time_is_t0(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: T0 + timedelta(hours=1))


@pytest.fixture
async def opened(engine: Engine, database: str) -> AsyncIterator[tuple[Client, Door]]:
    """A door over a register with a device that several tell of, and an asset in London."""
    journal = JournalBuilder()
    told: tuple[Notification, ...] = (
        a_device("installer-1", "I1"),
        a_device("fsp-1", "F1", market=a_claim(), occurred_at=YESTERDAY + timedelta(minutes=1)),
        a_device(
            "fsp-2", "F2", market=a_claim("fsp-2", people.OTHER_CONSENT), occurred_at=YESTERDAY + timedelta(minutes=2)
        ),
        an_update("installer-1", "I1", phases=3),
        a_battery("installer-2", "I2", location=FLAT.location()),
    )
    await register.seed(engine, OFGEM)
    for number, notification in enumerate(told):
        now = T0 + timedelta(seconds=number)
        await register.put(engine, [journal.entry(notification, message_id(f"read-{number}"))], now=now)
    await register.number(engine)
    async with open_parts(settings(NO_KAFKA, database)) as found:
        yield found


@pytest.fixture
def client(opened: tuple[Client, Door]) -> Client:
    return opened[0]


@pytest.fixture
def door(opened: tuple[Client, Door]) -> Door:
    return opened[1]


async def get(client: Client, path: str, who: str, status: int = 200) -> Any:
    headers = token(who) if who in people.KINDS else {"Authorization": f"Bearer read token of {who}"}
    response = await client.get(path, headers=headers)
    assert response.status == status, await response.text()
    return await response.json(content_type=None)


async def log_of(client: Client, who: str, query: str = "") -> list[dict[str, Any]]:
    path = f"/v1/audit?asset_id={await device(client)}{query}"
    found: list[dict[str, Any]] = (await get(client, path, who))["entries"]
    return found


async def device(client: Client) -> str:
    (found,) = (await get(client, f"/v1/assets?import_mpan={HOUSE.import_mpan}", "admin"))["assets"]
    return str(found["asset_id"])


def kinds(entries: list[dict[str, Any]]) -> list[tuple[str, Any]]:
    return [(e["kind"], e.get("actor")) for e in entries if not e["kind"].startswith("read_")]


WRITTEN = [("registered", "installer-1"), ("updated", "fsp-1"), ("updated", "fsp-2"), ("updated", "installer-1")]


@pytest.mark.parametrize("who", ["admin", "ofgem", "eastern"])
async def test_those_who_may_know_all_of_an_asset_read_who_did_what(client: Client, who: str) -> None:
    found = await log_of(client, who)
    assert kinds(found) == WRITTEN
    assert [e.get("version") for e in found if e.get("version")] == [1, 2, 3, 4]


async def test_a_provider_does_not_learn_who_else_has_to_do_with_its_asset(client: Client) -> None:
    found = await log_of(client, "fsp-1")
    assert ("updated", "fsp-1") in kinds(found)
    assert {actor for _, actor in kinds(found)} == {"fsp-1", None}
    assert "fsp-2" not in str(found)


async def test_a_sender_reads_of_its_own_messages_only(client: Client) -> None:
    assert kinds(await log_of(client, "installer-1")) == [("registered", "installer-1"), ("updated", "installer-1")]


@pytest.mark.parametrize("who", ["installer-2", "oem-1", "fsp-2", "london"])
async def test_the_log_of_another_s_asset_does_not_exist(client: Client, who: str) -> None:
    assert (await get(client, f"/v1/audit?asset_id={await device(client)}", who, 404))["code"] == "no_asset"


@pytest.mark.parametrize("who", ["fsp-1", "eastern", "neso", "installer-1", "platform-1"])
async def test_only_those_with_the_right_read_the_whole_log(client: Client, who: str) -> None:
    assert "asset_id" in (await get(client, "/v1/audit", who, 400))["detail"]


@pytest.mark.parametrize("who", ["admin", "ofgem"])
async def test_the_whole_log_has_what_is_about_no_asset(client: Client, who: str) -> None:
    found = (await get(client, "/v1/audit?limit=1000", who))["entries"]
    assert {"registered", "participant_added", "token_added"} <= {e["kind"] for e in found}


@pytest.mark.parametrize("who", ["admin", "ofgem", "eastern", "fsp-1", "installer-1", "neso"])
async def test_nobody_reads_personal_values_in_it(client: Client, who: str) -> None:
    text = str(await log_of(client, who))
    hidden = (HOUSE.import_mpan, HOUSE.uprn, HOUSE.postcode, "SN-0012345", people.CONSENT, "sealed_")
    assert [value for value in hidden if value in text] == []


async def test_a_regulator_reads_no_asset(client: Client) -> None:
    asset_id = await device(client)
    await get(client, f"/v1/assets/{asset_id}", "ofgem", 404)
    assert (await get(client, "/v1/assets", "ofgem"))["assets"] == []


async def test_what_was_erased_says_when_and_why(client: Client, engine: Engine) -> None:
    before = await log_of(client, "admin", "&kind=registered")
    vault = await register.vault(engine)
    await erasure.erase(
        engine, vault, ("installer-1", "I1"), "the household asked for it", "admin", T0 + timedelta(minutes=1)
    )
    after = await log_of(client, "admin", "&kind=registered")
    assert before[0]["personal"] == "sealed"
    assert after[0]["personal"] == {
        "destroyed_at": "2026-05-01T09:01:00.000000Z",
        "reason": "the household asked for it",
    }
    assert after[0]["hash"] == before[0]["hash"]
    assert kinds(await log_of(client, "eastern"))[-1] == ("erased", "admin")


async def test_pages_of_the_log_follow_one_another(client: Client) -> None:
    path = f"/v1/audit?asset_id={await device(client)}&until=2026-05-01T09:30:00Z"
    whole = await get(client, path, "admin")
    found, cursor = [], ""
    while True:
        page = await get(client, f"{path}&limit=1{cursor}", "admin")
        found += page["entries"]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert found == whole["entries"]
    assert len(found) == 4


async def test_how_its_facts_compared_with_anothers_is_not_for_a_sender(client: Client) -> None:
    assert "evidence" in str(await log_of(client, "admin"))
    assert "evidence" not in str(await log_of(client, "fsp-1"))


def cursor(text: str) -> str:
    return f"cursor={base64.urlsafe_b64encode(text.encode()).decode()}"


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("limit=0", "limit"),
        ("cursor=x", "cursor"),
        ("cursor=W10=", "cursor"),
        ("cursor=%00", "cursor"),
        (cursor('["0001-01-01T00:00:00+14:00", "fmar.intake/0", 1]'), "cursor"),
        (cursor('["2026-05-01T09:00:00Z", "fmar.intake/0", Infinity]'), "cursor"),
        (cursor('["2026-05-01T09:00:00Z", "fmar.intake/0", 1e300]'), "cursor"),
        (cursor('["2026-05-01T09:00:00Z", "\\ud800", 1]'), "cursor"),
        (cursor("[" * 5000), "cursor"),
        ("since=9999-12-31T23:59:59-14:00", "since"),
        ("asset_id=x", "asset_id"),
        ("kind=%00", "kind"),
        ("since=today", "since"),
        ("colour=red", "colour"),
    ],
)
async def test_a_question_that_cannot_be_meant_is_named(client: Client, query: str, named: str) -> None:
    assert [f["field"] for f in (await get(client, f"/v1/audit?{query}", "admin", 400))["fields"]] == [named]


async def test_the_interface_describes_the_log(client: Client) -> None:
    found = await (await client.get("/v1/openapi.json")).json()
    assert {p["name"] for p in found["paths"]["/v1/audit"]["get"]["parameters"]} >= {"asset_id", "cursor", "since"}


# The trace of reads


async def test_every_way_to_read_an_asset_leaves_its_trace(client: Client, door: Door) -> None:
    asset_id = await device(client)
    await get(client, "/v1/assets?category=BESS", "eastern")
    await get(client, f"/v1/assets/{asset_id}", "eastern")
    await get(client, f"/v1/assets/{asset_id}/history?as_of=2026-05-01", "eastern")
    await get(client, "/v1/changes", "eastern")
    await (await client.get("/v1/snapshot", headers=token("eastern"))).text()
    await (await client.get("/v1/snapshot", headers=token("london"))).text()
    await get(client, f"/v1/assets/{asset_id}", "oem-1", 404)
    await door.accesses.write()

    found = [e for e in await log_of(client, "admin") if e["kind"].startswith("read_")]

    assert [(e["kind"], e["actor"]) for e in found] == [
        ("read_assets", "admin"),
        ("read_assets", "eastern"),
        ("read_asset", "eastern"),
        ("read_history", "eastern"),
        ("read_changes", "eastern"),
        ("read_snapshot", "eastern"),
    ]
    by_kind = {e["kind"]: e for e in found}
    assert by_kind["read_assets"]["payload"]["filter"] == {"asset_category": "BESS"}
    assert by_kind["read_asset"]["payload"]["grant"] == {
        "kind": "dno",
        "operator_codes": ["UKPN_EPN"],
        "sources": ["eastern"],
    }
    assert by_kind["read_history"]["payload"]["as_of"] == "2026-05-01"
    assert by_kind["read_snapshot"]["payload"]["shown"] == 1


async def test_who_is_concerned_sees_that_others_have_read_its_asset(client: Client, door: Door) -> None:
    await get(client, f"/v1/assets/{await device(client)}", "neso")
    await door.accesses.write()
    for who, reader in (("eastern", "neso"), ("fsp-1", None)):
        found = [e for e in await log_of(client, who) if e["kind"] == "read_asset"]
        assert [(e.get("actor"), "payload" in e) for e in found] == [(reader, False)]
    assert [e for e in await log_of(client, "installer-1") if e["kind"] == "read_asset"] == []


async def test_a_filter_by_something_personal_is_noted_as_a_keyed_hash(
    client: Client, door: Door, engine: Engine
) -> None:
    for path in ("import_mpan=" + HOUSE.import_mpan, "postcode=cb12ab", "serial_number=SN-0012345"):
        await get(client, f"/v1/assets?{path}", "eastern")
    await door.accesses.write()

    exported = b"".join(await audit.export_lines(engine)).decode()

    for value in (HOUSE.import_mpan, "CB1 2AB", "cb12ab", "0012345"):
        assert value not in exported
    assert door.vault.name("import_mpan", HOUSE.import_mpan) in exported


async def test_reading_the_log_is_read_in_the_log(client: Client, door: Door) -> None:
    await log_of(client, "eastern")
    await door.accesses.write()
    assert ("read_audit", "eastern") in [(e["kind"], e["actor"]) for e in await log_of(client, "admin")]


async def test_an_orderly_stop_loses_no_access(engine: Engine, database: str) -> None:
    await register.put(engine, JournalBuilder().entries(a_battery()))
    async with open_parts(settings(NO_KAFKA, database)) as (client, _):
        await get(client, "/v1/assets", "neso")
        assert await audit.entries(engine, "read_assets") == []
    assert len(await audit.entries(engine, "read_assets")) == 1


async def test_accesses_are_written_without_being_asked(
    client: Client, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access, "MOST", 2)
    await get(client, "/v1/assets", "neso")
    for _ in range(3):
        await get(client, "/v1/assets", "neso")
    assert len(await audit.entries(door.engine, "read_assets")) >= 2


async def test_what_cannot_be_noted_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "MOST", 1)
    nowhere = connect("postgresql://nobody@127.0.0.1:1/none")
    accesses = AccessLog(nowhere, "access/x")
    await accesses.note(Draft("read_asset", "neso"))
    with pytest.raises(Unavailable):
        await accesses.note(Draft("read_asset", "neso"))
    await accesses.close()
    await nowhere.dispose()


async def test_an_asset_that_came_later_was_not_one_s_own_before(client: Client, engine: Engine, door: Door) -> None:
    """An asset moves from London to the east: the eastern operator does not read what was before."""
    (flat,) = (await get(client, f"/v1/assets?import_mpan={FLAT.import_mpan}", "admin"))["assets"]
    moved = an_update("installer-2", "I2", location=NEXT_DOOR, occurred_at=YESTERDAY + timedelta(hours=3))
    await register.put(engine, JournalBuilder(ends={0: 50, 1: 50, 2: 50}).entries(moved), now=T0 + timedelta(minutes=5))
    found = (await get(client, f"/v1/audit?asset_id={flat['asset_id']}", "eastern"))["entries"]
    assert kinds(found) == [("updated", "installer-2")]


NEXT_DOOR = Location(import_mpan=NEIGHBOUR.import_mpan, postcode=NEIGHBOUR.postcode)
