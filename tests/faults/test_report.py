"""The page of outcomes says what was tried, what came of it, and what was not tried."""

from pathlib import Path

import pytest

from tests.faults import report, trial
from tests.faults.catalogue import FAULTS
from tests.faults.checker import Checked
from tests.faults.trial import Form, Trial
from tests.house.sources import ROOT

# Those of a database that fails over or is restored are tried elsewhere.
TRIED_ELSEWHERE = {"failover", "restore"}
ALL_WELL = Checked(acknowledged=1200, lost=0, repeated=0, otherwise=0, problems=())


def a_trial(form: str = "long", outcome: str = "passed", seed: int = 7) -> Trial:
    made = Trial("kills", "tests/faults/test_kills.py::test_every_part", form, seed)
    made.tried("kill -9 worker", 3)
    made.note("back after 4 s")
    made.found(ALL_WELL)
    made.ended(outcome)
    return made


def test_a_fault_that_held_and_one_that_was_not_tried() -> None:
    text = report.page([a_trial().as_json()])
    assert "| kill -9 of every part in turn | long | 3 | 1,200 | 0 | 0 | 0 | 0 | held |" in text
    assert "- every part (long, seed 7): kill -9 worker (3)." in text
    assert "  - back after 4 s" in text
    assert text.count("not tried in this run") == len(FAULTS) - 1


def test_a_fault_that_did_not_hold() -> None:
    assert "| 1 of 2 failed |" in report.page([a_trial().as_json(), a_trial(outcome="failed").as_json()])


def test_what_is_lost_fails_the_trial() -> None:
    made = Trial("kills", "t", "short", 1)
    with pytest.raises(AssertionError):
        made.found(Checked(10, 1, 0, 0, ("installer-1's message x was acknowledged and is lost",)))
    assert made.lost == 1


def test_a_later_trial_takes_the_place_of_an_earlier_one(tmp_path: Path) -> None:
    file = tmp_path / "build" / "outcomes.json"
    trial.write(file, [a_trial(), a_trial("short")])
    trial.write(file, [a_trial(seed=8)])
    assert file.read_text().count('"seed": 8') == file.read_text().count('"seed": 7') == 1


def test_the_long_form_of_a_fault_takes_its_share_and_the_short_one_what_it_says() -> None:
    assert Form("long", 1, 500_000).size(0.04, short=150) == 20_000
    assert Form("long", 1, 1_000).size(0.04, short=150) == 150
    assert Form("short", 1, 300).size(0.04, short=150) == 150


def test_every_fault_has_a_test() -> None:
    tests = "".join(file.read_text("utf-8") for file in (ROOT / "tests" / "faults").glob("test_*.py"))
    named = {fault.name for fault in FAULTS if f'pytest.mark.fault("{fault.name}")' in tests}
    assert named | TRIED_ELSEWHERE == {fault.name for fault in FAULTS}
