"""What is due by when: kept by reference, handed out once it has run out, and only once."""

from datetime import date, datetime, timedelta

from registry_store import due_clocks
from registry_store.claims import Reference
from registry_store.engine import Engine, transaction
from schemas.records.assets import DueClockRow
from tests.support.notifications import T0

OURS, THEIRS = ("oem-1", "a"), ("oem-1", "b")


def clock(reference: Reference = OURS, days: int = 0, kind: str = "COMMISSIONING_NOTICE") -> DueClockRow:
    at = T0 + timedelta(days=days)
    return DueClockRow(
        source=reference[0],
        sender_asset_ref=reference[1],
        kind=kind,
        due_on=date(2026, 4, 30) + timedelta(days=days),
        due_at=at,
        fired_at=None,
    )


async def replace(engine: Engine, references: list[Reference], *rows: DueClockRow) -> None:
    async with transaction(engine) as connection:
        await due_clocks.replace(connection, references, rows)


async def due(engine: Engine, now: datetime = T0, limit: int = 9) -> list[DueClockRow]:
    async with transaction(engine) as connection:
        return await due_clocks.due(connection, now, limit)


async def fired(engine: Engine, *rows: DueClockRow) -> None:
    async with transaction(engine) as connection:
        await due_clocks.fired(connection, rows, T0)


async def test_a_clock_is_due_from_its_moment_on(engine: Engine) -> None:
    await replace(engine, [OURS], clock())
    assert await due(engine, T0 - timedelta(seconds=1)) == []
    assert await due(engine) == [clock()]


async def test_the_oldest_come_first_and_no_more_than_are_asked_for(engine: Engine) -> None:
    await replace(engine, [OURS, THEIRS], clock(OURS, -1), clock(THEIRS, -2))
    assert await due(engine, limit=1) == [clock(THEIRS, -2)]


async def test_what_was_fired_is_not_due_again(engine: Engine) -> None:
    await replace(engine, [OURS], clock(), clock(kind="MCS_CERTIFICATE"))
    await fired(engine, clock())
    assert await due(engine) == [clock(kind="MCS_CERTIFICATE")]


async def test_the_clocks_of_a_reference_are_those_that_were_said_last(engine: Engine) -> None:
    await replace(engine, [OURS, THEIRS], clock(), clock(kind="MCS_CERTIFICATE"), clock(THEIRS))
    await replace(engine, [OURS], clock(kind="MCS_CERTIFICATE"))
    assert await due(engine) == [clock(kind="MCS_CERTIFICATE"), clock(THEIRS)]
    await replace(engine, [OURS, THEIRS])
    assert await due(engine) == []


async def test_one_that_stays_as_it_was_keeps_that_it_was_fired(engine: Engine) -> None:
    await replace(engine, [OURS], clock())
    await fired(engine, clock())
    await replace(engine, [OURS], clock())
    assert await due(engine) == []


async def test_one_with_another_day_is_a_new_one(engine: Engine) -> None:
    await replace(engine, [OURS], clock())
    await fired(engine, clock())
    await replace(engine, [OURS], clock(days=-1))
    assert await due(engine) == [clock(days=-1)]


async def test_one_that_has_changed_meanwhile_is_not_marked(engine: Engine) -> None:
    await replace(engine, [OURS], clock(days=-1))
    await fired(engine, clock())
    assert await due(engine) == [clock(days=-1)]
