"""The read interface over HTTP, on a real register: who sees what, and how one asks."""

from collections.abc import AsyncIterator
from datetime import timedelta

import orjson
import pytest
import pytest_asyncio

from schemas.notifications import Notification
from tests.support import people
from tests.support.door import Client, token
from tests.support.journal import message_id
from tests.support.notifications import YESTERDAY, a_battery, a_claim, a_device, an_update
from tests.support.premises import FLAT, HOUSE
from tests.support.reading import get, open_over, told_id

TOLD: tuple[Notification, ...] = (
    a_device("installer-1", "I1"),
    a_device("fsp-1", "F1", market=a_claim("fsp-1", people.CONSENT), occurred_at=YESTERDAY + timedelta(minutes=1)),
    a_device(
        "fsp-2", "F2", market=a_claim("fsp-2", people.OTHER_CONSENT), occurred_at=YESTERDAY + timedelta(minutes=2)
    ),
    an_update("installer-1", "I1", phases=3, occurred_at=YESTERDAY + timedelta(minutes=3)),
    a_battery("installer-2", "I2", location=FLAT.location()),
)

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.usefixtures("the_time_is_t0")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(the_time_is_t0: None, registered: str) -> AsyncIterator[Client]:
    """A door over a register with a device that several tell of, and an asset in London."""
    async with open_over(registered, TOLD) as found:
        yield found


async def references(client: Client, who: str) -> int:
    return len((await get(client, "/v1/assets", who))["assets"])


async def device(client: Client) -> str:
    """The id of the device that several tell of."""
    (found,) = (await get(client, "/v1/assets", "installer-1"))["assets"]
    return str(found["asset_id"])


@pytest.mark.parametrize(
    ("who", "count"),
    [
        ("installer-1", 1),
        ("installer-2", 1),
        ("oem-1", 0),
        ("platform-1", 1),
        ("platform-2", 0),
        ("fsp-1", 1),
        ("fsp-2", 0),
        ("eastern", 1),
        ("london", 1),
        ("independent", 0),
        ("neso", 2),
        ("admin", 2),
    ],
)
async def test_each_sees_its_own_assets_everywhere(client: Client, who: str, count: int) -> None:
    assert len((await get(client, "/v1/assets", who))["assets"]) == count
    snapshot = [orjson.loads(line) async for line in (await client.get("/v1/snapshot", headers=token(who))).content]
    assert len(snapshot) == count + 1
    assert snapshot[0] == {"feed_seq": 5, "epoch": 1}
    asked = [await client.get(f"/v1/assets/{row['asset_id']}", headers=token(who)) for row in snapshot[1:]]
    assert {response.status for response in asked} <= {200}
    changed = {c["asset_id"] for c in (await get(client, "/v1/changes", who))["changes"]}
    assert changed == {row["asset_id"] for row in snapshot[1:]}


@pytest.mark.parametrize("who", ["installer-2", "oem-1", "fsp-2", "london", "platform-2"])
async def test_what_is_not_ones_own_does_not_exist(client: Client, who: str) -> None:
    asset_id = await device(client)
    for path in (f"/v1/assets/{asset_id}", f"/v1/assets/{asset_id}/history"):
        not_seen = await get(client, path, who, 404)
        no_such = await get(client, path.replace(asset_id, "00000000-0000-0000-0000-000000000001"), who, 404)
        assert not_seen == no_such


@pytest.mark.parametrize("path", ["/v1/assets", "/v1/snapshot", "/v1/changes", "history"])
@pytest.mark.parametrize(
    ("who", "hidden"),
    [
        ("installer-1", ["fsp-1", "fsp-2", "C-HOUSE"]),
        ("fsp-1", ["fsp-2", "C-HOUSE-2"]),
        ("platform-1", ["fsp-2", "C-HOUSE-2"]),
        ("eastern", ["C-HOUSE"]),
        ("neso", [HOUSE.uprn, HOUSE.postcode, "C-HOUSE"]),
    ],
)
async def test_nothing_hidden_is_anywhere_in_an_answer(client: Client, path: str, who: str, hidden: list[str]) -> None:
    if path == "history":
        path = f"/v1/assets/{await device(client)}/history"
    response = await client.get(path, headers=token(who))
    text = await response.text()
    assert response.status == 200 and "asset_id" in text
    assert [h for h in hidden if h in text] == []


