"""`hub demo`, the main job from nothing to a checked register."""

from pathlib import Path

import pytest

from tests.support import command

KEYS = (
    "accepted",
    "registered",
    "duplicates",
    "queried",
    "quarantined",
    "so_notices",
    "fsp_alerts",
    "lost",
    "seconds",
)


@pytest.mark.timeout(180)
def test_the_demo_ends_well_and_loses_nothing(tmp_path: Path) -> None:
    ran = command.hub("demo", "--messages", "400", "--json", data=tmp_path)

    assert ran.code == 0, ran.err
    found = ran.last_line
    assert [key for key in KEYS if key not in found] == []
    assert found["lost"] == 0
    assert all(found[key] > 0 for key in KEYS if key != "lost"), found
    assert all(count > 0 for count in found["accepted_by_door"].values()), "every door took something"
    assert {"unauthenticated", "stale", "payload_invalid", "id_reused_different_body"} <= set(found["refused"])
