"""An enquiry service over HTTP: an address to its UPRN, a UPRN or an MPAN to meter points.

It is slow, wrong and away at times, so that each question has a time limit, is asked again after growing waits, and
nothing is asked for a while after several failures (a circuit breaker); only so many questions are under way at once.
`docs/enquiry-service.md` has the two requests.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypeVar

import aiohttp
import orjson
from purgatory import AsyncCircuitBreakerFactory
from purgatory.domain.model import OpenedState
from pydantic import BaseModel, ConfigDict, ValidationError
from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt, wait_random_exponential
from yarl import URL

from hub.errors import HubError
from hub.rules.enquiry import FoundAddress
from schemas.findings import MOST_POINTS, AnsweredMeterPoint
from schemas.identifiers import canonical_uprn, parse_mpan
from schemas.vocabulary import LongText, MeterPointKind, ShortText

LONGEST_ANSWER_BYTES = 512 * 1024

AnswerT = TypeVar("AnswerT", bound=BaseModel)


@dataclass(frozen=True)
class Patience:
    """How often one question is tried, with which waits in seconds; after how many failures all are left, how long."""

    attempts: int = 3
    first_wait: float = 0.5
    longest_wait: float = 8.0
    failures: int = 5
    pause: float = 30.0


PATIENCE = Patience()


class EnquiryFailed(HubError):
    """No usable answer now; the text says why, without what was asked. `passing` says that asking again may help."""

    def __init__(self, why: str, *, passing: bool = True) -> None:
        super().__init__(f"the enquiry service {why}")
        self.passing = passing


class EnquiryWrong(EnquiryFailed):
    """The service answered, and what it said cannot be right."""


class _Address(BaseModel):
    model_config = ConfigDict(frozen=True)

    uprn: ShortText
    address_line: LongText | None = None
    postcode: ShortText | None = None


class _Addresses(BaseModel):
    addresses: tuple[_Address, ...] = ()


class _MeterPoint(AnsweredMeterPoint):
    # A service may say more than is read here.
    model_config = ConfigDict(frozen=True, extra="ignore")


class _MeterPoints(BaseModel):
    meter_points: tuple[_MeterPoint, ...] = ()


class EnquiryService:
    """One service. Use it as `async with EnquiryService.connected(...)`."""

    def __init__(self, http: aiohttp.ClientSession, url: str, in_flight: int, patience: Patience) -> None:
        self._http = http
        self._url = URL(url)
        self._places = asyncio.Semaphore(in_flight)
        self._patience = patience
        self._breakers = AsyncCircuitBreakerFactory(default_threshold=patience.failures, default_ttl=patience.pause)

    @classmethod
    @asynccontextmanager
    async def connected(
        cls, url: str, token: str | None, timeout_seconds: float, in_flight: int, patience: Patience = PATIENCE
    ) -> AsyncIterator["EnquiryService"]:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        limits = aiohttp.ClientTimeout(total=timeout_seconds)
        async with aiohttp.ClientSession(timeout=limits, headers=headers) as http:
            yield cls(http, url, in_flight, patience)

    @property
    def name(self) -> str:
        """By which its answers are known."""
        return (self._url.host or "enquiry")[:100]

    async def addresses(self, postcode: str, address_line: str) -> tuple[FoundAddress, ...]:
        """First step: the addresses that may be meant, with their UPRNs. Raises `EnquiryFailed`."""
        found = await self._ask("addresses", {"postcode": postcode, "address_line": address_line}, _Addresses)
        return tuple(FoundAddress(**address.model_dump()) for address in found.addresses)

    async def meter_points(self, *, uprn: str | None = None, mpan: str | None = None) -> tuple[AnsweredMeterPoint, ...]:
        """Second step: the meter points of a UPRN, or the one of an MPAN. Raises `EnquiryFailed`."""
        asked = {"uprn": uprn} if uprn is not None else {"mpan": mpan or ""}
        found = await self._ask("meter-points", asked, _MeterPoints)
        if len(found.meter_points) > MOST_POINTS:
            raise EnquiryWrong("gave more meter points than one place has")
        for point in found.meter_points:
            _plausible(point, uprn, mpan)
        return tuple(AnsweredMeterPoint.model_validate(p.model_dump()) for p in found.meter_points)

    async def _ask(self, what: str, asked: Mapping[str, str], shape: type[AnswerT]) -> AnswerT:
        attempts = AsyncRetrying(
            stop=stop_after_attempt(self._patience.attempts),
            wait=wait_random_exponential(multiplier=self._patience.first_wait, max=self._patience.longest_wait),
            retry=retry_if_exception(lambda e: isinstance(e, EnquiryFailed) and e.passing),
            reraise=True,
        )
        async with self._places:
            async for attempt in attempts:
                with attempt:
                    return await self._guarded(what, asked, shape)
        raise AssertionError("the last attempt has given an answer or an error")

    async def _guarded(self, what: str, asked: Mapping[str, str], shape: type[AnswerT]) -> AnswerT:
        try:
            async with await self._breakers.get_breaker(self.name):
                return await self._once(what, asked, shape)
        except OpenedState:
            raise EnquiryFailed("has failed several times and is left alone for a while", passing=False) from None

    async def _once(self, what: str, asked: Mapping[str, str], shape: type[AnswerT]) -> AnswerT:
        try:
            async with self._http.get(self._url / "v1" / what, params=asked, allow_redirects=False) as answer:
                return _read(answer.status, await _body(answer), shape)
        except TimeoutError:
            raise EnquiryFailed("did not answer in time") from None
        except aiohttp.ClientError as error:
            raise EnquiryFailed(f"cannot be reached ({type(error).__name__})") from None


async def _body(answer: aiohttp.ClientResponse) -> bytes:
    body = await answer.content.read(LONGEST_ANSWER_BYTES + 1)
    while not answer.content.at_eof() and len(body) <= LONGEST_ANSWER_BYTES:
        body += await answer.content.read(LONGEST_ANSWER_BYTES + 1 - len(body))
    if len(body) > LONGEST_ANSWER_BYTES:
        raise EnquiryWrong("gave an answer that is longer than any can be")
    return body


def _read(status: int, body: bytes, shape: type[AnswerT]) -> AnswerT:
    if status == HTTPStatus.NOT_FOUND:
        return shape()
    if status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise EnquiryFailed(f"answered {status}")
    if status != HTTPStatus.OK:
        raise EnquiryFailed(f"answered {status}; look at HUB_ENQUIRY_URL and HUB_ENQUIRY_TOKEN", passing=False)
    try:
        content: Any = orjson.loads(body)
        return shape.model_validate(content)
    except (orjson.JSONDecodeError, ValidationError) as error:
        raise EnquiryWrong(f"gave an answer that cannot be read ({type(error).__name__})") from None


def _plausible(point: AnsweredMeterPoint, uprn: str | None, mpan: str | None) -> None:
    """Raises `EnquiryWrong` for what is no meter point, or not of what was asked."""
    if point.direction not in ("import", "export"):
        raise EnquiryWrong("gave a meter point without its direction")
    if point.kind is not MeterPointKind.ASSET_METER and parse_mpan(point.mpan).core is None:
        raise EnquiryWrong("gave a number that is no MPAN")
    if uprn is not None and canonical_uprn(point.uprn).value != canonical_uprn(uprn).value:
        raise EnquiryWrong("gave a meter point of another UPRN than was asked for")
    if mpan is not None and parse_mpan(point.mpan).core != mpan:
        raise EnquiryWrong("gave another meter point than was asked for")
