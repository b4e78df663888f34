"""What is installed is what was locked: hashed, from whichever host the user's own pip asks."""

import re
import tomllib
from collections.abc import Iterator

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.house.sources import ROOT

LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-bench.lock")


def entries(lock: str) -> Iterator[tuple[Requirement, list[str]]]:
    """Each requirement of a lock with its hashes."""
    joined = (ROOT / lock).read_text("utf-8").replace("\\\n", " ")
    for line in joined.splitlines():
        stated, *hashes = line.split("--hash=")
        yield Requirement(stated), [one.strip() for one in hashes]


def declared() -> list[Requirement]:
    """What pyproject.toml asks for: to run, to build and to develop."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    asked = (project["project"]["dependencies"], *project["dependency-groups"].values())
    return [Requirement(one) for group in asked for one in group]


@pytest.mark.parametrize("lock", LOCKS)
def test_every_requirement_is_pinned_and_hashed(lock: str) -> None:
    loose = [
        str(requirement)
        for requirement, hashes in entries(lock)
        if not re.fullmatch(r"==[^*,]+", str(requirement.specifier))
        or not hashes
        or not all(re.fullmatch(r"sha256:[0-9a-f]{64}", one) for one in hashes)
    ]
    assert loose == []


@pytest.mark.parametrize("lock", LOCKS)
def test_the_lock_names_no_host(lock: str) -> None:
    text = (ROOT / lock).read_text("utf-8")
    assert not re.search(r"://|--(extra-)?index-url|--find-links|--trusted-host| @ ", text)


@pytest.mark.parametrize("requirement", declared(), ids=str)
def test_what_the_project_asks_for_is_locked(requirement: Requirement) -> None:
    name = canonicalize_name(requirement.name)
    locked = [pin for lock in LOCKS for pin, _ in entries(lock) if canonicalize_name(pin.name) == name]
    assert locked, f"{requirement} is in no lock; run `make lock`"
    versions = [specifier.version for pin in locked for specifier in pin.specifier]
    assert all(requirement.specifier.contains(version) for version in versions), "run `make lock`"


def test_locks_agree_where_they_overlap() -> None:
    pins: dict[tuple[str, str], set[str]] = {}
    for lock in LOCKS:
        for pin, _ in entries(lock):
            pins.setdefault((pin.name, str(pin.marker)), set()).add(str(pin.specifier))
    assert {key for key, versions in pins.items() if len(versions) > 1} == set()
