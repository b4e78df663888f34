"""The run without faults: the same messages, registered one batch after the other into a database of their own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from itertools import islice

from hub import clock
from hub.services import directory
from hub.services.audit.vault import Vault
from hub.services.registration.batch import register
from hub.services.registration.entry import JournalEntry
from registry_store import databases, migrate
from registry_store.engine import Engine, connect, transaction
from schemas import topics
from tests.faults.flood import DOORS, Flood, Told
from tests.faults.rig import Rig

BATCH = 500


@asynccontextmanager
async def undisturbed(rig: Rig, engine: Engine, flood: Flood) -> AsyncIterator[Engine]:
    """A register of the flood alone to which nothing happened, beside that of the rig."""
    present, name = rig.settings.database or "", f"undisturbed_{flood.name.replace('-', '_')}"
    url = await databases.create(present, name)
    made = connect(url)
    try:
        await migrate.migrate(made)
        vault = Vault(rig.settings.secret or "")
        await vault.start(made)
        everybody = await directory.load(engine)
        told = enumerate(flood.all())
        while batch := [_entry(rig, number, each) for number, each in islice(told, BATCH)]:
            async with transaction(made) as connection:
                await register(connection, batch, everybody, rig.settings.stacking_policy, vault, clock.now())
        yield made
    finally:
        await made.dispose()
        await databases.drop(present, name)


def _entry(rig: Rig, number: int, told: Told) -> JournalEntry:
    message = told.outgoing.seal(rig.identity(told.sender))
    received_at = clock.now() + timedelta(microseconds=number)
    return JournalEntry(
        message, told.notification, told.sender, DOORS[told.sender], topics.INTAKE, 0, number, received_at
    )
