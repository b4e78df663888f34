"""The audit log on a real PostgreSQL: added to, never changed, and without a gap whatever fails."""

import asyncio
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from hub import audit_verifier
from hub.errors import Unavailable
from hub.services.audit import log
from hub.services.audit.log import Draft
from registry_store.engine import Engine, connect, transaction
from schemas import canonical
from tests.support import audit
from tests.support.notifications import T0, YESTERDAY
from tests.support.parts import Databases

SOMETHING = Draft("something", "somebody")

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.from_regex("[a-z_]{1,8}", fullmatch=True), inner),
    max_leaves=8,
)
payloads = st.dictionaries(st.from_regex("[a-z_]{1,8}", fullmatch=True), json_values, max_size=4)
drafts = st.builds(
    Draft,
    kind=st.sampled_from(["registered", "read_asset"]),
    actor=st.sampled_from(["installer-1", "hub"]),
    payload=payloads,
    message_id=st.none() | st.just("m-1"),
    asset_id=st.none() | st.uuids(),
    version=st.none() | st.integers(1, 2**40),
    assets=st.lists(st.uuids().map(str), max_size=3).map(tuple),
)


@pytest.fixture(scope="module")
def shared(databases: Databases) -> Iterator[str]:
    with databases.ready() as url:
        yield url


@given(json_values)
def test_the_hub_and_the_verifier_have_one_canonical_form(value: object) -> None:
    assert canonical.to_json(value) == audit_verifier.canonical(value)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.dictionaries(st.sampled_from(["fmar.intake/0", "fmar.intake/1", "administration", "é"]), st.lists(drafts)),
        max_size=6,
    )
)
def test_whatever_is_appended_to_several_lanes_verifies(shared: str, batches: list[dict[str, list[Draft]]]) -> None:
    async def play() -> tuple[tuple[str, ...], list[bytes], int]:
        engine = connect(shared)
        try:
            before = len(await audit.entries(engine))
            for batch in batches:
                await audit.append(engine, batch)
            return await audit.problems(engine), await audit.export_lines(engine), before
        finally:
            await engine.dispose()

    problems, lines, before = asyncio.run(play())
    assert problems == ()
    assert audit_verifier.verify(lines).entries == before + sum(len(d) for b in batches for d in b.values())


async def test_two_connections_append_to_different_lanes_at_once(engine: Engine) -> None:
    async with transaction(engine) as one:
        await log.append(one, {"a": [SOMETHING]}, T0)
        async with transaction(engine) as other:
            await log.append(other, {"b": [SOMETHING]}, T0)
        # The second was committed while the first was not.
        assert [row.lane for row in await audit.entries(engine)] == ["b"]
    assert await audit.problems(engine) == ()


async def test_many_writers_of_one_lane_come_one_after_another(engine: Engine) -> None:
    await asyncio.gather(*(audit.append(engine, {"one": [SOMETHING] * 3, str(n % 3): [SOMETHING]}) for n in range(12)))
    assert [row.seq for row in await audit.entries(engine) if row.lane == "one"] == list(range(1, 37))
    assert await audit.problems(engine) == ()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET actor = 'somebody else'",
        "UPDATE audit_entry SET actor = actor WHERE false",
        "DELETE FROM audit_entry",
        "TRUNCATE audit_entry",
        "TRUNCATE audit_entry CASCADE",
        "INSERT INTO audit_entry SELECT * FROM audit_entry ON CONFLICT (lane, seq) DO UPDATE SET actor = 'x'",
    ],
)
async def test_an_entry_is_never_changed_or_taken_away(engine: Engine, statement: str) -> None:
    await audit.append(engine, {"a": [SOMETHING]})
    with pytest.raises(DBAPIError, match="only added to"):
        async with transaction(engine) as connection:
            await connection.execute(text(statement))
    assert len(await audit.entries(engine)) == 1


async def test_what_is_rolled_back_leaves_no_gap(engine: Engine) -> None:
    await audit.append(engine, {"a": [SOMETHING]})
    with pytest.raises(ZeroDivisionError):
        async with transaction(engine) as connection:
            await log.append(connection, {"a": [SOMETHING], "new": [SOMETHING]}, T0)
            raise ZeroDivisionError
    await audit.append(engine, {"a": [SOMETHING]})
    assert [(row.lane, row.seq) for row in await audit.entries(engine)] == [("a", 1), ("a", 2)]
    assert await audit.problems(engine) == ()


async def test_a_writer_that_is_killed_before_its_commit_leaves_no_gap(engine: Engine) -> None:
    await audit.append(engine, {"a": [SOMETHING]})
    with pytest.raises(Unavailable):
        async with transaction(engine) as doomed:
            await log.append(doomed, {"a": [SOMETHING] * 5}, T0)
            mine = (await doomed.execute(text("SELECT pg_backend_pid()"))).scalar_one()
            async with transaction(engine) as killer:
                await killer.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": mine})
            await doomed.execute(text("SELECT 1"))
    await audit.append(engine, {"a": [SOMETHING]})
    assert [row.seq for row in await audit.entries(engine)] == [1, 2]
    assert await audit.problems(engine) == ()


async def test_the_times_of_a_lane_do_not_go_back(engine: Engine) -> None:
    await audit.append(engine, {"a": [SOMETHING]}, T0)
    await audit.append(engine, {"a": [SOMETHING], "b": [SOMETHING]}, YESTERDAY)
    assert [row.at for row in await audit.entries(engine)] == [T0, T0, YESTERDAY]


TAMPERINGS = {
    "an entry says otherwise": "UPDATE audit_entry SET actor = 'another' WHERE (lane, seq) = ('a', 2)",
    "a payload says otherwise": """UPDATE audit_entry SET payload = '{"n" : 9}' WHERE (lane, seq) = ('a', 2)""",
    "an entry is gone": "DELETE FROM audit_entry WHERE (lane, seq) = ('a', 2)",
    "the last entry is gone": "DELETE FROM audit_entry WHERE (lane, seq) = ('a', 3)",
    "a lane is gone": "DELETE FROM audit_entry WHERE lane = 'a'",
    "an entry has moved": "UPDATE audit_entry SET lane = 'b', seq = 2 WHERE (lane, seq) = ('a', 3)",
    "an entry was added": "INSERT INTO audit_entry SELECT lane, 4, at, kind, actor, sender, message_id, asset_id,"
    " version, assets, subject, payload, hash, hash FROM audit_entry WHERE (lane, seq) = ('a', 3)",
    "a head says otherwise": "UPDATE audit_head SET seq = 2 WHERE lane = 'a'",
    "a head is gone": "DELETE FROM audit_head WHERE lane = 'a'",
}


@pytest.mark.parametrize("statement", TAMPERINGS.values(), ids=TAMPERINGS)
async def test_verify_finds_what_somebody_changed_behind_the_trigger(engine: Engine, statement: str) -> None:
    await audit.append(engine, {"a": [Draft("n", "hub", {"n": n}) for n in range(3)], "b": [SOMETHING]})
    assert await audit.problems(engine) == ()
    async with transaction(engine) as connection:
        await connection.execute(text("SET LOCAL session_replication_role = replica"))
        await connection.execute(text(statement))
    assert any("lane a" in problem or "lane b" in problem for problem in await audit.problems(engine))
