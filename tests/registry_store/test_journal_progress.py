"""How far the journal is registered, and which batches died on the way."""

from registry_store import journal_progress as progress
from registry_store.engine import Engine, transaction
from registry_store.journal_progress import Attempt, Partition

P0: Partition = ("fmar.intake", 0)
P1: Partition = ("fmar.intake", 1)


async def begin(engine: Engine, **first: int) -> dict[int, Attempt]:
    """Begins batches of three from these offsets on: `p0=5`."""
    async with transaction(engine) as connection:
        offsets = {("fmar.intake", int(name[1:])): range(offset, offset + 3) for name, offset in first.items()}
        return {number: attempt for (_, number), attempt in (await progress.begin(connection, offsets)).items()}


async def commit(engine: Engine, last: dict[Partition, int]) -> None:
    async with transaction(engine) as connection:
        await progress.lock_watermarks(connection, list(last))
        await progress.raise_watermarks(connection, last)


async def test_a_partition_that_nobody_registered_from_is_before_its_first_offset(engine: Engine) -> None:
    async with transaction(engine) as connection:
        assert await progress.lock_watermarks(connection, [P1, P0]) == {P0: -1, P1: -1}


async def test_each_partition_has_its_own_watermark(engine: Engine) -> None:
    await commit(engine, {P0: 7, P1: 3})
    await commit(engine, {P1: 4})
    async with transaction(engine) as connection:
        assert await progress.watermarks(connection) == {P0: 7, P1: 4}


async def test_attempts_at_the_same_offset_are_counted(engine: Engine) -> None:
    assert [(await begin(engine, p0=5))[0].attempts for _ in range(4)] == [1, 2, 3, 4]


async def test_attempts_begin_anew_at_another_offset(engine: Engine) -> None:
    await begin(engine, p0=5)
    assert (await begin(engine, p0=6))[0].attempts == 1


async def test_a_commit_forgives_the_attempts_before_it(engine: Engine) -> None:
    await begin(engine, p0=5, p1=5)
    await commit(engine, {P0: 6})
    begun = await begin(engine, p0=5, p1=5)
    assert (begun[0].attempts, begun[1].attempts) == (1, 2)


async def test_a_batch_begins_at_its_first_offset_that_is_not_registered(engine: Engine) -> None:
    await commit(engine, {P0: 5})
    begun = await begin(engine, p0=4, p1=7)
    assert (begun[0].first, begun[1].first) == (6, 7)


async def test_a_batch_that_is_registered_does_not_begin(engine: Engine) -> None:
    await commit(engine, {P0: 9})
    assert (await begin(engine, p0=5, p1=5)).keys() == {1}


async def test_a_commit_of_what_was_done_before_forgives_nothing(engine: Engine) -> None:
    await commit(engine, {P0: 4})
    await begin(engine, p0=5)
    await commit(engine, {P0: 4})
    assert (await begin(engine, p0=5))[0].attempts == 2


async def test_an_attempt_that_ended_for_a_known_cause_is_not_counted(engine: Engine) -> None:
    await begin(engine, p0=5, p1=5)
    await begin(engine, p0=5, p1=5)
    async with transaction(engine) as connection:
        await progress.take_back(connection, {P0})
    begun = await begin(engine, p0=5, p1=5)
    assert (begun[0].attempts, begun[1].attempts) == (2, 3)


async def test_from_then_on_records_are_taken_one_at_a_time(engine: Engine) -> None:
    await begin(engine, p0=5)
    async with transaction(engine) as connection:
        await progress.go_carefully(connection, P0, until=20)
    assert (await begin(engine, p0=5))[0] == Attempt(2, 20, 5)
    assert (await begin(engine, p0=6))[0] == Attempt(1, 20, 6)
