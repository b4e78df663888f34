"""Disputes over HTTP: who sees which, what he sees of it, and what a person may say in one."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from hub import clock
from hub.processes import Door
from registry_store.engine import Engine
from schemas.dispute_codes import DisputeStep
from tests.support import disputes, register
from tests.support.disputes import PAPER, WRONG_RATING, a_closing, a_dispute, an_answer
from tests.support.door import NO_KAFKA, Client, open_parts, settings, token
from tests.support.journal import JournalBuilder, message_id
from tests.support.notifications import T0, a_claim, a_device
from tests.support.voice import OwnHand


@pytest.fixture(autouse=True)
def the_time_is_t0(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: T0)


@pytest_asyncio.fixture
async def client(
    database: str, engine: Engine, journal: JournalBuilder, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Client]:
    """A door over a device that an installer, its provider and a rival tell of, in the area of eastern."""
    told = (
        a_device(),
        a_device("fsp-1", "f-1", market=a_claim("fsp-1")),
        a_device("fsp-2", "f-2", market=a_claim("fsp-2", None)),
    )
    await register.put(engine, journal.entries(*told))
    made = Door.__init__

    def with_own_hand(self: Door, given: Any) -> None:
        made(self, given)
        self.voice = OwnHand(engine, journal)  # type: ignore[assignment]

    monkeypatch.setattr(Door, "__init__", with_own_hand)
    async with open_parts(settings(NO_KAFKA, database)) as (found, _):
        yield found


WRONG = {
    "own_reference": "battery-1",
    "subject": "WRONG_FIELDS",
    "fields": [WRONG_RATING.model_dump()],
    "reason": "The plate says 3.68 kW.",
    "evidence": [PAPER.model_dump(exclude_none=True)],
}


async def raised(client: Client, who: str = "installer-1", **told: Any) -> str:
    answer = await client.post("/v1/disputes", json=WRONG | told, headers=token(who))
    content = await answer.json()
    assert answer.status == 202, content
    assert answer.headers["Location"] == f"/v1/disputes/{content['dispute_id']}"
    return str(content["dispute_id"])


async def read(client: Client, ticket: str, who: str) -> tuple[int, dict[str, Any], str]:
    answer = await client.get(f"/v1/disputes/{ticket}", headers=token(who))
    return answer.status, await answer.json(), answer.headers.get("ETag", "")


async def add(client: Client, ticket: str, who: str, said: dict[str, Any], seen: str | None = None) -> tuple[int, str]:
    _, _, tag = await read(client, ticket, who)
    headers = token(who) | ({"If-Match": seen or tag} if seen != "" else {})
    answer = await client.post(f"/v1/disputes/{ticket}/steps", json=said, headers=headers)
    return answer.status, (await answer.json()).get("detail", "")


async def test_a_dispute_from_the_first_word_to_the_last(client: Client, engine: Engine) -> None:
    ticket = await raised(client)
    status, shown, tag = await read(client, ticket, "installer-1")
    assert (status, tag) == (200, '"1"')
    assert (shown["status"], shown["acknowledge_by"], shown["decide_by"]) == ("OPEN", "2026-05-06", "2026-06-02")
    assert (await register.state(engine)).disputed
    assert (await add(client, ticket, "eastern", {"step": "ACKNOWLEDGE"}))[0] == 202
    assert (await add(client, ticket, "fsp-1", {"step": "STATEMENT", "text": "It is 5 kW."}))[0] == 202
    closing = {"outcome": "CORRECTED", "reason": "Seen.", "corrected_fields": ["rated_capacity_kw"]}
    assert (await add(client, ticket, "admin", closing))[0] == 202
    _, shown, tag = await read(client, ticket, "admin")
    assert [s["step"] for s in shown["steps"]] == ["raised", "acknowledge", "statement", "decide"]
    assert (shown["status"], tag, shown["missed"]) == ("CORRECTED", '"4"', [])
    assert not (await register.state(engine)).disputed


async def test_what_a_person_says_lies_in_the_journal_in_the_hub_s_hand_and_his_name(
    client: Client, engine: Engine
) -> None:
    await raised(client)
    (message,) = await disputes.messages(engine)
    assert (message.sender, message.source) == ("hub", "installer-1")
    answer = await client.get(f"/v1/receipts/{message.message_id}", headers=token("installer-1"))
    assert (answer.status, (await answer.json())["outcome"]) == (200, "registered")


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("installer-1", 200),
        ("fsp-1", 200),
        ("fsp-2", 200),
        ("eastern", 200),
        ("neso", 200),
        ("admin", 200),
        ("platform-1", 200),
        ("installer-2", 404),
        ("oem-1", 404),
        ("london", 404),
        ("platform-2", 404),
    ],
)
async def test_parties_see_it_and_nobody_else(client: Client, who: str, status: int) -> None:
    ticket = await raised(client)
    assert (await read(client, ticket, who))[0] == status
    listed = await (await client.get("/v1/disputes", headers=token(who))).json()
    assert [d["dispute_id"] for d in listed["disputes"]] == ([ticket] if status == 200 else [])


async def test_a_provider_does_not_learn_which_other_provider_disputes(client: Client) -> None:
    ticket = await raised(
        client, "fsp-2", own_reference="f-2", subject="WRONG_OWNER", fields=[], reason="It is with fsp-2 now."
    )
    for who in ("fsp-1", "installer-1"):
        _, shown, _ = await read(client, ticket, who)
        assert "fsp-2" not in str(shown)
        assert shown["steps"][0]["said_by"] == "another_party"
    _, shown, _ = await read(client, ticket, "eastern")
    assert shown["steps"][0]["text"] == "It is with fsp-2 now."
    _, shown, _ = await read(client, ticket, "admin")
    assert shown["steps"][0]["participant"] == "fsp-2"


async def test_an_asset_that_does_not_concern_him_is_none_to_him(client: Client, engine: Engine) -> None:
    there = str((await register.state(engine)).asset_id)
    for asset_id in (there, "00000000-0000-7000-8000-000000000001"):
        told = {k: v for k, v in WRONG.items() if k != "own_reference"} | {"asset_id": asset_id}
        answer = await client.post("/v1/disputes", json=told, headers=token("oem-2"))
        assert (answer.status, (await answer.json())["code"]) == (404, "no_asset")
    assert await disputes.tickets(engine) == []


async def test_a_platform_speaks_for_its_provider_and_for_nobody_else(client: Client, engine: Engine) -> None:
    await raised(client, "platform-1", own_reference="f-1", on_behalf_of="fsp-1")
    assert (await disputes.ticket(engine)).raised_by == "fsp-1"
    answer = await client.post("/v1/disputes", json=WRONG | {"on_behalf_of": "fsp-2"}, headers=token("platform-1"))
    assert answer.status == 403


@pytest.mark.parametrize(
    ("told", "field"),
    [
        ({"subject": "UGLY"}, "subject"),
        ({"reason": ""}, "reason"),
        ({"fields": []}, "(body)"),
        ({"sender": "admin"}, "sender"),
        ({"evidence": [{"reference": "x", "sha256": "short"}]}, "evidence.0.sha256"),
        ({"fields": [{"field": "colour"}]}, "fields.0"),
        ({"surplus": 1}, "surplus"),
    ],
)
async def test_a_dispute_that_cannot_be_taken_says_which_field(
    client: Client, told: dict[str, Any], field: str
) -> None:
    answer = await client.post("/v1/disputes", json=WRONG | told, headers=token("installer-1"))
    content = await answer.json()
    assert (answer.status, [f["field"] for f in content["fields"]]) == (422, [field])


class TestSteps:
    async def test_whoever_has_not_seen_the_last_step_reads_it_first(self, client: Client) -> None:
        ticket = await raised(client)
        said = {"step": "STATEMENT", "text": "So it is."}
        status, detail = await add(client, ticket, "fsp-1", said, seen="")
        assert (status, detail.startswith("Say which version of the dispute")) == (428, True)
        assert (await add(client, ticket, "fsp-1", said, seen='"1"'))[0] == 202
        assert (await add(client, ticket, "installer-1", said, seen='"1"'))[0] == 412

    async def test_what_he_may_not_do_is_refused_in_words(self, client: Client) -> None:
        ticket = await raised(client)
        closing = {"outcome": "CORRECTED", "reason": "Mine.", "corrected_fields": ["phases"]}
        status, detail = await add(client, ticket, "fsp-1", closing)
        assert (status, detail) == (
            403,
            "Only a network operator whom it concerns and the administrator may close a dispute, and you are none of"
            " them.",
        )

    async def test_a_correction_is_looked_at_like_any_notification(self, client: Client) -> None:
        ticket = await raised(client)
        wrong = {"effective_from": "2026-04-20", "commissioning_date": "2026-06-01"}
        closing = {"outcome": "CORRECTED", "reason": "Seen.", "correction": wrong}
        assert (await add(client, ticket, "admin", closing))[0] == 422

    async def test_what_is_closed_stays_closed(self, client: Client) -> None:
        ticket = await raised(client)
        assert (await add(client, ticket, "installer-1", {"outcome": "NO_ACTION_REQUIRED", "reason": "My slip."}))[
            0
        ] == 202
        status, detail = await add(client, ticket, "admin", {"step": "INVESTIGATE"})
        assert (status, detail.startswith("The dispute was closed on 1 May 2026")) == (409, True)


async def test_filters_and_pages(client: Client, engine: Engine, journal: JournalBuilder) -> None:
    for n in range(3):
        entry = journal.entry(a_dispute(), mid=message_id(f"opens {n}"))
        await register.put(engine, [entry])
        answers = (an_answer(disputes.ticket_of(entry), DisputeStep.ACKNOWLEDGE), a_closing(disputes.ticket_of(entry)))
        await register.put(engine, journal.entries(*answers[:n]))

    async def listed(query: str) -> Any:
        return await (await client.get(f"/v1/disputes?{query}", headers=token("admin"))).json()

    assert [d["status"] for d in (await listed("status=ACKNOWLEDGED"))["disputes"]] == ["ACKNOWLEDGED"]
    assert len((await listed("open=true"))["disputes"]) == 2
    assert len((await listed("open=false"))["disputes"]) == 1
    assert (await listed("overdue=true"))["disputes"] == []
    assert len((await listed("subject=WRONG_FIELDS"))["disputes"]) == 3
    seen, page = [], await listed("limit=1")
    while page["next_cursor"] is not None:
        seen += [d["dispute_id"] for d in page["disputes"]]
        page = await listed(f"limit=1&cursor={page['next_cursor']}")
    assert seen == sorted(str(t.dispute_id) for t in await disputes.tickets(engine))
    assert (await client.get("/v1/disputes?open=maybe", headers=token("admin"))).status == 400
