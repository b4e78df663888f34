"""`hub quarantine`: what was set aside, why, and back in again."""

import asyncio
from pathlib import Path
from uuid import UUID

import click
from pydantic import ValidationError

from connectors.admission import Arrival, Refused
from hub import clock, processes, settings
from hub.cli import output, target
from hub.errors import HubError
from hub.services.audit import log
from hub.services.audit.log import Draft
from hub.settings import Settings
from registry_store import quarantine as store
from registry_store.engine import Engine, transaction
from schemas import avro
from schemas.records.journal import QuarantineRow
from schemas.signed_message import SignedMessage
from schemas.vocabulary import Door


class NotReleased(HubError):
    """The message would be refused again; the text says why."""


@click.group()
def quarantine() -> None:
    """Messages that were set aside: nothing of them is lost."""


@quarantine.command(name="list")
@target.data_option
@target.json_option
def list_(data: Path | None, as_json: bool) -> None:
    """Everything that was not released, oldest first."""
    rows = target.with_engine(data, _held)
    if as_json:
        output.object_line({"held": [_shown(row) for row in rows]})
        return
    columns = ("id", "received", "door", "participant", "code")
    shown = [
        (r.quarantine_id, f"{r.received_at:%Y-%m-%d %H:%M:%S}", r.door, r.participant or "-", r.code) for r in rows
    ]
    output.table(f"Quarantine: {len(rows)}", columns, shown)


@quarantine.command()
@click.argument("quarantine_id", type=click.UUID)
@target.data_option
def show(quarantine_id: UUID, data: Path | None) -> None:
    """Why a message was set aside, field by field."""
    output.object_line(_shown(target.with_engine(data, lambda engine: _one(engine, quarantine_id))))


@quarantine.command()
@click.argument("quarantine_id", type=click.UUID)
@target.data_option
def release(quarantine_id: UUID, data: Path | None) -> None:
    """Send a message in again, with its own bytes and id, once its cause is mended."""
    row = target.with_engine(data, lambda engine: _one(engine, quarantine_id))
    asyncio.run(_release(row, _settings(data)))
    click.echo(f"{quarantine_id} is in again; its sender's receipt tells what becomes of it")


async def _release(row: QuarantineRow, given: Settings) -> None:
    if row.released_at is not None:
        raise NotReleased(f"{row.quarantine_id} was released at {row.released_at:%Y-%m-%d %H:%M} UTC")
    arrival = Arrival(_message(row), row.received_at)
    door = Door(row.door) if row.door in set(Door) else Door.PLATFORM
    parts = processes.Door(given)
    try:
        await parts.start()
        verdict = parts.intake.would(door, arrival)
        if isinstance(verdict, Refused):
            wrong = "; ".join(f"{p.field} {p.problem}" for p in verdict.answer.fields) or verdict.answer.detail
            raise NotReleased(f"it would be refused again ({verdict.answer.code}): {wrong}")
        (answer,) = await parts.intake.accept(door, [arrival])
        if not answer.accepted:
            raise NotReleased(f"it was not taken ({answer.code}): {answer.detail}")
        async with transaction(parts.engine) as connection:
            await store.mark_released(connection, row.quarantine_id, clock.now())
            await log.append(connection, {log.ADMINISTRATION: [_entry("released", row)]}, clock.now())
    finally:
        await parts.close()


def _message(row: QuarantineRow) -> SignedMessage:
    try:
        return avro.decode(row.envelope, SignedMessage)
    except (avro.SchemaUnknown, avro.PayloadInvalid, ValidationError):
        raise NotReleased(f"{row.quarantine_id} is no signed message; its sender has to send it anew") from None


def _settings(data: Path | None) -> Settings:
    """As the hub's own doors have them."""
    at = target.store(data)
    return settings.load(data=at.data, kafka=at.kafka, database=at.database, secret=target.secret(at.data))


def _entry(kind: str, row: QuarantineRow) -> Draft:
    """The entry of what somebody did with a message that was set aside."""
    payload = {"quarantine_id": str(row.quarantine_id), "code": row.code}
    return Draft(kind, target.operator(), payload, sender=row.participant, message_id=row.message_id)


async def _held(engine: Engine) -> list[QuarantineRow]:
    async with transaction(engine) as connection:
        return await store.held(connection)


async def _one(engine: Engine, quarantine_id: UUID) -> QuarantineRow:
    async with transaction(engine) as connection:
        row = await store.get(connection, quarantine_id)
    if row is None:
        raise NotReleased(f"there is nothing in quarantine under {quarantine_id}; `hub quarantine list` shows all")
    return row


def _shown(row: QuarantineRow) -> dict[str, object]:
    """Without the message itself, which holds personal data."""
    return row.model_dump(mode="json", exclude={"envelope"}) | {"bytes": len(row.envelope)}
