"""An asset's past over HTTP: merged and split again, who said what, and an area that an asset has left."""

from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Any

import pytest
import pytest_asyncio

from schemas.notifications import Notification
from tests.support.door import Client, token
from tests.support.notifications import YESTERDAY, a_device, an_update
from tests.support.premises import FLAT, HOUSE
from tests.support.reading import get, open_over, told_id

AN_HOUR = timedelta(hours=1)


def after(minutes: int) -> dict[str, Any]:
    return {"occurred_at": YESTERDAY + timedelta(minutes=minutes)}


TOLD: tuple[Notification, ...] = (
    a_device("installer-1", "I1", rated_capacity_kw="5.00", **after(0)),
    a_device("oem-1", "O1", serial="SN-0077777", rated_capacity_kw="4.60", **after(1)),
    # Its maker had mistyped the serial number: one device, until the maker takes that back.
    an_update("oem-1", "O1", serial_number="SN-0012345", **after(2)),
    an_update("oem-1", "O1", serial_number="SN-0077777", **after(3)),
    a_device("installer-2", "moving", serial="SN-0055555", **after(0)),
    an_update("installer-2", "moving", location=FLAT.location(), effective_from=date(2026, 4, 28), **after(5)),
)
"""One an hour, from T0 on."""
APART, JOINED, PARTED, HERE, MOVED = "T09:30", "T11:30", "T12:30", "T13:30", "T14:30"

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.usefixtures("the_time_is_t0")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(the_time_is_t0: None, registered: str) -> AsyncIterator[Client]:
    async with open_over(registered, TOLD, AN_HOUR) as found:
        yield found


def at(time: str) -> str:
    return f"known_at=2026-05-01{time}:00Z"


async def ids_of(client: Client, who: str, query: str = "") -> list[str]:
    return [a["asset_id"] for a in (await get(client, f"/v1/assets?{query}", who))["assets"]]


async def the_makers(client: Client) -> str:
    (found,) = await ids_of(client, "oem-1")
    return found


async def asked(client: Client, path: str, who: str) -> Any:
    return await client.get(path, headers=token(who), allow_redirects=False)


async def test_an_id_leads_to_the_asset_that_answers_for_it_while_they_are_one(client: Client) -> None:
    makers = await the_makers(client)
    response = await asked(client, f"/v1/assets/{makers}?{at(JOINED)}", "oem-1")
    found = await response.json(content_type="application/problem+json")
    assert (response.status, found["code"], response.headers["Cache-Control"]) == (307, "merged", "no-store")
    assert found["asset_id"] in found["detail"] and found["asset_id"] != makers
    assert response.headers["Location"] == f"/v1/assets/{found['asset_id']}?{at(JOINED)}"
    there = await get(client, response.headers["Location"], "admin")
    assert (there["asset_id"], there["sources"]) == (found["asset_id"], ["installer-1", "oem-1"])


async def test_before_it_was_merged_and_after_it_was_split_an_id_answers_for_itself(client: Client) -> None:
    makers = await the_makers(client)
    for query in (at("T10:30"), at(PARTED), ""):
        assert (await get(client, f"/v1/assets/{makers}?{query}", "oem-1"))["serial_number"] == "SN-0077777"
    await get(client, f"/v1/assets/{makers}?{at('T09:30')}", "oem-1", 404)


async def test_who_may_not_see_the_other_asset_is_not_led_there(client: Client) -> None:
    makers = await the_makers(client)
    assert (await asked(client, f"/v1/assets/{makers}?{at(JOINED)}", "installer-2")).status == 404


async def test_a_list_is_of_the_assets_that_there_were(client: Client) -> None:
    counts = {
        time: len(await ids_of(client, "admin", at(time))) for time in ("T08:30", APART, "T10:30", JOINED, PARTED)
    }
    assert counts == {"T08:30": 0, APART: 1, "T10:30": 2, JOINED: 1, PARTED: 2}
    makers = await the_makers(client)
    assert makers not in await ids_of(client, "admin", at(JOINED))


