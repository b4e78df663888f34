"""`hub match`, as somebody with a file of notifications uses it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from hub.cli.match import match

BATTERY = {
    "source_kind": "installer",
    "sender": "installer-1",
    "sender_asset_ref": "a",
    "occurred_at": "2026-03-01T10:00:00Z",
    "manufacturer": "Tesla",
    "model": "Powerwall 2",
    "serial_number": "TG118234001Q7K",
    "category": "BESS",
    "capacity_kw": 5,
    "address_line": "10 High Street",
    "postcode": "LS1 4AP",
    "commissioning_date": "2026-03-01",
}
BY_ITS_MAKER = BATTERY | {"source_kind": "oem", "sender": "oem-1", "address_line": None, "model": "POWERWALL2"}
NEXT_DOOR = BATTERY | {"sender_asset_ref": "b", "serial_number": "TG118234002B4M", "address_line": "12 High Street"}


def matched(folder: Path, *lines: str) -> tuple[int, str, list[dict[str, Any]]]:
    file, out = folder / "in.jsonl", folder / "out.jsonl"
    file.write_text("\n".join(lines))
    ran = CliRunner().invoke(match, [str(file), "--out", str(out)])
    return ran.exit_code, ran.stderr, [json.loads(line) for line in out.read_text().splitlines()]


def told(*notifications: dict[str, Any]) -> list[str]:
    return [json.dumps({"notification_id": f"n-{n}", **each}) for n, each in enumerate(notifications)]


def test_one_device_told_by_two_is_one_asset(tmp_path: Path) -> None:
    code, _, rows = matched(tmp_path, *told(BATTERY, BY_ITS_MAKER, NEXT_DOOR))
    assert code == 0
    assert [row["decision"] for row in rows] == ["new", "merged", "new"]
    assert rows[0]["asset_id"] == rows[1]["asset_id"] != rows[2]["asset_id"]
    assert all(row["reasons"] and row["reasons"][0].endswith(".") for row in rows)


def test_what_cannot_be_read_is_named_and_everything_else_is_matched(tmp_path: Path) -> None:
    wrong = json.dumps({"notification_id": "n-9", **BATTERY, "capacity_kw": "a lot", "sender": "fsp-1"})
    listed = json.dumps({"notification_id": ["n-8"], **BATTERY})
    code, said, rows = matched(tmp_path, *told(BATTERY), "{", '{"sender": "nobody"}', wrong, listed)
    assert code == 1
    assert "line 2: not JSON" in said
    assert "line 3, notification_id" in said
    assert "line 4, capacity_kw" in said
    assert "line 5, notification_id: must be a text" in said and str(BATTERY["address_line"]) not in said
    assert [row["notification_id"] for row in rows] == ["n-0", "n-9"]
    assert rows[0]["asset_id"] == rows[1]["asset_id"]


def test_a_notification_that_says_nothing_is_a_device_of_its_own(tmp_path: Path) -> None:
    code, _, rows = matched(tmp_path, '{"notification_id": "1"}', '{"notification_id": "2"}')
    assert code == 0
    assert rows[0]["asset_id"] != rows[1]["asset_id"]


def test_the_command_itself_ends_with_1_where_lines_have_no_result(tmp_path: Path) -> None:
    file = tmp_path / "in.jsonl"
    file.write_text("{")
    words = [sys.executable, "-m", "hub.cli.main", "match", str(file), "--out", str(tmp_path / "out.jsonl")]
    assert subprocess.run(words, check=False, capture_output=True).returncode == 1
