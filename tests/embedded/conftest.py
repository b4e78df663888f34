"""A data folder for embedded parts."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def data() -> Iterator[Path]:
    """Not below pytest's own temporary folder: each pytest that starts shuts it to other users, and under root
    PostgreSQL is one."""
    folder = Path(tempfile.mkdtemp(prefix="fmar-hub-test-"))
    yield folder
    shutil.rmtree(folder)
