"""The answers to a change without its version, and with one that is out of date."""

import orjson
import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from multidict import CIMultiDict

from hub.api import preconditions
from hub.rules.preconditions import VersionSeen

SEEN = (VersionSeen(2, ("phases",)),)


def request(*if_match: str) -> web.Request:
    return make_mocked_request("POST", "/", CIMultiDict([("If-Match", value) for value in if_match]))


@pytest.mark.parametrize(
    ("if_match", "status", "code", "changed"),
    [((), 428, "precondition_required", None), (('"1"',), 412, "stale_version", ["phases"])],
)
def test_a_refused_change_is_a_problem_document(
    if_match: tuple[str, ...], status: int, code: str, changed: list[str] | None
) -> None:
    answer = preconditions.refusal(request(*if_match), 2, SEEN)
    assert answer is not None
    document = orjson.loads(answer.text or "")
    assert (answer.status, answer.content_type) == (status, "application/problem+json")
    assert (document["status"], document["code"], document.get("changed_fields")) == (status, code, changed)
    assert answer.headers["ETag"] == '"2"'


def test_a_header_that_comes_twice_is_one_list() -> None:
    assert preconditions.refusal(request('"1"', '"2"'), 2, SEEN) is None
