"""`hub audit` and `hub erase`: the log of what was done and read, as a file, its heads, its keys; and erasure."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import click

from hub import clock
from hub.cli import output, target
from hub.services import restored
from hub.services.audit import erasure, export, log
from hub.services.audit.erasure import Erased
from hub.services.audit.log import Draft
from hub.services.audit.vault import Vault
from registry_store.audit import Wanted
from registry_store.engine import Engine, transaction

moment = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ"])


@click.group()
def audit() -> None:
    """The log of what was done and what was read: added to, never changed."""


@audit.command(name="export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--asset", type=click.UUID, help="only what is about this asset")
@click.option("--since", type=moment, help="only entries from then on (UTC)")
@click.option("--until", type=moment, help="only entries before then (UTC)")
@target.data_option
def export_(file: Path, asset: UUID | None, since: datetime | None, until: datetime | None, data: Path | None) -> None:
    """Write the log, or a part of it, to FILE as JSON lines. Check it with hub/audit_verifier.py, anywhere."""
    if file.exists():
        raise click.UsageError(f"{file} exists; an export is not written over")
    # Only its owner reads it: it says who did and read what.
    file.touch(mode=0o600)
    wanted = Wanted(asset, _utc(since), _utc(until))
    lines = target.with_engine(data, lambda engine: _export(engine, wanted, file))
    click.echo(f"{lines} lines written to {file}; check them with `python audit_verifier.py {file.name}`")


@audit.command()
@target.data_option
@target.json_option
def head(data: Path | None, as_json: bool) -> None:
    """Print the last entry of every lane. Keep it elsewhere: it shows whether the log was cut off after it."""
    found = target.with_engine(data, lambda engine: export.heads(engine, clock.now()))
    if as_json:
        output.object_line(found)
        return
    rows = [(lane, h["seq"], h["hash"]) for lane, h in found["heads"].items()]
    output.table(f"Heads of the audit log at {found['at']}", ("lane", "entry", "hash"), rows)


@audit.command(name="restored")
@target.data_option
def restored_(data: Path | None) -> None:
    """Note that PostgreSQL was set back by other means than `hub restore`. Do it before the hub runs again."""
    found = target.with_engine(data, lambda engine: restored.note(engine, target.operator(), clock.now()))
    click.echo(f"Noted. The register has {found.messages} messages of the journal; workers register what came later.")


@audit.command()
@click.option("--old-secret", type=click.Path(exists=True, path_type=Path), required=True, help="file with it")
@target.data_option
def rewrap(old_secret: Path, data: Path | None) -> None:
    """Wrap the log's keys with the present HUB_SECRET after it was changed. Stop the hub for it."""
    before, after = Vault(old_secret.read_text("utf-8").strip()), Vault(target.secret(data))
    count = target.with_engine(data, lambda engine: _rewrap(engine, before, after))
    click.echo(f"{count} keys are wrapped with the present secret")


@click.command()
@click.argument("source")
@click.argument("reference")
@click.option("--reason", required=True, help="why, for the log; name nobody in it")
@click.option("--yes", is_flag=True, help="do not ask")
@target.data_option
@target.json_option
def erase(source: str, reference: str, reason: str, yes: bool, data: Path | None, as_json: bool) -> None:
    """Erase what SOURCE told under its own REFERENCE: its key in the audit log, and its claims. Cannot be undone."""
    if not yes:
        click.confirm(f"Erase what {source} told under {reference!r}? It cannot be undone", abort=True)
    vault = Vault(target.secret(data))
    found = target.with_engine(data, lambda engine: _erase(engine, vault, (source, reference), reason))
    if as_json:
        output.object_line(vars(found))
        return
    click.echo(f"{found.keys} keys are destroyed and {found.claims} claims blanked.")
    click.echo("Still there: the journal, the assets with their history, what was sent out. See docs/audit.md.")


async def _export(engine: Engine, wanted: Wanted, file: Path) -> int:
    now, written = clock.now(), 0
    said = {"asset_id": wanted.asset_id and str(wanted.asset_id)} if wanted.asset_id else {}
    async with transaction(engine) as connection:
        # Before the first line is written: what leaves the hub is in the log even if the disk is full half-way.
        await log.append(connection, {log.ADMINISTRATION: [Draft("exported", target.operator(), said)]}, now)
    with file.open("wb") as lines:
        async for line in export.lines(engine, wanted, now):
            lines.write(line)
            written += 1
    return written


async def _rewrap(engine: Engine, before: Vault, after: Vault) -> int:
    async with transaction(engine) as connection:
        count = await after.rewrap(connection, before)
        done = Draft("rewrapped", target.operator(), {"keys": count})
        await log.append(connection, {log.ADMINISTRATION: [done]}, clock.now())
    return count


async def _erase(engine: Engine, vault: Vault, reference: tuple[str, str], reason: str) -> Erased:
    await vault.start(engine)
    return await erasure.erase(engine, vault, reference, reason, target.operator(), clock.now())


def _utc(given: datetime | None) -> datetime | None:
    return given.replace(tzinfo=UTC) if given is not None else None
