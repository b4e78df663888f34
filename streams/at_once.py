"""A coroutine that is begun where it is called, and becomes a task only where it has to wait."""

import types
from collections.abc import Coroutine, Generator
from typing import Any

Work = Coroutine[Any, Any, object]


def begin(work: Work) -> Work | None:
    """Runs it up to its first wait. Gives what does the rest, or nothing where it came to its end."""
    try:
        waits_for = work.send(None)
    except StopIteration:
        return None
    return _rest(work, waits_for)


async def _rest(work: Work, waits_for: object) -> object:
    return await _go_on(work, waits_for)


@types.coroutine
def _go_on(work: Work, waits_for: object) -> Generator[object, object, object]:
    while True:
        came: object = None
        failed: BaseException | None = None
        try:
            came = yield waits_for
        except BaseException as error:
            # Such as a cancellation, which is the work's to handle.
            failed = error
        try:
            waits_for = work.send(came) if failed is None else work.throw(failed)
        except StopIteration as end:
            return end.value
