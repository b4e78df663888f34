"""How a flood goes through the doors: each sender asks again until the hub, or for a platform Kafka, has it."""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping, Sequence

from hub.errors import Unavailable
from hub.identity import Identity
from hub.publisher import Message, Publisher
from schemas import avro
from schemas.topics import platform_topic
from simulators.client import Answer, HubClient
from simulators.messages import TOLD as EXPECTED
from simulators.messages import Step
from simulators.oem import Cloud
from simulators.pace import side_by_side
from tests.faults.flood import CLOUD, INSTALLER, PLATFORM, Flood, Hook, Hooks, Told
from tests.faults.rig import Rig

BATCH, SIDE_BY_SIDE = 100, 4
SINGLE_EVERY = 5
"""Every fifth batch goes message by message through the webhook."""
MQTT_SIDE_BY_SIDE = 32
PATIENCE_SECONDS = 120.0
PAUSE_SECONDS = 0.5
MORE, MORE_EVERY_SECONDS = 15, 0.5


async def pour(rig: Rig, flood: Flood, at: Mapping[float, Hook] | None = None, url: str = "", mqtt: str = "") -> None:
    """Sends everything; each hook is called in its turn when its share of the flood is acknowledged.

    Other addresses than the rig's own lead through whatever a test has put in between.
    """
    waves = flood.waves()
    hooks = Hooks(flood, at or {}, sum(map(len, waves)))
    for wave in waves:
        of = {name: [told for told in wave if told.sender == name] for name in (INSTALLER, CLOUD, PLATFORM)}
        await asyncio.gather(
            over_http(url or rig.url, rig.identity(INSTALLER), of[INSTALLER], flood, hooks.due),
            over_mqtt(mqtt or rig.settings.mqtt or "", rig.identity(CLOUD), of[CLOUD], flood, hooks.due),
            into_kafka(rig.settings.kafka or "", rig.identity(PLATFORM), of[PLATFORM], flood, hooks.due),
        )
    await hooks.all_done()
    assert flood.refused == [], flood.refused[:3]


async def pour_during(rig: Rig, flood: Flood, *lines: Sequence[Hook], url: str = "", mqtt: str = "") -> None:
    """Sends everything, and goes on until all is done; of each line one after the other, the lines side by side."""

    async def do(line: Sequence[Hook]) -> None:
        for deed in line:
            await asyncio.to_thread(deed)

    doing = asyncio.gather(*(do(line) for line in lines))
    try:
        await pour(rig, flood, url=url, mqtt=mqtt)
        # A little at a time: what is to be done waits for something new, and the backlog is not to grow by it.
        while not (await asyncio.wait([doing], timeout=MORE_EVERY_SECONDS))[0]:
            await pour(rig, flood.one_more(MORE), url=url, mqtt=mqtt)
    finally:
        await doing


async def over_http(url: str, sender: Identity, told: list[Told], flood: Flood, due: Hook) -> None:
    async with HubClient(url, patience=PATIENCE_SECONDS) as client:

        async def send(numbered: tuple[int, list[Told]]) -> None:
            number, batch = numbered
            messages = [each.outgoing for each in batch]
            if number % SINGLE_EVERY:
                answers = await client.send_batch(sender, messages)
            else:
                answers = await asyncio.gather(*(client.send(sender, each) for each in messages))
            _note(flood, sender.participant, answers)
            due()

        await side_by_side(enumerate(_in_batches(told)), send, SIDE_BY_SIDE)


async def over_mqtt(url: str, sender: Identity, told: list[Told], flood: Flood, due: Hook) -> None:
    """A message counts as acknowledged when the hub's own receipt for it has come."""
    if not told:
        return
    cloud = Cloud(url, sender)
    await cloud.open()

    async def say(each: Told) -> None:
        answer, _ = await cloud.say(Step(each.outgoing, EXPECTED), PATIENCE_SECONDS)
        _note(flood, sender.participant, [answer])
        due()

    try:
        await side_by_side(told, say, MQTT_SIDE_BY_SIDE)
    finally:
        await cloud.close()


async def into_kafka(bootstrap: str, sender: Identity, told: list[Told], flood: Flood, due: Hook) -> None:
    """Into the platform's own topic, where Kafka's acknowledgement is all that is heard."""
    publisher = Publisher(bootstrap)
    try:
        for batch in _in_batches(told):
            await _until_taken(
                lambda batch=batch: [  # type: ignore[misc]
                    Message(platform_topic(sender.participant), None, avro.encode(each.outgoing.seal(sender)))
                    for each in batch
                ],
                publisher,
            )
            flood.acknowledged.update(each.key for each in batch)
            due()
    finally:
        await publisher.close()


async def _until_taken(messages: Callable[[], list[Message]], publisher: Publisher) -> None:
    """What was in the log already comes again under the same ids."""
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return await publisher.publish(messages())
        except Unavailable:
            assert time.monotonic() < until, f"Kafka took nothing within {PATIENCE_SECONDS:.0f} s"
            await asyncio.sleep(PAUSE_SECONDS)


def _in_batches(told: list[Told]) -> list[list[Told]]:
    return [told[start : start + BATCH] for start in range(0, len(told), BATCH)]


def _note(flood: Flood, participant: str, answers: Iterable[Answer]) -> None:
    for answer in answers:
        if answer.accepted:
            flood.acknowledged.add((participant, answer.message_id))
        else:
            flood.refused.append(f"{answer.status} {answer.code} {answer.sentence}")
