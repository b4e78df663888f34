"""The queue over HTTP: who sees which question, both sides together, and decisions that name what was seen."""

import asyncio
import csv
import json
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from click.testing import CliRunner, Result

from hub import clock
from hub.api import reviews as review_api
from hub.cli.main import hub
from hub.problems import as_problems
from hub.routes import guarded
from hub.services.audit.access import AccessLog
from hub.services.audit.log import process_lane
from hub.services.directory import DirectoryWatch
from hub.services.reviews import Decisions, Reviews
from registry_store import receipts
from registry_store.engine import Engine, transaction
from schemas.asset import Location
from schemas.decisions import IdentityDecided
from schemas.vocabulary import ReceiptOutcome
from tests.support import people, register
from tests.support.door import Client, token
from tests.support.journal import JournalBuilder, message_id
from tests.support.notifications import T0, a_battery, a_device, an_update
from tests.support.premises import FLAT, HOUSE, Premises
from tests.support.voice import OwnHand

FAR = Premises("10", 77, "_A", postcode="NR1 3QQ")
SAME = {"verdict": "same", "reason": "Looked at both labels."}


@pytest.fixture(autouse=True)
def the_time_is_t0() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "now", lambda: T0 + timedelta(days=3))
        yield


@pytest.fixture
def voice(engine: Engine, journal: JournalBuilder) -> OwnHand:
    return OwnHand(engine, journal)


@pytest.fixture
async def client(engine: Engine, journal: JournalBuilder, voice: OwnHand) -> AsyncIterator[Client]:
    """One serial number at two places in the eastern area, and another at two in different areas."""
    told = (
        a_device(),
        a_device("oem-1", "cloud-77", location=FAR.location()),
        a_device("installer-2", "job-1", serial="SN-5550001", location=FLAT.location()),
        a_device("oem-2", "cloud-1", serial="SN-5550001"),
    )
    for notification in told:
        await register.put(engine, [journal.entry(notification)])
    watch = DirectoryWatch(engine)
    await watch.start()
    accesses = AccessLog(engine, process_lane("access", 1))
    routes = review_api.routes(Reviews(engine, accesses), Decisions(engine, watch, voice))
    app = web.Application(middlewares=[as_problems])
    app.add_routes(guarded(routes, watch))
    async with TestClient(TestServer(app)) as found:
        yield found


async def queue(client: Client, who: str, **query: str) -> list[dict[str, Any]]:
    response = await client.get("/v1/reviews", headers=token(who), params=query)
    assert response.status == 200, await response.text()
    found: list[dict[str, Any]] = (await response.json())["reviews"]
    return found


async def first(client: Client, who: str = "eastern") -> tuple[str, str]:
    """The id and the ETag of the oldest question."""
    item_id = (await queue(client, who))[0]["item_id"]
    response = await client.get(f"/v1/reviews/{item_id}", headers=token(who))
    return item_id, response.headers["ETag"]


async def decide(client: Client, item_id: str, who: str = "eastern", if_match: str | None = None, **told: Any) -> Any:
    headers = token(who) | ({"If-Match": if_match} if if_match else {})
    return await client.post(f"/v1/reviews/{item_id}/decision", headers=headers, json=SAME | told)


