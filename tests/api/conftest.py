"""Fixtures of tests that only read: one register for all the tests of a module."""

from collections.abc import Iterator

import pytest

from hub import clock
from tests.support.notifications import T0
from tests.support.parts import Databases


@pytest.fixture(scope="module")
def the_time_is_t0() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "now", lambda: T0)
        yield


@pytest.fixture(scope="module")
def registered(databases: Databases) -> Iterator[str]:
    """The URL of a database for all the tests of a module, which read and change nothing."""
    with databases.ready() as url:
        yield url
