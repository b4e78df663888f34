"""Each field of the envelope changed, others' keys and topics, replays, wrong clocks, revoked keys, doubled headers.

All of it is refused, and what is sound beside it is taken.
"""

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import aiohttp
import pytest

from hub import clock, identity
from hub.embedded import development
from hub.embedded.ports import free_port
from hub.identity import Identity
from hub.publisher import Message, Publisher
from registry_store.engine import connect
from schemas import avro, topics
from schemas.participants import Participants
from schemas.signed_message import SignedMessage
from tests.faults.checker import check
from tests.faults.flood import CLOUD, INSTALLER, PLATFORM, Flood
from tests.faults.pouring import pour
from tests.faults.rig import Rig
from tests.faults.trial import Form, Trial
from tests.support import register
from tests.support.door import headers
from tests.support.notifications import a_battery
from tests.support.waiting import eventually

LONG_SHARE, EACH_MESSAGES = 0.02, 100
SKEWED_SECONDS = 3600.0
FORGED = "SELECT count(*) AS n FROM inbox WHERE message_id LIKE 'forged%'"
Answered = tuple[int, str]
UNAUTHENTICATED, STALE = (401, "unauthenticated"), (401, "stale")


@dataclass(frozen=True)
class Forgery:
    """A request that must be answered so; `doubled` names a header that it carries twice."""

    message: SignedMessage
    answer: Answered
    doubled: str = ""


class Forger:
    """Takes sound messages and spoils them. It has the keys of two participants, and one that is revoked."""

    def __init__(self, rig: Rig, revoked: Identity) -> None:
        self._own, self._other, self._revoked = rig.identity(INSTALLER), rig.identity(CLOUD), revoked
        self._number = 0

    def sound(self, sign_as: Identity | None = None, ago: float = 0.0, sender: str = INSTALLER) -> SignedMessage:
        self._number += 1
        body = avro.encode(a_battery(sender, f"forged-{self._number}"))
        seconds = int(clock.now().timestamp() - ago)
        return (sign_as or self._own).sign(body, f"forged-{identity.new_message_id()}", seconds)

    def forgeries(self) -> Iterator[tuple[str, Forgery]]:
        def changed(**fields: object) -> Forgery:
            return Forgery(self.sound().model_copy(update=fields), UNAUTHENTICATED)

        good = self.sound()
        yield "another id", changed(id=f"forged-{identity.new_message_id()}")
        yield "another time", changed(timestamp=good.timestamp - 1)
        yield "another body", changed(body=good.body)
        yield "a bit of the body", changed(body=good.body[:-1] + bytes([good.body[-1] ^ 1]))
        yield "another's signature", changed(signature=good.signature)
        yield "a signature of zeros", changed(signature=f"v1a,{base64.b64encode(bytes(64)).decode()}")
        yield "a symmetric signature", changed(signature=good.signature.replace("v1a,", "v1,"))
        yield "another's key id", changed(key_id=self._other.key_id)
        yield "a key that nobody has", changed(key_id="nobody.1")
        yield "a revoked key", Forgery(self.sound(self._revoked), UNAUTHENTICATED)
        yield "another's name, one's own key", Forgery(self.sound(sender=CLOUD), (403, "scope_denied"))
        yield "a replay of an hour ago", Forgery(self.sound(ago=3600), STALE)
        yield "a message of the next hour", Forgery(self.sound(ago=-3600), STALE)
        for name in headers(good):
            if name.startswith("webhook-"):
                yield f"two of {name}", Forgery(self.sound(), (400, "malformed"), name)


async def said(session: aiohttp.ClientSession, url: str, forgery: Forgery) -> Answered:
    given = [*headers(forgery.message).items()]
    given += [(name, value) for name, value in given if name == forgery.doubled]
    async with session.post(f"{url}/v1/notifications", data=forgery.message.body, headers=given) as response:
        return response.status, (await response.json())["code"]


async def a_revoked_key(rig: Rig) -> Identity:
    made = identity.make(INSTALLER, 99)
    key = development.public_key(made).model_copy(update={"revoked_at": datetime(2025, 1, 1, tzinfo=UTC)})
    engine = connect(rig.settings.database or "")
    (owner,) = (each for each in development.participants() if each.id == INSTALLER)
    await register.seed(engine, Participants(participants=(owner,), keys=(key,)))
    await engine.dispose()
    return made


@pytest.mark.fault("forgeries")
async def test_every_forgery_is_refused_and_has_no_effect(rig: Rig, form: Form, trial: Trial) -> None:
    flood = Flood("forged", form.seed, form.size(LONG_SHARE, short=100))
    forger = Forger(rig, await a_revoked_key(rig))
    publisher = Publisher(rig.settings.kafka or "")
    async with aiohttp.ClientSession() as session:
        for number in range(max(1, flood.size // EACH_MESSAGES)):
            for kind, forgery in forger.forgeries():
                assert await said(session, rig.url, forgery) == forgery.answer, kind
                trial.tried(kind)
            # Into a platform's own topic, signed by another.
            stranger = Message(topics.platform_topic(PLATFORM), None, avro.encode(forger.sound()))
            await publisher.publish([stranger])
            trial.tried("another's topic")
            await pour(rig, flood.one_more(EACH_MESSAGES) if number else flood)
    await publisher.close()
    trial.found(await check(rig, flood))
    assert rig.ask(FORGED)[0]["n"] == 0


@pytest.mark.fault("forgeries")
async def test_a_door_and_a_worker_whose_clocks_are_wrong(rig: Rig, form: Form, trial: Trial) -> None:
    """The door takes nothing, rather than anything old; the worker's clock does not matter to what is registered."""
    flood = Flood("skewed", form.seed, form.size(LONG_SHARE, short=100))
    forger = Forger(rig, rig.identity(INSTALLER))
    port = free_port()
    for name, skew in (("slow", -SKEWED_SECONDS), ("fast", SKEWED_SECONDS)):
        rig.start_besides("worker", f"{name}-worker", skew)
    rig.start_besides("door", "fast-door", SKEWED_SECONDS, port=port)
    sound = Forgery(forger.sound(), STALE)
    async with aiohttp.ClientSession() as session:

        async def refused() -> bool:
            try:
                return await said(session, f"http://127.0.0.1:{port}", sound) == sound.answer
            except aiohttp.ClientConnectionError:
                return False

        await eventually(refused, within=60)
    rig.supervisor.kill("worker")
    await pour(rig, flood)
    trial.tried("workers an hour slow and an hour fast, and a door")
    trial.found(await check(rig, flood))
