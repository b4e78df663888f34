"""A result file of `hub match` is read as it is written, and the score command measures it."""

from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner

from bench.identity import answer, plain
from bench.identity.score import main
from simulators.corpus import record
from simulators.corpus.record import FlatNotification, Truth


def line(name: str, asset: str, decision: str = "new", review_with: list[str] | None = None) -> dict[str, Any]:
    return {
        "notification_id": name,
        "asset_id": asset,
        "decision": decision,
        "review_with": review_with or [],
        "reasons": ["No asset has one of its keys."],
    }


def written(path: Path, *lines: dict[str, Any]) -> Path:
    path.write_bytes(b"".join(orjson.dumps(one) + b"\n" for one in lines))
    return path


def test_only_what_is_in_review_asks_a_person(tmp_path: Path) -> None:
    result = written(
        tmp_path / "result.jsonl",
        line("a", "x"),
        line("b", "y", "review", ["x"]),
        line("c", "z", "related", ["x"]),
    )
    read = answer.read(result)
    assert read.assets == {"a": "x", "b": "y", "c": "z"}
    assert read.review == {"b": frozenset({"x"})}
    assert read.decisions == {"new": 1, "review": 1, "related": 1}


def test_a_notification_that_comes_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="comes twice"):
        answer.read(written(tmp_path / "result.jsonl", line("a", "x"), line("a", "y")))


def test_the_score_command_ends_with_one_json_object(tmp_path: Path) -> None:
    truth = tmp_path / "truth.jsonl"
    record.write_lines(truth, [Truth(n, n, "1", "BESS", "h", None, ("twin",)) for n in "ab"])
    result = written(tmp_path / "result.jsonl", line("a", "x"), line("b", "x", "merged"))
    done = CliRunner().invoke(main, [str(result), str(truth), "--json"])
    assert done.exit_code == 0, done.output
    scored = orjson.loads(done.output.splitlines()[-1])["scores"]["hub match"]
    assert scored["automatic"] == {"true": 1, "found": 1, "false": 0, "precision": 1.0, "recall": 1.0}


def test_exact_maker_and_serial_joins_by_both_and_nothing_else() -> None:
    corpus = (
        FlatNotification("a", manufacturer="GivEnergy Ltd", serial_number="ce-2034 g301"),
        FlatNotification("b", manufacturer="GivEnergy", serial_number="CE2034G301"),
        FlatNotification("c", manufacturer="Growatt", serial_number="CE2034G301"),
        FlatNotification("d", manufacturer="GivEnergy", import_mpan="1012345678903"),
        FlatNotification("e", manufacturer="GivEnergy", import_mpan="1012345678903"),
    )
    groups = plain.exact_serial(corpus).assets
    assert groups["a"] == groups["b"]
    assert len({groups[name] for name in "acde"}) == 4


def test_the_oracle_follows_shared_keys_within_an_asset_and_is_never_wrong() -> None:
    corpus = (
        FlatNotification("a", serial_number="CE2034G301", import_mpan="1012345678903"),
        FlatNotification("b", import_mpan="S 01 801 900 1012345678903", address_line="3 Mill Lane", postcode="CB1 2AB"),
        FlatNotification("c", address_line="3, Mill Ln", postcode="cb12ab"),
        FlatNotification("d", postcode="CB1 2AB"),
        FlatNotification("e", serial_number="CE2034G301"),
    )
    truth = [Truth(n, n, "2" if n == "e" else "1", "BESS", "h", None, ()) for n in "abcde"]
    groups = plain.oracle(corpus, truth).assets
    assert groups["a"] == groups["b"] == groups["c"]
    assert len({groups[name] for name in "ade"}) == 3
