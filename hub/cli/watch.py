"""`hub doctor`: settings, versions, reachability and lag, in words that a person can act on."""

import asyncio
import os
from importlib import metadata
from pathlib import Path

import click

from hub import settings
from hub.cli import output, target
from hub.cli.reference import effect
from hub.services import examination
from hub.services.examination import Finding
from hub.settings import PREFIX
from schemas.reference.check import check


@click.command()
@target.data_option
@target.json_option
def doctor(data: Path | None, as_json: bool) -> None:
    """Look at everything that a hub needs. Exit 1 when something wants attention."""
    findings = [*_settings(), _reference(data), *asyncio.run(_reach(data))]
    if as_json:
        shown = [{"what": f.what, "ok": f.ok, "found": f.found, "do": f.do} for f in findings]
        output.object_line({"ok": all(f.ok for f in findings), "findings": shown})
    else:
        rows = [(f.what, "ok" if f.ok else "LOOK", f.found, f.do) for f in findings]
        output.table("Examination", ("what", "", "found", "do"), rows)
    raise SystemExit(0 if all(f.ok for f in findings) else 1)


def _settings() -> list[Finding]:
    names = sorted(name for name in os.environ if name.startswith(PREFIX))
    versions = ", ".join(
        f"{n} {metadata.version(n)}" for n in ("fmar-hub", "faust-streaming", "aiokafka", "asyncpg", "amqtt")
    )
    return [
        Finding("versions", True, versions),
        Finding("settings from the environment", True, ", ".join(names) or "none; everything is embedded"),
    ]


def _reference(data: Path | None) -> Finding:
    folder = settings.load(data=data).reference
    if folder is None:
        return Finding("reference tables", True, "those of this version; HUB_REFERENCE names a folder of others")
    told = ", ".join(f"{table.file} {effect(table)}" for table in check(folder))
    return Finding(
        "reference tables", bool(told), f"{folder}: {told or 'no table'}", "" if told else "put tables there"
    )


async def _reach(data: Path | None) -> list[Finding]:
    at = target.store(data)
    given = settings.load(data=data)
    return await examination.examine(at.database, at.kafka, given.replication, given.review_days)