async def test_changed_fields_that_are_hidden_are_not_named(client: Client) -> None:
    changes = (await get(client, "/v1/changes", "installer-1"))["changes"]
    assert {"market", "consent", "sources"} & {f for c in changes for f in c["changed_fields"]} == set()
    changes = (await get(client, "/v1/changes", "neso"))["changes"]
    assert "market" in {f for c in changes for f in c["changed_fields"]}


async def test_the_feed_goes_on_from_where_one_was(client: Client) -> None:
    whole = await get(client, "/v1/changes", "neso")
    assert [c["feed_seq"] for c in whole["changes"]] == [1, 2, 3, 4, 5]
    assert whole["next_after"] == 5
    first = await get(client, "/v1/changes?limit=2", "neso")
    rest = await get(client, f"/v1/changes?after={first['next_after']}", "neso")
    assert first["changes"] + rest["changes"] == whole["changes"]
    assert await get(client, "/v1/changes?after=5", "neso") == {"changes": [], "next_after": 5, "epoch": 1}


async def test_pages_of_assets_follow_one_another(client: Client) -> None:
    first = await get(client, "/v1/assets?limit=1", "neso")
    second = await get(client, f"/v1/assets?limit=1&cursor={first['next_cursor']}", "neso")
    whole = await get(client, "/v1/assets", "neso")
    assert first["assets"] + second["assets"] == whole["assets"]
    assert whole["next_cursor"] is None


@pytest.mark.parametrize(
    ("query", "count"),
    [
        (f"import_mpan={HOUSE.import_mpan}", 1),
        (f"import_mpan=S+01+801+902+{HOUSE.import_mpan}", 1),
        (f"import_mpan={FLAT.import_mpan}", 0),
        ("serial_number=sn+0012345", 1),
        ("serial_number=SN-0012346", 0),
        ("postcode=cb12ab", 1),
        ("category=BESS", 1),
        ("category=SOLAR_PV", 0),
        ("status=QUERY", 1),
        ("status=NOTIFIED", 0),
        ("status=QUERY&category=BESS&postcode=CB1+2AB", 1),
        ("status=QUERY&category=WIND_TURBINE", 0),
    ],
)
async def test_filters_find_what_is_meant_in_any_spelling(client: Client, query: str, count: int) -> None:
    assert len((await get(client, f"/v1/assets?{query}", "eastern"))["assets"]) == count


async def test_one_cannot_find_by_what_one_may_not_see(client: Client) -> None:
    response = await client.get("/v1/assets?postcode=CB1+2AB", headers=token("neso"))
    assert response.status == 400 or (await response.json())["assets"] == []


@pytest.mark.parametrize(
    ("path", "named"),
    [
        ("/v1/assets?limit=0", "limit"),
        ("/v1/assets?limit=1001", "limit"),
        ("/v1/assets?limit=ten", "limit"),
        ("/v1/assets?limit=" + "9" * 40, "limit"),
        ("/v1/assets?cursor=x", "cursor"),
        ("/v1/assets?import_mpan=123", "import_mpan"),
        ("/v1/assets?postcode=x", "postcode"),
        ("/v1/assets?status=FINE", "status"),
        ("/v1/assets?status=%00", "status"),
        ("/v1/assets?category=%00", "category"),
        ("/v1/assets?serial_number=%00", "serial_number"),
        ("/v1/assets?colour=red", "colour"),
        ("/v1/assets/x", "asset_id"),
        ("/v1/assets/x/history", "asset_id"),
        ("/v1/changes?after=-1", "after"),
        ("/v1/changes?after=" + "9" * 30, "after"),
        ("/v1/receipts?ids=", "ids"),
        ("/v1/receipts/%00", "message_id"),
        ("/v1/receipts/short", "message_id"),
        ("/v1/assets/00000000-0000-0000-0000-000000000001/history?as_of=today", "as_of"),
        ("/v1/assets/00000000-0000-0000-0000-000000000001/history?known_at=now", "known_at"),
        ("/v1/assets?known_at=0001-01-01T00:00:00%2B14:00", "known_at"),
        ("/v1/changes?known_at=9999-12-31T23:59:59-14:00", "known_at"),
        ("/v1/snapshot?known_at=0001-01-01", "known_at"),
    ],
)
async def test_a_question_that_cannot_be_meant_is_named(client: Client, path: str, named: str) -> None:
    found = await get(client, path, "neso", 400)
    assert [f["field"] for f in found["fields"]] == [named]
    assert named in found["detail"]


