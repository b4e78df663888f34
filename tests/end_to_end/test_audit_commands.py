"""`hub audit` and `hub erase`, as a person runs them, on a running hub."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from hub import audit_verifier
from tests.support import command

BODY = """{"type": "AssetCommissioned", "sender": "installer-1", "sender_asset_ref": "Mrs Bell",
 "occurred_at": "2026-05-01T10:00:00Z", "effective_from": "2026-05-01", "asset_category": "HEAT_PUMP",
 "rated_capacity_kw": 7, "connection_status": "PENDING", "serial_number": "HP-4711-0815",
 "location": {"postcode": "IP1 1AA", "address_line": "1 Sample Street"}}"""


@pytest.fixture(scope="module", autouse=True)
def told(data: Path, folder: Path) -> None:
    """The hub knows of one asset."""
    command.tell(BODY, folder, data)


def check(export: Path, *more: str) -> subprocess.CompletedProcess[str]:
    """Runs the verifier on its own, beside the export."""
    shutil.copy(audit_verifier.__file__, export.parent / "verifier.py")
    words = [sys.executable, "-I", "-S", "verifier.py", export.name, *more]
    return subprocess.run(words, cwd=export.parent, capture_output=True, text=True, check=False)


def test_an_export_is_checked_elsewhere_against_a_head_that_was_kept(data: Path, tmp_path: Path) -> None:
    (tmp_path / "heads.json").write_text(command.hub("audit", "head", "--json", data=data).out)
    done = command.hub("audit", "export", str(tmp_path / "log.jsonl"), data=data)
    good = check(tmp_path / "log.jsonl", "--heads", "heads.json")
    kinds = [json.loads(line).get("kind") for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    (tmp_path / "forged.jsonl").write_bytes((tmp_path / "log.jsonl").read_bytes().replace(b"HEAT_PUMP", b"SOLAR_PV0"))

    assert done.code == 0, done.err
    assert good.returncode == 0, good.stdout
    assert {"registered", "key_added", "participant_added", "exported"} <= set(kinds)
    assert check(tmp_path / "forged.jsonl").returncode == 1
    assert (tmp_path / "log.jsonl").stat().st_mode & 0o077 == 0


def test_an_export_is_not_written_over(data: Path, tmp_path: Path) -> None:
    (tmp_path / "log.jsonl").write_text("precious")
    done = command.hub("audit", "export", str(tmp_path / "log.jsonl"), data=data)
    assert (done.code, (tmp_path / "log.jsonl").read_text()) == (2, "precious")


def test_an_erasure_is_asked_about_and_leaves_a_chain_that_verifies(data: Path, tmp_path: Path) -> None:
    words = ("erase", "installer-1", "Mrs Bell", "--reason", "the household asked for it")
    unasked = command.hub(*words, data=data)
    unknown = command.hub("erase", "installer-1", "Mr Bell", "--reason", "a slip", "--yes", data=data)
    done = command.hub(*words, "--yes", "--json", data=data)
    verdict = command.hub("verify", "--json", data=data)
    command.hub("audit", "export", str(tmp_path / "log.jsonl"), data=data)

    assert unasked.code != 0
    assert (unknown.code, "sender_asset_ref" in unknown.err, "Mr Bell" in unknown.err) == (2, True, False)
    assert (done.last_line["keys"], done.last_line["claims"]) == (1, 1)
    assert (verdict.code, verdict.last_line["problems"]) == (0, [])
    assert check(tmp_path / "log.jsonl").returncode == 0
    assert "Bell" not in (tmp_path / "log.jsonl").read_text()