class TestReading:
    @pytest.mark.parametrize(
        ("who", "count"),
        [
            ("admin", 2),
            ("neso", 2),
            ("eastern", 2),
            ("london", 1),
            ("independent", 0),
            ("installer-1", 1),
            ("fsp-1", 0),
        ],
    )
    async def test_everybody_sees_the_questions_about_his_assets(self, client: Client, who: str, count: int) -> None:
        assert len(await queue(client, who)) == count

    @pytest.mark.parametrize(
        ("who", "seen"),
        [
            ("admin", {"opened_by": "oem-1", "opened_message_id": True}),
            ("eastern", {"opened_by": "oem-1", "opened_message_id": False}),
            ("oem-1", {"opened_by": "oem-1", "opened_message_id": True}),
            ("installer-1", {"opened_by": None, "opened_message_id": False}),
        ],
    )
    async def test_a_sender_is_not_told_who_else_tells_of_its_device(
        self, client: Client, who: str, seen: dict[str, Any]
    ) -> None:
        item_id, _ = await first(client, who)
        found = await (await client.get(f"/v1/reviews/{item_id}", headers=token(who))).json()
        for item in ((await queue(client, who))[0], found):
            assert (item.get("opened_by"), "opened_message_id" in item) == tuple(seen.values())

    async def test_nobody_without_a_token_sees_any(self, client: Client) -> None:
        assert (await client.get("/v1/reviews")).status == 401

    async def test_it_is_asked_for_by_kind_state_age_and_area(self, client: Client) -> None:
        assert len(await queue(client, "admin", kind="serial_collision", state="open", operator="UKPN_LPN")) == 1
        assert await queue(client, "admin", kind="possible_duplicate") == []
        assert await queue(client, "admin", state="gone") == []
        assert len(await queue(client, "admin", older_than_days="2")) == 2
        assert await queue(client, "admin", older_than_days="4") == []
        assert (await client.get("/v1/reviews", headers=token("admin"), params={"kind": "x"})).status == 400

    @pytest.mark.parametrize(
        ("name", "value"), [("operator", "\x00"), ("cursor", f"0001-01-01T00:00:00+14:00~{UUID(int=1)}")]
    )
    async def test_a_question_that_cannot_be_meant_is_named(self, client: Client, name: str, value: str) -> None:
        response = await client.get("/v1/reviews", headers=token("admin"), params={name: value})
        assert response.status == 400
        assert [f["field"] for f in (await response.json(content_type=None))["fields"]] == [name]

    async def test_pages_follow_one_another(self, client: Client) -> None:
        ids, query = [], {"limit": "1"}
        while True:
            response = await client.get("/v1/reviews", headers=token("admin"), params=query)
            found = await response.json()
            ids += [item["item_id"] for item in found["reviews"]]
            if found["next_cursor"] is None:
                break
            query["cursor"] = found["next_cursor"]
        assert ids == [item["item_id"] for item in await queue(client, "admin")]

    async def test_both_sides_stand_beside_each_other(self, client: Client) -> None:
        item_id, etag = await first(client)
        found = await (await client.get(f"/v1/reviews/{item_id}", headers=token("eastern"))).json()
        assert [side["place"]["import_mpan"] for side in found["sides"]] == [HOUSE.import_mpan, FAR.import_mpan]
        assert "serial_number" in found["agrees"]
        assert "place.import_mpan" in found["differs"]
        assert "Different: the import meter point" in " ".join(found["sentences"])
        assert etag == f'"{sum(side["version"] for side in found["sides"])}"'

    async def test_the_side_of_another_area_stays_unseen(self, client: Client) -> None:
        item_id, _ = await first(client, "london")
        found = await (await client.get(f"/v1/reviews/{item_id}", headers=token("london"))).json()
        assert [side and side["place"]["import_mpan"] for side in found["sides"]] == [FLAT.import_mpan, None]
        assert found["agrees"] == []

    async def test_a_question_that_one_may_not_see_is_not_there(self, client: Client) -> None:
        item_id, _ = await first(client)
        assert (await client.get(f"/v1/reviews/{item_id}", headers=token("independent"))).status == 404


class TestDeciding:
    async def test_a_decision_goes_into_the_journal_and_has_its_effect(
        self, client: Client, engine: Engine, voice: OwnHand
    ) -> None:
        item_id, etag = await first(client)
        response = await decide(client, item_id, if_match=etag)
        answer = await response.json()
        assert (response.status, answer["message_id"]) == (202, message_id("said-0"))
        (said,) = voice.said
        assert isinstance(said, IdentityDecided)
        assert (said.source, said.reason) == ("eastern", "Looked at both labels.")
        (row,) = [r for r in await register.review_items(engine) if r.item_id == UUID(item_id)]
        assert (row.state, row.closed_by) == ("decided", "eastern")

    async def test_who_decided_reads_what_became_of_it(self, client: Client, engine: Engine) -> None:
        item_id, etag = await first(client)
        mid = (await (await decide(client, item_id, if_match=etag)).json())["message_id"]
        async with transaction(engine) as connection:
            (receipt,) = await receipts.get(connection, "eastern", [mid])
        assert (receipt.outcome, receipt.message_id) == (ReceiptOutcome.UPDATED, mid)

    async def test_without_if_match_nothing_is_decided(self, client: Client, voice: OwnHand) -> None:
        item_id, _ = await first(client)
        assert (await decide(client, item_id)).status == 428
        assert voice.said == []

    async def test_of_what_has_changed_since_nothing_is_decided(
        self, client: Client, engine: Engine, journal: JournalBuilder, voice: OwnHand
    ) -> None:
        item_id, etag = await first(client)
        await register.put(engine, [journal.entry(an_update(phases=3))])
        assert (await decide(client, item_id, if_match=etag)).status == 412
        assert voice.said == []

    async def test_a_replacement_says_which_is_the_new_one(self, client: Client, engine: Engine) -> None:
        item_id, etag = await first(client)
        assert (await decide(client, item_id, if_match=etag, verdict="replacement")).status == 400
        newer = (await queue(client, "eastern"))[0]["other_asset_id"]
        assert (await decide(client, item_id, if_match=etag, verdict="replacement", newer=newer)).status == 202
        (new,) = [s for s in await register.states(engine) if str(s.asset_id) == newer]
        assert [r.kind for r in new.related] == ["replaces"]

    @pytest.mark.parametrize(("who", "status"), [("fsp-1", 403), ("neso", 403), ("installer-1", 403), ("london", 404)])
    async def test_who_may_not_decide_is_told_why(self, client: Client, who: str, status: int, voice: OwnHand) -> None:
        item_id, etag = await first(client)
        response = await decide(client, item_id, who, etag)
        assert (response.status, voice.said) == (status, [])

    async def test_a_question_is_decided_once(self, client: Client) -> None:
        item_id, etag = await first(client)
        await decide(client, item_id, if_match=etag)
        assert (await decide(client, item_id, if_match=etag)).status == 409

    async def test_what_is_about_one_asset_is_not_decided_as_a_pair(
        self, client: Client, engine: Engine, journal: JournalBuilder
    ) -> None:
        told = a_battery("installer-2", "job-2", location=HOUSE.location(uprn=FAR.uprn, postcode="NR1 3QQ"))
        await register.put(engine, [journal.entry(told)])
        for item in await queue(client, "admin", kind="writers_conflict"):
            assert (await decide(client, item["item_id"], "admin", '"1"')).status == 400

    async def test_an_operator_names_the_meter_point_of_an_asset(
        self, client: Client, engine: Engine, journal: JournalBuilder
    ) -> None:
        told = a_battery("installer-2", "job-2", location=Location(postcode=HOUSE.postcode))
        await register.put(engine, [journal.entry(told)])
        (item,) = await queue(client, "admin", kind="ambiguous_meter_point")
        word = {"reason": "On the drawing.", "import_mpan": HOUSE.import_mpan}
        path, headers = f"/v1/reviews/{item['item_id']}/decision", token("admin") | {"If-Match": '"1"'}
        assert (await client.post(path, headers=headers, json=word)).status == 202
        (state,) = [s for s in await register.states(engine) if str(s.asset_id) == item["asset_id"]]
        assert state.place.import_mpan == HOUSE.import_mpan

    async def test_a_body_that_is_not_whole_is_named_field_by_field(self, client: Client) -> None:
        item_id, etag = await first(client)
        response = await decide(client, item_id, if_match=etag, verdict="maybe")
        assert response.status == 422
        assert [f["field"] for f in (await response.json())["fields"]] == ["verdict"]

    async def test_many_are_decided_at_once_each_with_its_answer(self, client: Client, voice: OwnHand) -> None:
        one, other = [item["item_id"] for item in await queue(client, "admin")]
        etags = [(await client.get(f"/v1/reviews/{i}", headers=token("admin"))).headers["ETag"] for i in (one, other)]
        decisions = [
            {**SAME, "item_id": one, "if_match": etags[0]},
            {**SAME, "item_id": other},
            {**SAME, "item_id": str(UUID(int=9)), "if_match": etags[1]},
        ]
        sent = {"decisions": decisions}
        dry = await client.post("/v1/reviews/decisions", headers=token("admin"), json={**sent, "dry_run": True})
        assert [a["status"] for a in (await dry.json())["answers"]] == [202, 428, 404]
        assert voice.said == []
        response = await client.post("/v1/reviews/decisions", headers=token("admin"), json=sent)
        assert response.status == 207
        assert [a["status"] for a in (await response.json())["answers"]] == [202, 428, 404]
        assert len(voice.said) == 1


