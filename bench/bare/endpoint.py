"""`python -m bench.bare.endpoint SETTING`: the least code that takes signed messages over HTTP durably.

Verify, produce with acks=all, answer 202.
"""

import asyncio
import base64

import orjson
import uvloop
from aiohttp import web
from aiokafka import AIOKafkaProducer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from bench.bare import setting
from schemas import avro
from schemas.signed_message import SignedMessage

ROOM = 16 * 1024 * 1024


class Endpoint:
    def __init__(self, producer: AIOKafkaProducer, keys: dict[str, Ed25519PublicKey], topic: str) -> None:
        self._producer = producer
        self._keys = keys
        self._topic = topic

    async def single(self, request: web.Request) -> web.Response:
        """One message by its headers."""
        headers, body = request.headers, await request.read()
        message_id, timestamp, key_id = (headers[f"webhook-{name}"] for name in ("id", "timestamp", "key-id"))
        self._verify(key_id, headers["webhook-signature"], message_id, timestamp, body)
        value = journal_value(message_id, int(timestamp), key_id, headers["webhook-signature"], body)
        await (await self._producer.send(self._topic, value=value, key=message_id.encode()))
        return web.json_response({"message_id": message_id, "status": 202}, status=202)

    async def bulk(self, request: web.Request) -> web.Response:
        """Many in one request."""
        sent, answers = [], []
        for item in orjson.loads(await request.read())["messages"]:
            body = base64.b64decode(item["body"])
            self._verify(item["key_id"], item["signature"], item["id"], item["timestamp"], body)
            value = journal_value(item["id"], item["timestamp"], item["key_id"], item["signature"], body)
            sent.append(await self._producer.send(self._topic, value=value, key=item["id"].encode()))
            answers.append({"message_id": item["id"], "status": 202})
        await asyncio.gather(*sent)
        return web.Response(body=orjson.dumps({"answers": answers}), status=207, content_type="application/json")

    def _verify(self, key_id: str, signature: str, message_id: str, timestamp: object, body: bytes) -> None:
        """Raises `InvalidSignature`."""
        raw = base64.b64decode(signature.removeprefix("v1a,"))
        self._keys[key_id].verify(raw, f"{message_id}.{timestamp}.".encode() + body)


def journal_value(message_id: str, timestamp: int, key_id: str, signature: str, body: bytes) -> bytes:
    """The message as a journal holds it."""
    return avro.encode(
        SignedMessage.model_construct(id=message_id, timestamp=timestamp, key_id=key_id, signature=signature, body=body)
    )


async def serve(told: setting.Setting) -> None:
    """Until the process is ended."""
    producer = AIOKafkaProducer(bootstrap_servers=told.kafka, acks="all", enable_idempotence=True)
    await producer.start()
    endpoint = Endpoint(producer, told.public_keys(), told.journal)
    app = web.Application(client_max_size=ROOM)
    app.router.add_post("/v1/notifications", endpoint.single)
    app.router.add_post("/v1/notifications/batch", endpoint.bulk)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", told.port, backlog=1024).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(serve(setting.given()))
