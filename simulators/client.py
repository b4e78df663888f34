"""The HTTP client of simulators and importers: it signs, sends, asks again, and reads what became of it."""

import asyncio
import base64
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import aiohttp
import orjson

from hub.errors import HubError
from hub.identity import Identity
from schemas.avro import is_single_object
from schemas.outbound import AssetState, Receipt
from schemas.signed_message import SignedMessage
from simulators.messages import Outgoing

MAX_BATCH = 1000
MAX_RECEIPTS = 500
MAX_ID_CHARACTERS = 6000
"""Of ids in one address: aiohttp and most proxies take a request line of 8 KiB."""
MAX_CHANGES = 1000
FIRST_PAUSE = 0.1
LONGEST_PAUSE = 3.0
REQUEST_SECONDS = 60


class HubSilent(HubError):
    """The hub did not answer for as long as the client is patient."""


class HubRefused(HubError):
    """The hub refused a read; the text holds its own words."""


@dataclass(frozen=True)
class Answer:
    """What a door said to one message."""

    message_id: str
    status: int
    code: str
    detail: str = ""
    fields: tuple[str, ...] = ()
    quarantine_id: str | None = None

    @property
    def accepted(self) -> bool:
        return self.status in (200, 202)

    @property
    def again(self) -> bool:
        """Whether the hub asks to send the same message later."""
        return self.status in (429, 503)

    @property
    def sentence(self) -> str:
        return "; ".join(self.fields) or self.detail or self.code


def answer_from(document: dict[str, Any], message_id: str) -> Answer:
    """An answer out of a JSON document of a door, a batch or an MQTT receipt."""
    fields = document.get("fields") or ()
    return Answer(
        message_id=document.get("message_id") or message_id,
        status=int(document["status"]) if isinstance(document.get("status"), int) else 202,
        code=str(document.get("code", "")),
        detail=str(document.get("detail", "")),
        fields=tuple(f"{f['field']} {f['problem']}" for f in fields),
        quarantine_id=document.get("quarantine_id"),
    )


@dataclass(frozen=True)
class Change:
    """One entry of the change feed, with what its reader may see of the asset."""

    feed_seq: int
    event_id: str
    asset: AssetState
    material: bool = True