class TestCommands:
    async def run(self, client: Client, tmp_path: Path, *words: str, who: str = "eastern") -> Result:
        """One `hub review` command, as a clerk of a participant runs it."""
        key = tmp_path / f"{who}.json"
        people.identity(who).save(key)
        at = ["--url", str(client.make_url("")), "--key", str(key)]
        return await asyncio.to_thread(CliRunner().invoke, hub, ["review", *words, *at])

    async def test_a_clerk_lists_looks_and_decides(self, client: Client, tmp_path: Path, voice: OwnHand) -> None:
        listed = json.loads((await self.run(client, tmp_path, "list", "--json")).output.splitlines()[-1])
        item_id = listed["reviews"][0]["item_id"]
        shown = await self.run(client, tmp_path, "show", item_id)
        assert "Different: the import meter point" in shown.output
        etag = shown.output.splitlines()[-1].removeprefix("--if-match ")
        words = ("decide", item_id, "--verdict", "same", "--reason", "Both labels.", "--if-match", etag)
        assert (await self.run(client, tmp_path, *words, "--dry-run")).exit_code == 0
        assert voice.said == []
        assert (await self.run(client, tmp_path, *words)).exit_code == 0
        assert [said.source for said in voice.said] == ["eastern"]

    async def test_a_table_is_decided_line_by_line(self, client: Client, tmp_path: Path, voice: OwnHand) -> None:
        item_id, etag = await first(client)
        table = tmp_path / "decisions.csv"
        with table.open("w", newline="") as file:
            lines = csv.writer(file)
            lines.writerow(("item_id", "if_match", "verdict", "reason"))
            lines.writerow((item_id, etag, "different", "Two labels."))
            lines.writerow((UUID(int=9), etag, "same", "One label."))
        done = await self.run(client, tmp_path, "decide", "--file", str(table), "--json")
        answers = json.loads(done.output.splitlines()[-1])
        assert (done.exit_code, answers["taken"], len(voice.said)) == (1, 1, 1)
        assert [a["status"] for a in answers["answers"]] == [202, 404]

    async def test_bad_use_says_what_to_do(self, client: Client, tmp_path: Path) -> None:
        item_id, _ = await first(client)
        for words, said in ((("decide",), "--file"), (("decide", item_id, "--verdict", "same"), "no reason")):
            done = await self.run(client, tmp_path, *words)
            assert (done.exit_code, said in done.output) == (2, True)
