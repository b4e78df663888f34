"""`python -m bench scale`: does a notification take longer in a larger register?"""

import asyncio
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import asyncpg
import click

from bench import figures, machine, options
from bench.scale.stock import HOMES_AN_INSTALLER, SAID, Home, entry, fill
from hub.embedded.postgres import EmbeddedPostgres
from hub.services.audit.vault import Vault
from hub.services.directory import Directory, Member
from hub.services.registration.batch import register
from hub.services.registration.entry import JournalEntry
from registry_store import migrate
from registry_store.engine import Engine, connect, transaction
from schemas.vocabulary import ParticipantKind

SIZES = (100_000, 1_000_000, 3_000_000)
BATCH = 200
LATER = SAID + timedelta(days=1)
SECRET = "a secret of the bench, no longer than it lives"  # noqa: S105 - of a database that is thrown away
OTHERS = {"oem-1": ParticipantKind.OEM, "platform-1": ParticipantKind.PLATFORM}


@dataclass
class Register:
    """A register of some size, and how long each notification of its batches took, in seconds."""

    homes: int
    engine: Engine
    vault: Vault
    directory: Directory
    next_number: int = 0
    taken: list[float] = field(default_factory=list)

    @property
    def median_us(self) -> float:
        return statistics.median(self.taken) * 1e6


@click.command()
@click.option("--sizes", default=",".join(map(str, SIZES)), show_default=True, callback=options.numbers, help="homes")
@click.option("--batches", type=click.IntRange(1), default=40, show_default=True, help=f"of {BATCH} for each register")
@options.common
def scale(sizes: tuple[int, ...], batches: int, seed: int, output: Path | None, as_json: bool) -> None:
    """Time per notification, identity and all, in registers of several sizes, measured in turn."""
    with tempfile.TemporaryDirectory(prefix="fmar-bench-") as folder:
        server = EmbeddedPostgres(Path(folder), options.say)
        server.start()
        try:
            facts = machine.facts()
            found = asyncio.run(_measure(server, sizes, batches, seed))
        finally:
            server.stop()
    for one in found:
        options.say(f"{one.homes:>12,} assets: {one.median_us:.0f} microseconds a notification (median)")
    result = {
        "bench": "scale",
        "points": [{"assets": r.homes, "microseconds": round(r.median_us, 1)} for r in found],
        "ratio": round(found[-1].median_us / found[0].median_us, 3),
        "spread": [{"assets": r.homes, **figures.spread([t * 1e6 for t in r.taken]).as_json()} for r in found],
        "machine": facts,
    }
    options.give(result, output, as_json, ("ratio",))


async def _measure(server: EmbeddedPostgres, sizes: Sequence[int], batches: int, seed: int) -> list[Register]:
    found = [await _made(server, size) for size in sizes]
    # In turn, so that whatever else the machine does falls on all of them.
    for n in range(batches + 1):
        for register_ in found:
            entries = _batch(register_, seed)
            began = time.perf_counter()
            await _put(register_, entries)
            if n > 0:
                register_.taken.append((time.perf_counter() - began) / len(entries))
    for register_ in found:
        await register_.engine.dispose()
    return found


async def _made(server: EmbeddedPostgres, homes: int) -> Register:
    name = f"scale_{homes}"
    plain = await asyncpg.connect(server.address)
    await plain.execute(f"CREATE DATABASE {name}")
    await plain.close()
    address = server.address.replace("/fmar?", f"/{name}?")
    engine = connect(address)
    await migrate.migrate(engine)
    vault = Vault(SECRET)
    await vault.start(engine)
    made = Register(homes, engine, vault, _directory(homes))
    await _put(made, [entry(Home(0).told_by(Home(0).installer), 0)])
    options.say(f"filling a register with {homes:,} assets")
    connection = await asyncpg.connect(address)
    await fill(connection, homes, options.say)
    await connection.close()
    made.next_number = homes + 1
    return made


def _directory(homes: int) -> Directory:
    """Every installer of a register of this size, and of what is told while it is measured."""
    installers = dict.fromkeys(Home(n).installer for n in range(0, 2 * homes + 100_000, HOMES_AN_INSTALLER))
    kinds = dict.fromkeys(installers, ParticipantKind.INSTALLER) | OTHERS
    return Directory(members={name: Member(name, kind, ()) for name, kind in kinds.items()})


def _batch(register_: Register, seed: int) -> list[JournalEntry]:
    """Half of it tells of new homes, half of homes that are known, by their makers' clouds and by platforms."""
    entries = []
    for n in range(BATCH // 2):
        number = register_.next_number
        register_.next_number += 1
        entries.append(entry(Home(number).told_by(Home(number).installer), number, LATER))
        known = (number + seed) * 104_729 % register_.homes + 1
        entries.append(entry(Home(known).told_by("oem-1" if n % 2 else "platform-1"), number, LATER))
    return entries


async def _put(register_: Register, entries: Sequence[JournalEntry]) -> None:
    async with transaction(register_.engine) as connection:
        await register(connection, entries, register_.directory, "evidence_only", register_.vault, LATER)