class HubClient:
    """One connection pool to one hub.

    At most `concurrency` requests are under way. A door that is away or busy is asked again, each time
    signed anew with the same id, until `patience` seconds have passed; then `HubSilent`.
    """

    def __init__(self, url: str, concurrency: int = 32, patience: float = 120.0) -> None:
        self._url = url.rstrip("/")
        self._free = asyncio.Semaphore(concurrency)
        self._patience = patience
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        timeout = aiohttp.ClientTimeout(total=REQUEST_SECONDS)
        self._session = aiohttp.ClientSession(timeout=timeout, connector=aiohttp.TCPConnector(limit=0))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def send(self, identity: Identity, outgoing: Outgoing) -> Answer:
        """One message through the webhook."""
        waiting = _Waiting(self._patience)
        while True:
            signed = outgoing.seal(identity)
            got = await self._try("POST", "/v1/notifications", signed.body, _headers(signed))
            answer = None if got is None else answer_from({**got.document, "status": got.status}, outgoing.message_id)
            if answer is not None and not answer.again:
                return answer
            await waiting.pause(got.retry_after if got else None)

    async def send_batch(self, identity: Identity, messages: Sequence[Outgoing]) -> list[Answer]:
        """Up to 1,000 messages in one request; those that the door is too busy for are sent again."""
        waiting = _Waiting(self._patience)
        answers: dict[int, Answer] = {}
        while len(answers) < len(messages):
            left = [n for n in range(len(messages)) if n not in answers]
            got = await self._try_batch([messages[n].seal(identity) for n in left])
            found = got.document.get("answers") if got else None
            if got is not None and found is None and got.status not in (429, 503):
                raise HubRefused(f"the batch door answered {got.status}: {got.document.get('detail', '')}")
            for n, document in zip(left, found or (), strict=False):
                answer = answer_from(document, messages[n].message_id)
                if not answer.again:
                    answers[n] = answer
            if len(answers) < len(messages):
                await waiting.pause(got.retry_after if got else None)
        return [answers[n] for n in range(len(messages))]

    async def _try_batch(self, sealed: Iterable[SignedMessage]) -> "_Got | None":
        items = [
            {
                "id": m.id,
                "timestamp": m.timestamp,
                "key_id": m.key_id,
                "signature": m.signature,
                "body": base64.b64encode(m.body).decode("ascii"),
            }
            for m in sealed
        ]
        body = orjson.dumps({"messages": items})
        return await self._try("POST", "/v1/notifications/batch", body, {"Content-Type": "application/json"})

    async def receipts(self, identity: Identity, message_ids: Sequence[str]) -> dict[str, Receipt]:
        """Receipts by message id; what the register has not yet got to is not there."""
        found: dict[str, Receipt] = {}
        for ids in _in_parts(message_ids):
            document = await self._read(identity, "/v1/receipts", {"ids": ",".join(ids)})
            for raw in document["receipts"]:
                receipt = Receipt.model_validate(raw)
                found[receipt.message_id] = receipt
        return found

    async def changes(self, identity: Identity, after: int = 0) -> AsyncIterator[Change]:
        """The change feed to its present end, as this reader may see it."""
        while True:
            document = await self._read(identity, "/v1/changes", {"after": str(after), "limit": str(MAX_CHANGES)})
            entries = document["changes"]
            for raw in entries:
                after = raw["feed_seq"]
                yield Change(after, raw["event_id"], AssetState.model_validate(raw["asset"]), raw["material"])
            if not entries:
                return

    async def _read(self, identity: Identity, path: str, query: dict[str, str]) -> dict[str, Any]:
        waiting = _Waiting(self._patience)
        while True:
            headers = {"Authorization": f"Bearer {identity.token}"}
            got = await self._try("GET", path, None, headers, query)
            if got is not None and got.status == 200:
                return got.document
            if got is not None and got.status not in (429, 503):
                raise HubRefused(f"GET {path}: {got.status} {got.document.get('detail', '')}")
            await waiting.pause(got.retry_after if got else None)

    async def _try(
        self,
        method: str,
        path: str,
        body: bytes | None,
        headers: dict[str, str],
        query: dict[str, str] | None = None,
    ) -> "_Got | None":
        """One request; nothing when the hub could not be reached or broke off."""
        if self._session is None:
            raise RuntimeError("use HubClient in `async with`")
        try:
            async with (
                self._free,
                self._session.request(method, self._url + path, data=body, headers=headers, params=query) as response,
            ):
                return _Got(
                    response.status,
                    _document(await response.read()),
                    _seconds(response.headers.get("Retry-After")),
                )
        except (aiohttp.ClientError, TimeoutError, OSError):
            return None


@dataclass(frozen=True)
class _Got:
    status: int
    document: dict[str, Any]
    retry_after: float | None


class _Waiting:
    """Pauses that grow, until patience ends."""

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._until: float | None = None
        self._next = FIRST_PAUSE

    async def pause(self, at_least: float | None) -> None:
        now = asyncio.get_running_loop().time()
        self._until = self._until or now + self._patience
        if now >= self._until:
            raise HubSilent(f"the hub did not take it within {self._patience:.0f} s; is it up (`hub doctor`)?")
        await asyncio.sleep(max(self._next, at_least or 0.0))
        self._next = min(self._next * 2, LONGEST_PAUSE)


def _in_parts(message_ids: Sequence[str]) -> Iterator[list[str]]:
    part: list[str] = []
    for message_id in message_ids:
        characters = sum(len(each) + 1 for each in part)
        if len(part) == MAX_RECEIPTS or characters + len(message_id) > MAX_ID_CHARACTERS:
            yield part
            part = []
        part.append(message_id)
    if part:
        yield part


def _headers(signed: SignedMessage) -> dict[str, str]:
    return {
        "webhook-id": signed.id,
        "webhook-timestamp": str(signed.timestamp),
        "webhook-signature": signed.signature,
        "webhook-key-id": signed.key_id,
        "Content-Type": "avro/binary" if is_single_object(signed.body) else "application/json",
    }


def _document(raw: bytes) -> dict[str, Any]:
    try:
        document = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return {}
    return document if isinstance(document, dict) else {}


def _seconds(text: str | None) -> float | None:
    return float(text) if text is not None and text.isdigit() else None