async def test_an_asset_has_its_version_as_its_etag(client: Client) -> None:
    path = f"/v1/assets/{await device(client)}"
    response = await client.get(path, headers=token("neso"))
    etag = response.headers["ETag"]
    assert etag == f'"{(await response.json())["version"]}"'
    again = await client.get(path, headers={**token("neso"), "If-None-Match": etag})
    assert again.status == 304


async def test_history_tells_every_version_and_what_brought_it_about(client: Client) -> None:
    asset_id = await device(client)
    versions = (await get(client, f"/v1/assets/{asset_id}/history", "neso"))["versions"]
    assert [v["version"] for v in versions] == [1, 2, 3, 4]
    assert [v["participant"] for v in versions] == ["installer-1", "fsp-1", "fsp-2", "installer-1"]
    assert versions[0]["message_id"] == told_id(0)
    own = (await get(client, f"/v1/assets/{asset_id}/history", "fsp-1"))["versions"]
    assert {v.get("participant") for v in own} <= {"fsp-1", None}
    assert [v.get("message_id") for v in own if v.get("participant") == "fsp-1"] == [told_id(1)]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("known_at=2026-05-01T09:00:00Z", 4),
        ("known_at=2026-05-01T08:59:59Z", 0),
        ("as_of=2026-04-20", 4),
        ("as_of=2026-04-19", 0),
        ("as_of=2026-04-20&known_at=2026-05-01", 0),
    ],
)
async def test_history_as_of_a_day_and_known_at_a_time(client: Client, query: str, count: int) -> None:
    found = await get(client, f"/v1/assets/{await device(client)}/history?{query}", "neso")
    assert len(found["versions"]) == count


class TestReceipts:
    async def test_a_sender_reads_its_own(self, client: Client) -> None:
        found = await get(client, f"/v1/receipts/{told_id(0)}", "installer-1")
        assert (found["outcome"], found["version"]) == ("registered", 1)
        assert found["asset_id"] == await device(client)

    @pytest.mark.parametrize("who", ["installer-2", "neso", "fsp-1"])
    async def test_nobody_reads_anothers(self, client: Client, who: str) -> None:
        await get(client, f"/v1/receipts/{told_id(0)}", who, 404)
        found = await get(client, f"/v1/receipts?ids={told_id(0)}", who)
        assert found == {"receipts": []}

    async def test_several_at_once(self, client: Client) -> None:
        ids = ",".join(told_id(n) for n in range(5))
        found = await get(client, f"/v1/receipts?ids={ids}", "installer-1")
        assert {r["message_id"] for r in found["receipts"]} == {told_id(0), told_id(3)}

    async def test_one_that_is_not_there_yet(self, client: Client) -> None:
        assert (await get(client, f"/v1/receipts/{message_id('unknown')}", "oem-1", 404))["code"] == "no_receipt"


class TestService:
    async def test_it_is_alive_but_not_ready_without_kafka(self, client: Client) -> None:
        assert (await client.get("/healthz")).status == 200
        response = await client.get("/readyz")
        assert response.status == 503 and "Retry-After" in response.headers

    async def test_metrics_name_nobody(self, client: Client) -> None:
        text = await (await client.get("/metrics")).text()
        assert "hub_answers_total" in text
        assert "installer-1" not in text and HOUSE.import_mpan not in text

    async def test_the_interface_describes_every_route(self, client: Client) -> None:
        found = await (await client.get("/v1/openapi.json")).json()
        assert found["openapi"].startswith("3.1")
        assert {"/v1/assets", "/v1/notifications", "/v1/changes"} <= set(found["paths"])
        page = await client.get("/")
        assert (page.status, page.content_type) == (200, "text/html")
