"""`hub meter-points` and `hub network` as a person runs them."""

import json
import sys
from pathlib import Path

import pytest

from hub.cli import main
from tests.support.premises import an_mpan


def run(monkeypatch: pytest.MonkeyPatch, database: str, *words: str) -> int:
    monkeypatch.setenv("HUB_DATABASE", database)
    monkeypatch.setattr(sys, "argv", ["hub", *words])
    try:
        main.main()
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def test_a_file_is_loaded_told_of_and_not_loaded_twice(
    monkeypatch: pytest.MonkeyPatch, database: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "points.csv"
    file.write_text(f"mpan,direction\n{an_mpan('10', 1)},import\n12,import\n")
    assert run(monkeypatch, database, "meter-points", "load", str(file), "--json") == 0
    out, err = capsys.readouterr()
    assert json.loads(out.splitlines()[-1])["rows_added"] == 1
    assert "row 2, mpan: An MPAN has 13 digits; this has 2." in err
    assert "points.csv.problems.csv" in err
    assert run(monkeypatch, database, "meter-points", "load", str(file)) == 0
    assert "all in already" in capsys.readouterr().err
    assert run(monkeypatch, database, "meter-points", "status", "--json") == 0
    status = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert [load["rows_refused"] for load in status["loads"]] == [1]


def test_a_file_of_another_kind_is_bad_use(
    monkeypatch: pytest.MonkeyPatch, database: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "points.csv"
    file.write_text("mpan,direction\n")
    assert run(monkeypatch, database, "network", "load", str(file)) == 2
    assert "has no column below_level" in capsys.readouterr().err
