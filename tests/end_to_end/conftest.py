"""One running hub for the commands that can share it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import command


@pytest.fixture(scope="package")
def data(folder: Path) -> Iterator[Path]:
    """The data folder of a running hub, which the tests of several modules tell of things of their own."""
    where = folder / "commands"
    with command.up(where):
        yield where
