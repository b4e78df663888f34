"""`hub backup` and `hub restore` as a person runs them: the register goes back, and the journal brings it forward."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from hub import audit_verifier, clock, running, settings
from hub.audit_verifier import Head
from hub.embedded.stack import Stack
from hub.services.audit import export
from registry_store.audit import Wanted
from registry_store.engine import Engine, connect, transaction
from tests.support import command
from tests.support.sending import Sending, nothing_is_lost

MESSAGES = 20_000
"""Messages of the long form: as many before the moment that it goes back to as after it."""


@asynccontextmanager
async def a_hub(data: Path, backups: Path) -> AsyncIterator[Stack]:
    made = Stack(settings.load(data=data, port=0, backup=backups), print)
    try:
        await asyncio.to_thread(made.start)
        yield made
    finally:
        await asyncio.to_thread(made.stop)


async def assets(engine: Engine) -> dict[str, Any]:
    """The register: what each asset is, apart from when that was noted."""
    async with transaction(engine) as connection:
        rows = await connection.execute(
            text(
                "SELECT asset_id::text AS id, state - ARRAY['registered_at', 'updated_at', 'recorded_at'] AS state"
                " FROM asset"
            )
        )
        return {row.id: row.state for row in rows}


async def audit_heads(engine: Engine) -> dict[str, Head]:
    return audit_verifier.read_heads(json.dumps(await export.heads(engine, clock.now())))


@dataclass(frozen=True)
class Restored:
    """What was measured, the audit log as it was exported in the end, and its heads of before the moment that the
    register went back to and of after it."""

    measured: dict[str, Any]
    log: list[bytes]
    early: dict[str, Head]
    late: dict[str, Head]


async def back_and_forward(folder: Path, count: int) -> Restored:
    """Through a backup, a restore to a moment after it, and the journal."""
    data, backups = folder / "hub", folder / "backups"
    async with a_hub(data, backups) as stack:
        engine = connect(stack.settings.database or "")
        sending = Sending(running.development_identity(data, "installer-1"))
        await sending.send(stack.url, count // 2)
        made = command.hub("backup", str(backups), "--json", data=data, settings={"HUB_BACKUP": str(backups)})
        assert made.last_line["continuous"] is True, made.err
        await sending.send(stack.url, count // 2)
        await nothing_is_lost(stack.settings, sending)
        early, back_to = await audit_heads(engine), clock.now()
        await sending.send(stack.url, count)
        await nothing_is_lost(stack.settings, sending)
        late, before = await audit_heads(engine), await assets(engine)
        await engine.dispose()

    began = time.monotonic()
    to = back_to.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    back = command.hub("restore", str(backups), "--to", to, "--json", data=data)
    assert back.code == 0, back.err
    restored_in = time.monotonic() - began
    assert back.last_line["messages"] == count, "it is as it was at that moment"

    async with a_hub(data, backups) as stack:
        await nothing_is_lost(stack.settings, sending)
        measured = {
            "messages_before": count,
            "messages_brought_back_by_the_journal": count,
            "acknowledged_and_lost": 0,
            "restore_seconds": round(restored_in, 1),
            "until_all_is_registered_and_told_seconds": round(time.monotonic() - began, 1),
        }
        engine = connect(stack.settings.database or "")
        assert await assets(engine) == before, "the register is what it was"
        log = [line async for line in export.lines(engine, Wanted(), clock.now())]
        await engine.dispose()
    return Restored(measured, log, early, late)


@pytest.mark.timeout(500)
async def test_the_register_goes_back_to_a_moment_and_the_journal_brings_it_forward_again(folder: Path) -> None:
    found = await back_and_forward(folder / "restored", 100)
    print(json.dumps(found.measured))
    assert audit_verifier.verify(found.log, [found.early]).set_back == ()
    assert "lane fmar.intake" in audit_verifier.verify(found.log, [found.late]).set_back[0]


@pytest.mark.faults
@pytest.mark.timeout(3600)
async def test_what_a_restore_takes_is_measured(folder: Path) -> None:
    found = await back_and_forward(folder / "measured", MESSAGES)
    print(json.dumps(found.measured))


def test_what_cannot_be_done_is_said_in_a_sentence(tmp_path: Path) -> None:
    nothing = command.hub("restore", str(tmp_path), data=tmp_path / "data")
    elsewhere = command.hub(
        "backup", str(tmp_path), data=tmp_path / "data", settings={"HUB_DATABASE": "postgresql://somebody@there/fmar"}
    )
    assert (nothing.code, "there is no backup in" in nothing.err) == (2, True)
    assert (elsewhere.code, "pg_basebackup" in elsewhere.err) == (2, True)
