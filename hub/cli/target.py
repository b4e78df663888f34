"""Which hub a command talks to, and as whom: the one of `hub up` on this machine, or any other by its address."""

import asyncio
import getpass
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from hub import identity, running, settings
from hub.embedded import development
from hub.identity import Identity
from hub.running import Running
from registry_store.engine import Engine, connect

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])

data_option = click.option("--data", type=click.Path(path_type=Path), help="data folder of the running hub [HUB_DATA]")
json_option = click.option("--json", "as_json", is_flag=True, help="print one JSON object as the last line")


key_option = click.option("--key", type=click.Path(path_type=Path), help="identity file to sign with")


def target_options(command: F) -> F:
    """`--url`, `--key` and `--data`."""
    url = click.option("--url", help="address of a hub that is not of this machine; wants --key")
    return url(key_option(data_option(command)))


@dataclass(frozen=True)
class Target:
    """An address, and who speaks to it."""

    url: str
    identity: Identity


def find(url: str | None, key: Path | None, data: Path | None, participant: str) -> Target:
    """The hub of this machine with a development identity, unless an address is given.

    Raises `NotRunning` or `IdentityUnusable`; a wrong combination is bad use.
    """
    if url is not None and key is None:
        raise click.UsageError("with --url give --key, the identity file that the hub there knows")
    address = url or running.find(settings.load(data=data).data).url
    return Target(address.rstrip("/"), identity_only(key, data, participant))


def identity_only(key: Path | None, data: Path | None, participant: str) -> Identity:
    """Who signs, without a hub at the other end."""
    if key is not None:
        return identity.load(key)
    return running.development_identity(settings.load(data=data).data, participant)


@dataclass(frozen=True)
class Store:
    """Database and broker of a hub, for commands that look behind its doors."""

    database: str
    kafka: str
    data: Path


def store(data: Path | None) -> Store:
    """From HUB_DATABASE and HUB_KAFKA where both are set, else those of the running hub of this machine."""
    given = settings.load(data=data)
    if given.database is not None and given.kafka is not None:
        return Store(given.database, given.kafka, given.data)
    here: Running = running.find(given.data)
    return Store(given.database or here.database, given.kafka or here.kafka, given.data)


def secret(data: Path | None) -> str:
    """The hub's secret: HUB_SECRET, else the one that `hub up` keeps in the data folder."""
    given = settings.load(data=data)
    return given.secret or development.secret(given.data)


def operator() -> str:
    """Who runs this command, for the audit log: the account of this machine."""
    try:
        return f"command:{getpass.getuser()}"
    except (KeyError, OSError):
        # In a container the account may have a number and no name.
        return f"command:{os.getuid()}"


def with_engine(data: Path | None, action: Callable[[Engine], Awaitable[T]]) -> T:
    """Runs one action on the hub's database, and closes the connection after it."""
    url = database(data)

    async def work() -> T:
        engine = connect(url)
        try:
            return await action(engine)
        finally:
            await engine.dispose()

    return asyncio.run(work())


def database(data: Path | None) -> str:
    """From HUB_DATABASE where it is set, else that of the running hub of this machine."""
    given = settings.load(data=data)
    return given.database or running.find(given.data).database