async def test_a_filter_asks_for_what_was_so_then(client: Client) -> None:
    here, there = f"import_mpan={HOUSE.import_mpan}", f"import_mpan={FLAT.import_mpan}"
    assert len(await ids_of(client, "admin", f"{at(HERE)}&{there}")) == 0
    assert len(await ids_of(client, "admin", f"{at(MOVED)}&{there}")) == 1
    assert len(await ids_of(client, "admin", f"as_of=2026-04-27&{there}")) == 0
    assert len(await ids_of(client, "admin", f"as_of=2026-04-27&{here}")) == 3
    assert len(await ids_of(client, "admin", f"{at(MOVED)}&serial_number=sn+0077777")) == 1


async def test_pages_of_the_past_follow_one_another(client: Client) -> None:
    first = await get(client, f"/v1/assets?limit=1&{at(PARTED)}", "admin")
    second = await get(client, f"/v1/assets?limit=1&{at(PARTED)}&cursor={first['next_cursor']}", "admin")
    whole = await get(client, f"/v1/assets?{at(PARTED)}", "admin")
    assert first["assets"] + second["assets"] == whole["assets"]


async def test_an_operator_reads_what_was_in_its_area_and_not_where_it_went(client: Client) -> None:
    (moved,) = await ids_of(client, "installer-2")
    await get(client, f"/v1/assets/{moved}", "eastern", 404)
    was = await get(client, f"/v1/assets/{moved}?{at(HERE)}", "eastern")
    assert was["place"]["import_mpan"] == HOUSE.import_mpan
    assert moved in await ids_of(client, "eastern", at(HERE))
    (version,) = (await get(client, f"/v1/assets/{moved}/history", "eastern"))["versions"]
    assert version["asset"] == was
    events = [c for c in (await get(client, "/v1/changes", "eastern"))["changes"] if c["asset_id"] == moved]
    assert [event["asset"] for event in events] == [was]
    await get(client, f"/v1/assets/{moved}?{at(HERE)}", "london", 404)
    assert [v["version"] for v in (await get(client, f"/v1/assets/{moved}/history", "london"))["versions"]] == [2]


async def test_a_snapshot_and_the_changes_after_it_make_up_the_present(client: Client) -> None:
    response = await client.get(f"/v1/snapshot?{at(JOINED)}", headers=token("admin"))
    first, *lines = [line async for line in response.content]
    assert first == b'{"feed_seq":4,"epoch":1}\n' and len(lines) == 1
    until = await get(client, f"/v1/changes?{at(JOINED)}", "admin")
    assert until["next_after"] == 4
    rest = await get(client, "/v1/changes?after=4", "admin")
    whole = await get(client, "/v1/changes", "admin")
    assert until["changes"] + rest["changes"] == whole["changes"]


async def test_history_comes_in_pages(client: Client) -> None:
    makers = await the_makers(client)
    path = f"/v1/assets/{makers}/history"
    whole = await get(client, path, "admin")
    first = await get(client, f"{path}?limit=1", "admin")
    rest = await get(client, f"{path}?after={first['next_after']}", "admin")
    # What stands beside it may bring further versions.
    assert [v["change"] for v in whole["versions"] if v["change"] != "updated"] == ["registered", "merged", "split"]
    assert first["versions"] + rest["versions"] == whole["versions"]
    assert (whole["next_after"], rest["next_after"]) == (None, None)


async def test_a_version_names_the_message_and_the_rules_behind_it(client: Client) -> None:
    makers = await the_makers(client)
    versions = (await get(client, f"/v1/assets/{makers}/history", "oem-1"))["versions"]
    assert [v["message_id"] for v in versions] == [told_id(n) for n in (1, 2, 3)]
    assert [v["notification"] for v in versions] == ["AssetCommissioned", "AssetUpdated", "AssetUpdated"]
    rules = {rule["rule_id"] for v in versions for rule in v["rules"]}
    assert "ID-EXACT_DUPLICATE" in rules and "ID-SERIAL_CHANGED" in rules


