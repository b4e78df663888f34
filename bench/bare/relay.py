"""`python -m bench.bare.relay SETTING`: the least code that publishes the bare loop's outbox durably."""

import asyncio

import asyncpg
import uvloop
from aiokafka import AIOKafkaProducer

from bench.bare import setting, store

LIMIT = 2000
POLL_SECONDS = 0.25


async def relay(told: setting.Setting) -> None:
    """Until the process is ended."""
    connection = await asyncpg.connect(told.database)
    woken = asyncio.Event()
    await connection.add_listener(store.CHANNEL, lambda *_: woken.set())
    producer = AIOKafkaProducer(bootstrap_servers=told.kafka, acks="all", enable_idempotence=True)
    await producer.start()
    while True:
        woken.clear()
        rows = await store.waiting(connection, LIMIT)
        if rows:
            sent = [await producer.send(setting.TOPIC, value=value, key=key) for _, key, value in rows]
            await asyncio.gather(*sent)
            await store.mark(connection, [number for number, _, _ in rows])
            continue
        try:
            async with asyncio.timeout(POLL_SECONDS):
                await woken.wait()
        except TimeoutError:
            continue


if __name__ == "__main__":
    uvloop.run(relay(setting.given()))
