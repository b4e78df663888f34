"""`hub backup` and `hub restore`: the embedded PostgreSQL copied, and put back as it was at a moment."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import click
from fasteners import InterProcessLock

from hub import clock, running, settings
from hub.cli import output, target
from hub.cli.progress import to_stderr
from hub.embedded import backup as copies
from hub.embedded.backup_folder import BackupFolder
from hub.embedded.postgres import EmbeddedPostgres
from hub.embedded.stack import LOCK, AlreadyUp
from hub.services import restored
from hub.services.restored import Restored
from hub.settings import Settings
from registry_store.engine import connect

_MOMENT = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S.%fZ"])
place = click.argument("folder", type=click.Path(file_okay=False, path_type=Path))


@click.command()
@place
@target.data_option
@target.json_option
def backup(folder: Path, data: Path | None, as_json: bool) -> None:
    """Copy the database of the running hub into FOLDER. With HUB_BACKUP=FOLDER, every moment from then on is kept, too.

    Not in it: the journal, which is Kafka's, and HUB_SECRET. Keep both elsewhere.
    """
    given = _own(settings.load(data=data))
    running.find(given.data)
    postgres = EmbeddedPostgres(given.data, to_stderr)
    made = copies.take(postgres, BackupFolder(folder), clock.now(), to_stderr)
    continuous = given.backup is not None and given.backup.absolute() == folder.absolute()
    if as_json:
        output.object_line({"backup": str(made.folder), "ended": made.ended.isoformat(), "continuous": continuous})
        return
    click.echo(f"The database as of {made.ended:%Y-%m-%d %H:%M:%S} UTC is in {made.folder}.")
    if not continuous:
        click.echo(
            "What is written from now on is not: start the hub with HUB_BACKUP set to this folder to keep that, too."
        )


@click.command()
@place
@click.option("--to", type=_MOMENT, help="the moment to go back to (UTC); left out: as late as can be")
@target.data_option
@target.json_option
def restore(folder: Path, to: datetime | None, data: Path | None, as_json: bool) -> None:
    """Put the database back from FOLDER, with the hub stopped. `hub up` then registers what the journal has beyond it.

    The database of before is set aside and not deleted.
    """
    given = _own(settings.load(data=data))
    given.data.mkdir(parents=True, exist_ok=True)
    alone = InterProcessLock(given.data / LOCK)
    if not alone.acquire(blocking=False):
        raise AlreadyUp(f"a hub is up in {given.data}; stop it, restore, and start it again")
    source = BackupFolder(folder)
    postgres = EmbeddedPostgres(given.data.absolute(), to_stderr, source)
    wanted = None if to is None else to.replace(tzinfo=UTC)
    try:
        with copies.restored(postgres, source, wanted, clock.now(), to_stderr) as before:
            found = asyncio.run(_note(postgres.address))
    finally:
        alone.release()
    if as_json:
        until = None if found.until is None else found.until.isoformat()
        output.object_line({"until": until, "messages": found.messages, "before": before and str(before)})
        return
    _show(found, before)


def _show(found: Restored, before: Path | None) -> None:
    if found.until is not None:
        click.echo(f"The database is as it was at {found.until:%Y-%m-%d %H:%M:%S} UTC, when it had last changed.")
    click.echo(f"It has {found.messages} messages of the journal; `hub up` registers all that came later.")
    if before is not None:
        click.echo(f"The database of before is in {before}. Delete it once `hub verify` is content.")


def _own(given: Settings) -> Settings:
    if given.database is None:
        return given
    raise click.UsageError(
        "HUB_DATABASE names a PostgreSQL that is not the hub's own: back it up and restore it with pg_basebackup or"
        " with your provider's means, as docs/operations.md says"
    )


async def _note(database: str) -> Restored:
    engine = connect(database)
    try:
        return await restored.note(engine, target.operator(), clock.now())
    finally:
        await engine.dispose()