class TestSources:
    async def test_each_field_has_its_tellers_and_who_said_otherwise(self, client: Client) -> None:
        (joined,) = await ids_of(client, "admin", at(JOINED))
        found = await get(client, f"/v1/assets/{joined}/sources?{at(JOINED)}", "admin")
        rated = next(f for f in found["fields"] if f["field"] == "rated_capacity_kw")
        assert rated["value"] == "5.00"
        assert [(s["participant"], s["kind"], s["message_id"]) for s in rated["said_by"]] == [
            ("installer-1", "installer", told_id(0))
        ]
        assert [(s["participant"], s["value"]) for s in rated["otherwise"]] == [("oem-1", "4.60")]
        assert rated["believed"].index("installer") < rated["believed"].index("oem")
        assert {s["participant"] for s in found["sightings"]} == {"installer-1", "oem-1"}

    async def test_a_sender_hears_of_nobody_but_itself(self, client: Client) -> None:
        (joined,) = await ids_of(client, "installer-1")
        response = await client.get(f"/v1/assets/{joined}/sources?{at(JOINED)}", headers=token("installer-1"))
        text = await response.text()
        assert response.status == 200
        assert "installer-1" in text and "oem-1" not in text and "4.60" not in text

    @pytest.mark.parametrize("path", ["/v1/assets/{}/sources", "/v1/assets/{}/links"])
    async def test_how_its_facts_compared_is_not_for_a_sender(self, client: Client, path: str) -> None:
        makers = await the_makers(client)
        (joined,) = await ids_of(client, "admin", at(JOINED))
        texts = {
            who: [
                await (await client.get(path.format(asset_id), headers=token(who))).text()
                for asset_id in (makers, joined)
            ]
            for who in ("admin", "oem-1")
        }
        assert any("evidence" in text for text in texts["admin"])
        assert not any("evidence" in text for text in texts["oem-1"])

    async def test_what_is_hidden_has_no_sources(self, client: Client) -> None:
        (joined,) = await ids_of(client, "installer-1")
        fields = {f["field"] for f in (await get(client, f"/v1/assets/{joined}/sources", "neso"))["fields"]}
        assert "rated_capacity_kw" in fields
        assert {"place.uprn", "place.postcode", "place.address_line"} & fields == set()

    async def test_sources_are_as_of_a_day_too(self, client: Client) -> None:
        (moved,) = await ids_of(client, "installer-2")
        for query, mpan in (("", FLAT.import_mpan), ("?as_of=2026-04-27", HOUSE.import_mpan)):
            found = await get(client, f"/v1/assets/{moved}/sources{query}", "admin")
            assert mpan in [f["value"] for f in found["fields"] if f["field"] == "place.import_mpan"]


class TestLinks:
    async def test_a_stay_with_another_asset_has_its_beginning_end_and_reason(self, client: Client) -> None:
        (joined,) = await ids_of(client, "admin", at(JOINED))
        makers = await the_makers(client)
        found = (await get(client, f"/v1/assets/{joined}/links", "admin"))["links"]
        (stay,) = [link for link in found if link["participant"] == "oem-1"]
        assert (stay["by"]["message_id"], stay["then_asset_id"]) == (told_id(2), makers)
        assert stay["since"] < stay["until"] and stay["decision"]["reasons"]
        turns = (await get(client, f"/v1/assets/{makers}/links", "admin"))["turns"]
        assert [t["change"] for t in turns if t["change"] in ("merged", "split")] == ["merged", "split"]

    async def test_links_are_as_they_were_known(self, client: Client) -> None:
        (joined,) = await ids_of(client, "admin", at(JOINED))
        for time, who in ((APART, {"installer-1"}), (JOINED, {"installer-1", "oem-1"})):
            found = (await get(client, f"/v1/assets/{joined}/links?{at(time)}", "admin"))["links"]
            assert {link["participant"] for link in found} == who
            assert not any("until" in link for link in found)

    async def test_a_sender_sees_its_own_links(self, client: Client) -> None:
        (joined,) = await ids_of(client, "installer-1")
        found = (await get(client, f"/v1/assets/{joined}/links", "installer-1"))["links"]
        assert {link["participant"] for link in found} == {"installer-1"}


@pytest.mark.parametrize("what", ["sources", "links"])
async def test_what_is_not_ones_own_has_no_past_either(client: Client, what: str) -> None:
    (moved,) = await ids_of(client, "installer-2")
    not_seen = await get(client, f"/v1/assets/{moved}/{what}", "installer-1", 404)
    no_such = await get(client, f"/v1/assets/00000000-0000-0000-0000-000000000001/{what}", "installer-1", 404)
    assert not_seen == no_such
    for parameter in ("as_of=today", "known_at=now", "colour=red"):
        await get(client, f"/v1/assets/{moved}/{what}?{parameter}", "installer-2", 400)
