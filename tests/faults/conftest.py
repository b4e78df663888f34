"""Each fault is tried in two forms; a short form takes the hub that the one before it has left behind."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from tests.faults import trial as trials
from tests.faults.rig import Rig, running_rig
from tests.faults.trial import Form, Trial

SHORT_MESSAGES = 300
SHORT_SECONDS, LONG_SECONDS = 400, 12 * 60 * 60
OUTCOME = pytest.StashKey[str]()
DONE = pytest.StashKey[list[Trial]]()
_NUMBERS = count(1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("fault") is not None:
            long = item.get_closest_marker("faults") is not None
            item.add_marker(pytest.mark.timeout(LONG_SECONDS if long else SHORT_SECONDS))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    report = yield
    if report.when == "call":  # type: ignore[attr-defined]
        item.stash[OUTCOME] = report.outcome  # type: ignore[attr-defined]
    return report


def pytest_sessionfinish(session: pytest.Session) -> None:
    file: Path | None = session.config.getoption("--outcomes")
    if file is not None and DONE in session.config.stash:
        trials.write(file, session.config.stash[DONE])


def fault_of(request: pytest.FixtureRequest) -> str:
    """The name in the catalogue of what a test tries."""
    return str(request.node.get_closest_marker("fault").args[0])


@pytest.fixture(params=["short", pytest.param("long", marks=pytest.mark.faults)])
def form(request: pytest.FixtureRequest) -> Form:
    """How much is tried."""
    messages = SHORT_MESSAGES if request.param == "short" else request.config.getoption("--messages")
    return Form(request.param, request.config.getoption("--seed"), messages)


@pytest.fixture
def trial(request: pytest.FixtureRequest, form: Form) -> Iterator[Trial]:
    """What this test tries; it goes into the table with how it ended."""
    yield from _trial(request, request.node.nodeid.partition("[")[0], form)


@pytest.fixture
def noted(request: pytest.FixtureRequest) -> Iterator[Trial]:
    """The same for a test that has one form only, however often it is run."""
    yield from _trial(request, request.node.nodeid, Form("both", request.config.getoption("--seed"), 0))


def _trial(request: pytest.FixtureRequest, test: str, form: Form) -> Iterator[Trial]:
    made = Trial(fault_of(request), test, form.name, form.seed)
    yield made
    made.ended(request.node.stash.get(OUTCOME, "failed"))
    request.config.stash.setdefault(DONE, []).append(made)


@pytest.fixture(scope="package")
def shared_rig(folder: Path) -> Iterator[Rig]:
    """One hub for all short forms."""
    with running_rig(folder / "rig") as made:
        yield made


@pytest.fixture
def rig(request: pytest.FixtureRequest, form: Form, folder: Path) -> Iterator[Rig]:
    """A hub to be broken; a long form has one of its own."""
    if form.name == "short":
        made: Rig = request.getfixturevalue("shared_rig")
        yield made
        made.end_besides()
    else:
        with running_rig(folder / f"{fault_of(request)}-{form.name}-{next(_NUMBERS)}") as own:
            yield own
