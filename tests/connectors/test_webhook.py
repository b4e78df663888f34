"""The HTTP door on real Kafka and PostgreSQL: every answer, and what is kept of what."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import ClientResponse
from multidict import CIMultiDict

from hub import clock
from hub.embedded.kafka import EmbeddedKafka
from hub.services.registration.entry import JournalEntry
from registry_store.engine import Engine
from schemas import avro, topics
from schemas.signed_message import MAX_BODY_BYTES, SignedMessage
from streams.records import read
from tests.support import audit, people, register
from tests.support.door import NO_KAFKA, Client, batch, headers, open_door, settings, token, without
from tests.support.journal import message_id, signed, signed_body
from tests.support.notifications import T0, a_battery, a_removal
from tests.support.topic import Tail, as_journal_records, tail

GOOD = signed(a_battery())
SINGLE, BATCH = "/v1/notifications", "/v1/notifications/batch"


@pytest.fixture(autouse=True)
def the_time_is_t0(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: T0)


@pytest.fixture
async def client(kafka_server: EmbeddedKafka, database: str) -> AsyncIterator[Client]:
    async with open_door(settings(kafka_server.address, database)) as found:
        yield found


@pytest.fixture
async def incoming(kafka_server: EmbeddedKafka) -> AsyncIterator[Tail]:
    """What is put into the journal from now on."""
    async with tail(kafka_server.address, *topics.JOURNAL) as found:
        yield found


async def send(client: Client, message: SignedMessage, **others: str) -> ClientResponse:
    return await client.post(SINGLE, data=message.body, headers=headers(message, **others))


async def problem(response: ClientResponse) -> dict[str, Any]:
    """The problem document, which every error is."""
    assert response.content_type == "application/problem+json"
    found: dict[str, Any] = await response.json(content_type=None)
    assert found["status"] == response.status
    assert found["type"] == f"urn:fmar-hub:problem:{found['code']}"
    assert found["title"] and found["detail"]
    return found


class TestOne:
    @pytest.mark.parametrize("avro_body", [True, False], ids=["Avro", "JSON"])
    async def test_it_is_accepted_and_lies_in_the_journal_as_it_was_signed(
        self, client: Client, incoming: Tail, avro_body: bool
    ) -> None:
        message = signed(a_battery(), avro_body=avro_body)
        response = await send(client, message)
        assert response.status == 202
        assert response.headers["Location"] == f"/v1/receipts/{message.id}"
        assert (await response.json())["code"] == "accepted"
        (record,) = await incoming.next(1)
        assert avro.decode(record.value, SignedMessage) == message
        assert dict(record.headers)["sender"] == b"installer-1"
        assert record.topic == topics.INTAKE
        assert b"installer" not in record.key and b"battery" not in record.key

    async def test_a_signed_message_may_be_the_body_itself(self, client: Client, incoming: Tail) -> None:
        sent = {"Content-Type": "avro/binary"}
        response = await client.post(SINGLE, data=avro.encode(GOOD), headers=sent)
        assert response.status == 202
        assert avro.decode((await incoming.next(1))[0].value, SignedMessage) == GOOD

    async def test_messages_about_one_asset_stay_in_one_partition(self, client: Client, incoming: Tail) -> None:
        for told in (a_battery(), a_removal(), a_battery(phases=1)):
            assert (await send(client, signed(told))).status == 202
        assert len({record.partition for record in await incoming.next(3)}) == 1

    async def test_a_repeat_is_a_duplicate_before_it_is_registered(self, client: Client, incoming: Tail) -> None:
        assert [(await send(client, GOOD)).status for _ in range(3)] == [202, 200, 200]
        await incoming.next(1)
        assert await incoming.nothing()

    async def test_a_repeat_signed_anew_is_a_duplicate(self, client: Client) -> None:
        again = people.identity("installer-1").sign(GOOD.body, GOOD.id, GOOD.timestamp + 60)
        assert [(await send(client, m)).status for m in (GOOD, again)] == [202, 200]

    async def test_a_repeat_is_a_duplicate_after_it_is_registered_also_at_another_door(
        self, client: Client, incoming: Tail, engine: Engine, kafka_server: EmbeddedKafka, database: str
    ) -> None:
        await send(client, GOOD)
        entry = read(as_journal_records(await incoming.next(1))[0])
        assert isinstance(entry, JournalEntry)
        await register.put(engine, [entry])
        async with open_door(settings(kafka_server.address, database)) as other:
            response = await send(other, GOOD)
            assert (response.status, (await response.json())["code"]) == (200, "duplicate")
            reused = signed(a_battery(phases=1), mid=GOOD.id)
            assert (await problem(await send(other, reused)))["code"] == "id_reused_different_body"

    async def test_an_id_with_another_body_is_refused_and_kept(
        self, client: Client, incoming: Tail, engine: Engine
    ) -> None:
        reused = signed(a_battery(phases=1), mid=GOOD.id)
        await send(client, GOOD)
        response = await send(client, reused)
        found = await problem(response)
        assert (response.status, found["code"]) == (409, "id_reused_different_body")
        (kept,) = await register.quarantine(engine)
        assert (str(kept.quarantine_id), kept.envelope) == (found["quarantine_id"], avro.encode(reused))
        await incoming.next(1)
        assert await incoming.nothing()


FORGED = GOOD.model_copy(update={"body": GOOD.body + b" "})


class TestRefused:
    @pytest.mark.parametrize(
        ("message", "status", "code", "kept"),
        [
            (FORGED, 401, "unauthenticated", False),
            (GOOD.model_copy(update={"key_id": "nobody"}), 401, "unauthenticated", False),
            (GOOD.model_copy(update={"signature": GOOD.signature.replace("v1a", "v1")}), 401, "unauthenticated", False),
            (people.identity("installer-1").sign(GOOD.body, GOOD.id, GOOD.timestamp - 301), 401, "stale", False),
            (signed(a_battery("installer-2"), sign_as="installer-1"), 403, "scope_denied", True),
            (signed_body(b"[]", "installer-1"), 422, "schema_unknown", True),
            (signed_body(b"\xc3\x01" + bytes(20), "installer-1"), 422, "schema_unknown", True),
            (signed_body(b'{"type":"AssetUpdated"}', "installer-1"), 422, "payload_invalid", True),
            (signed_body(b'{"type":"AssetUpdated","phases":NaN}', "installer-1"), 422, "payload_invalid", True),
            (signed_body(avro.encode(a_battery())[:-3], "installer-1"), 422, "payload_invalid", True),
            (signed_body(avro.encode(a_battery()) + b"\0", "installer-1"), 422, "payload_invalid", True),
            (signed_body(b'{"type":"AssetUpdated","x\\u0000":1}', "installer-1"), 422, "payload_invalid", True),
            (signed_body(b"{" + b" " * MAX_BODY_BYTES, "installer-1"), 413, "too_large", False),
        ],
    )
    async def test_each_has_its_answer_and_only_what_is_authentic_is_kept(
        self,
        client: Client,
        incoming: Tail,
        engine: Engine,
        message: SignedMessage,
        status: int,
        code: str,
        kept: bool,
    ) -> None:
        response = await send(client, message)
        found = await problem(response)
        assert (response.status, found["code"]) == (status, code)
        rows = await register.quarantine(engine)
        assert [(r.code, r.participant, r.message_id, r.envelope) for r in rows] == (
            [(code, "installer-1", message.id, avro.encode(message))] if kept else []
        )
        assert ("quarantine_id" in found) is kept
        assert await incoming.nothing()
        assert (await send(client, GOOD)).status == 202, "the next message is taken"

    async def test_fields_are_named(self, client: Client) -> None:
        message = signed_body(b'{"type":"AssetUpdated","phases":"many"}', "installer-1")
        named = {f["field"] for f in (await problem(await send(client, message)))["fields"]}
        assert named == {"phases", "sender", "sender_asset_ref", "occurred_at", "effective_from"}

    async def test_saying_the_same_wrong_thing_for_ever_is_kept_once(self, client: Client, engine: Engine) -> None:
        message = signed_body(b'{"type":"AssetUpdated"}', "installer-1")
        first, again = [await problem(await send(client, message)) for _ in range(2)]
        assert first["quarantine_id"] == again["quarantine_id"]
        assert len(await register.quarantine(engine)) == 1
        assert len(await audit.entries(engine, "set_aside")) == 1


class TestHeaders:
    @pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature", "webhook-key-id"])
    async def test_one_that_is_missing_is_named(self, client: Client, name: str) -> None:
        response = await client.post(SINGLE, data=GOOD.body, headers=without(headers(GOOD), name))
        found = await problem(response)
        assert (response.status, found["code"]) == (400, "malformed")
        assert found["fields"] == [{"field": name, "problem": "is missing"}]

    @pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature", "webhook-key-id"])
    async def test_one_that_is_there_twice_is_refused_even_with_the_same_value(self, client: Client, name: str) -> None:
        given = CIMultiDict(headers(GOOD))
        given.add(name, headers(GOOD)[name])
        response = await client.post(SINGLE, data=GOOD.body, headers=given)
        found = await problem(response)
        assert (response.status, found["fields"]) == (400, [{"field": name, "problem": "is there twice"}])

    @pytest.mark.parametrize(
        ("header", "field"),
        [
            ({"webhook_id": "short"}, "id"),
            ({"webhook_id": "x" * 65}, "id"),
            ({"webhook_id": "with a dot.in-it-here"}, "id"),
            ({"webhook_timestamp": "now"}, "timestamp"),
            ({"webhook_timestamp": "-1"}, "timestamp"),
            ({"webhook_timestamp": "1_777_626_000"}, "timestamp"),
            ({"webhook_timestamp": "1777626000.0"}, "timestamp"),
            ({"webhook_timestamp": "9" * 30}, "timestamp"),
            ({"webhook_key_id": "two words"}, "key_id"),
            ({"webhook_signature": "v1a," + "A" * 1100}, "signature"),
        ],
        ids=str,
    )
    async def test_one_of_another_form_is_named(self, client: Client, header: dict[str, str], field: str) -> None:
        response = await send(client, GOOD, **header)
        found = await problem(response)
        assert (response.status, found["code"]) == (400, "malformed")
        assert [f["field"] for f in found["fields"]] == [field]

    @pytest.mark.parametrize("body", [b"", b"neither", avro.encode(GOOD)[:-1]])
    async def test_without_any_the_body_must_be_a_signed_message(self, client: Client, body: bytes) -> None:
        response = await client.post(SINGLE, data=body, headers={"Content-Type": "avro/binary"})
        assert (await problem(response))["code"] == "malformed"

    @pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
    async def test_another_content_type_is_not_read(self, client: Client, kind: str) -> None:
        response = await send(client, GOOD, Content_Type=kind)
        found = await problem(response)
        assert response.status == 415
        assert "application/json" in found["detail"]


class TestSize:
    async def test_a_body_that_says_it_is_too_large(self, client: Client) -> None:
        response = await client.post(SINGLE, data=bytes(MAX_BODY_BYTES * 2), headers=headers(GOOD))
        assert (response.status, (await problem(response))["code"]) == (413, "too_large")

    async def test_a_body_that_does_not_say_how_large_it_is(self, client: Client) -> None:
        async def chunks() -> AsyncIterator[bytes]:
            for _ in range(3):
                yield bytes(MAX_BODY_BYTES // 2)

        response = await client.post(SINGLE, data=chunks(), headers=headers(GOOD))
        assert (response.status, (await problem(response))["code"]) == (413, "too_large")

    async def test_a_good_body_in_chunks_is_taken(self, client: Client) -> None:
        async def chunks() -> AsyncIterator[bytes]:
            for byte in GOOD.body:
                yield bytes([byte])

        assert (await client.post(SINGLE, data=chunks(), headers=headers(GOOD))).status == 202


class TestBatch:
    async def test_each_message_has_its_own_answer_and_good_ones_go_in(
        self, client: Client, incoming: Tail, engine: Engine
    ) -> None:
        others = [signed(a_battery("platform-1", f"P{n}")) for n in range(3)]
        sent = [
            others[0],
            FORGED,
            "no message",
            {"id": message_id("x")},
            others[1],
            signed_body(b"{}", "platform-1"),
            others[0],
            signed(a_battery("platform-1", "P0", phases=3), mid=others[0].id),
            signed(a_battery("platform-1", on_behalf_of="fsp-2")),
            {**batch([others[2]])["messages"][0], "body": "no base64!"},
            others[2],
        ]
        response = await client.post(BATCH, json=batch(sent))
        assert response.status == 207
        answers = (await response.json())["answers"]
        assert [a["status"] for a in answers] == [202, 401, 400, 400, 202, 422, 202, 409, 403, 400, 202]
        assert [a["message_id"] for a in answers[:2]] == [others[0].id, FORGED.id]
        records = await incoming.next(4)
        assert {avro.decode(r.value, SignedMessage).id for r in records} == {m.id for m in others}
        assert {r.topic for r in records} == {topics.BULK}
        kept = {row.code for row in await register.quarantine(engine)}
        assert kept == {"schema_unknown", "id_reused_different_body", "scope_denied"}

    @pytest.mark.parametrize(
        "content", [b"", b"{", b"[]", b"{}", b'{"messages":[]}', b'{"messages":{}}', b'{"messages":"x"}', b"null"]
    )
    async def test_what_is_no_batch(self, client: Client, content: bytes) -> None:
        response = await client.post(BATCH, data=content, headers={"Content-Type": "application/json"})
        assert (response.status, (await problem(response))["code"]) == (400, "malformed")

    async def test_a_thousand_are_taken_and_one_more_is_not(self, client: Client, incoming: Tail) -> None:
        messages = [signed(a_battery("platform-1", f"P{n}")) for n in range(1001)]
        too_many = await client.post(BATCH, json=batch(messages))
        assert (too_many.status, (await problem(too_many))["code"]) == (400, "malformed")
        assert await incoming.nothing()
        response = await client.post(BATCH, json=batch(messages[:1000]))
        assert {a["status"] for a in (await response.json())["answers"]} == {202}
        await incoming.next(1000)

    async def test_a_batch_is_json(self, client: Client) -> None:
        response = await client.post(BATCH, data=b"{}", headers={"Content-Type": "avro/binary"})
        assert response.status == 415


class TestAway:
    async def test_while_kafka_is_away_nothing_is_taken(self, database: str, engine: Engine) -> None:
        async with open_door(settings(NO_KAFKA, database)) as client:
            async with asyncio.timeout(10):
                response = await send(client, GOOD)
            found = await problem(response)
            assert (response.status, found["code"]) == (503, "busy")
            assert int(response.headers["Retry-After"]) > 0
            assert (await send(client, GOOD)).status == 503, "what was not taken is no duplicate"
            assert (await send(client, FORGED)).status == 401, "what is refused needs no Kafka"
            answers = (await (await client.post(BATCH, json=batch([GOOD, FORGED]))).json())["answers"]
            assert [a["status"] for a in answers] == [503, 401]
        assert await register.quarantine(engine) == []

    async def test_while_postgresql_is_away_messages_are_still_taken(
        self, kafka_server: EmbeddedKafka, incoming: Tail, tmp_path: object
    ) -> None:
        nowhere = f"postgresql://postgres@/nowhere?host={tmp_path}"
        async with open_door(settings(kafka_server.address, nowhere), with_directory=False) as client:
            assert (await send(client, GOOD)).status == 202
            await incoming.next(1)
            assert (await send(client, GOOD)).status == 200, "this door remembers what it took"
            wrong = signed_body(b"{}", "installer-1")
            assert (await send(client, wrong)).status == 503, "an authentic message is kept before it is refused"
            assert (await send(client, FORGED)).status == 401
            response = await client.get("/v1/assets", headers=token("neso"))
            assert (response.status, (await problem(response))["code"]) == (503, "busy")

    async def test_a_door_that_holds_too_much_says_so(self, kafka_server: EmbeddedKafka, database: str) -> None:
        async with open_door(settings(kafka_server.address, database, max_in_flight=1)) as client:
            messages = [signed(a_battery(ref=f"b{n}")) for n in range(8)]
            responses = await asyncio.gather(*(send(client, m) for m in messages))
            assert {r.status for r in responses} <= {202, 503}
            assert 202 in {r.status for r in responses}
            assert [(await send(client, m)).status in (200, 202) for m in messages] == [True] * 8

    async def test_a_participant_has_its_share(self, kafka_server: EmbeddedKafka, database: str) -> None:
        given = settings(kafka_server.address, database, participant_rate=0.001, participant_burst=2)
        async with open_door(given) as client:
            statuses = [(await send(client, signed(a_battery(ref=f"b{n}")))).status for n in range(3)]
            assert statuses == [202, 202, 429]
            assert (await send(client, signed(a_battery("installer-2")))).status == 202
