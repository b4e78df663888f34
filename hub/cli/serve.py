"""`hub up`, `hub run` and `hub prepare`: a hub on this machine, one of its processes, and what must be there first."""

import asyncio
import signal
import threading
from pathlib import Path
from types import FrameType

import click

from hub import processes, settings
from hub.cli.progress import to_stderr
from hub.embedded.stack import Stack
from hub.services.prepare import prepare as prepare_all
from registry_store.engine import connect

ROLES = ("door", "mqtt", "platform", "worker", "relay", "enquiries", "clock")


@click.command()
@click.option("--data", type=click.Path(path_type=Path), help="folder of all state [HUB_DATA]")
@click.option("--port", type=click.IntRange(0, 65535), help="port of the HTTP door, 0 for a free one [HUB_PORT]")
def up(data: Path | None, port: int | None) -> None:
    """Start everything and stay. Ctrl-C or SIGTERM stops it and loses nothing."""
    stack = Stack(settings.load(data=data, port=port), to_stderr)
    told = threading.Event()

    def stop(_: int, __: FrameType | None) -> None:
        told.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    try:
        running = stack.start()
        click.echo(f"ready {running.url}")
        told.wait()
        to_stderr("Stopping.")
    finally:
        stack.stop()


@click.command()
@click.argument("role", type=click.Choice(ROLES))
def run(role: str) -> None:
    """Run one process of a hub, as a container or a supervisor does. Settings come from HUB_ variables."""
    given = settings.load()
    for name in ("kafka", "database", "secret", *(("mqtt",) if role == "mqtt" else ())):
        if getattr(given, name) is None:
            raise click.UsageError(f"set HUB_{name.upper()}: a single process has no embedded parts")
    processes.run(role, given)


@click.command()
def prepare() -> None:
    """Bring database and broker to this version: tables, participants, topics. Safe to repeat."""
    given = settings.load()
    for name in ("kafka", "database"):
        if getattr(given, name) is None:
            raise click.UsageError(f"set HUB_{name.upper()}; `hub up` prepares its embedded parts by itself")

    async def work() -> None:
        engine = connect(given.database or "")
        try:
            await prepare_all(given, engine)
        finally:
            await engine.dispose()

    asyncio.run(work())
    click.echo("Tables, participants and topics are ready.")
