"""`hub backup` and `hub restore` as a person runs them: the register goes back, and the journal brings it forward."""

import asyncio
import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest

from hub import audit_verifier, running
from tests.support import command


def assets(data: Path) -> dict[str, str]:
    """The register: what each asset is, apart from when what was noted."""

    async def work() -> dict[str, str]:
        connection = await asyncpg.connect(running.find(data).database)
        try:
            rows = await connection.fetch(
                "SELECT asset_id::text, state - ARRAY['version', 'registered_at', 'updated_at', 'recorded_at'] AS state"
                " FROM asset WHERE merged_into IS NULL"
            )
        finally:
            await connection.close()
        return {row["asset_id"]: row["state"] for row in rows}

    return asyncio.run(work())


def tell(data: Path, *actor: str) -> None:
    ran = command.hub("simulate", *actor, "--count", "60", "--json", data=data)
    assert ran.code == 0, ran.err


def heads(data: Path, into: Path) -> Path:
    into.write_text(command.hub("audit", "head", "--json", data=data).out.splitlines()[-1])
    return into


@pytest.mark.timeout(500)
def test_the_register_goes_back_to_a_moment_and_the_journal_brings_it_forward_again(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    data, backups = folder / "restored", folder / "backups"
    archived = {"HUB_BACKUP": str(backups)}
    with command.up(data, archived):
        tell(data, "installer")
        made = command.hub("backup", str(backups), "--json", data=data, settings=archived)
        assert made.last_line["continuous"] is True, made.err
        tell(data, "platform")
        assert command.hub("verify", "--json", data=data).code == 0
        early = heads(data, folder / "early.json")
        back_to = datetime.now(UTC)
        time.sleep(1.1)  # the command takes whole seconds
        tell(data, "oem")
        assert command.hub("verify", "--json", data=data).code == 0
        late = heads(data, folder / "late.json")
        before = assets(data)

    began = time.monotonic()
    back = command.hub("restore", str(backups), "--to", _next_second(back_to), "--json", data=data)
    restored_in = time.monotonic() - began
    assert back.code == 0, back.err
    assert Path(back.last_line["before"]).is_dir()

    with command.up(data, archived):
        verdict = command.hub("verify", "--json", data=data)
        all_back_in = time.monotonic() - began
        assert verdict.last_line["problems"] == []
        assert assets(data) == before, "the register is what it was"
        rebuilt = command.hub("rebuild", "--json", data=data)
        assert rebuilt.last_line["differences"] == []
        assert rebuilt.last_line["messages"] > back.last_line["messages"], "some came from the journal"
        log = folder / "log.jsonl"
        assert command.hub("audit", "export", str(log), data=data).code == 0
    assert audit_verifier.main([str(log), "--heads", str(early)]) == 0
    assert audit_verifier.main([str(log), "--heads", str(late)]) == 3
    assert "SET BACK" in capfd.readouterr().out
    measured = {
        "restore_seconds": round(restored_in, 1),
        "until_all_is_registered_seconds": round(all_back_in, 1),
        "messages_from_the_journal": rebuilt.last_line["messages"] - back.last_line["messages"],
    }
    print(json.dumps(measured), file=sys.stderr)


def _next_second(moment: datetime) -> str:
    return datetime.fromtimestamp(int(moment.timestamp()) + 1, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_what_cannot_be_restored_is_said_in_a_sentence(tmp_path: Path) -> None:
    nothing = command.hub("restore", str(tmp_path), data=tmp_path / "data")
    elsewhere = command.hub(
        "backup", str(tmp_path), data=tmp_path / "data", settings={"HUB_DATABASE": "postgresql://somebody@there/fmar"}
    )
    assert (nothing.code, "there is no backup in" in nothing.err) == (2, True)
    assert (elsewhere.code, "pg_basebackup" in elsewhere.err) == (2, True)
