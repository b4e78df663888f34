"""Bodies of requests, within what one may send, how long it may take, and what all may keep here at once."""

import asyncio

from aiohttp import web

from connectors import answers
from connectors.answers import Answer

READ_SECONDS = 30.0
"""For a whole body; a sender that is slower keeps a connection, and what it has sent, from others."""
MOST_HELD_BYTES = 64 * 1024 * 1024
"""Of bodies that are not there as a whole yet. Until then they are nobody's: anybody may send them, over many
connections at once."""


class BodyReader:
    """One for each door process."""

    def __init__(self, most_held: int = MOST_HELD_BYTES) -> None:
        self._most_held = most_held
        self._held = 0

    async def read(self, request: web.Request, most: int, room: int = 0) -> bytes | Answer:
        """The body, of at most so many bytes and `room` for what is around it. No more than that is ever held."""
        content = request.content
        if request.content_length is not None and request.content_length > most + room:
            return answers.too_large(most)
        if not content.is_eof() or content.exception() is not None:
            return await self._gathered(request, most, room)
        # A message usually comes in one piece with its headers; there is nothing to wait for.
        raw = content.read_nowait()
        return raw if len(raw) <= most + room else answers.too_large(most)

    async def _gathered(self, request: web.Request, most: int, room: int) -> bytes | Answer:
        parts, size = [], 0
        try:
            async with asyncio.timeout(READ_SECONDS):
                async for part in request.content.iter_any():
                    size += len(part)
                    self._held += len(part)
                    if size > most + room:
                        return answers.too_large(most)
                    if self._held > self._most_held:
                        return answers.busy(None)
                    parts.append(part)
        except web.RequestPayloadError as error:
            raise web.HTTPBadRequest(reason="The body is not encoded as its headers say") from error
        except TimeoutError as error:
            raise web.HTTPRequestTimeout(reason=f"The body did not come within {READ_SECONDS:.0f} s") from error
        finally:
            self._held -= size
        return b"".join(parts)
