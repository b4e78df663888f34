"""A stack belongs to the stage of the registration that it was called from."""

import asyncio
import sys
from pathlib import Path

import orjson
import pytest
from greenlet import greenlet

from bench.profiling import stages, table
from bench.profiling.sampler import Sampler
from hub.services.registration import batch
from streams import guard, records, relay, watchdog

FAUST = ["streams.registration", "faust.agents.agent", "mode.services", "asyncio.events"]
BATCH = ["hub.services.registration.batch", "streams.guard", *FAUST]


@pytest.mark.parametrize(
    ("modules", "stage", "kind"),
    [
        (["hub.rules.matching.homes", "hub.services.registration.match", *BATCH], "match", "rules"),
        (["asyncpg.protocol", "registry_store.bulk", "hub.services.registration.write", *BATCH], "write", "SQL client"),
        (
            ["schemas.avro", "hub.services.registration.notices", "hub.services.registration.write", *BATCH],
            "write",
            "Avro",
        ),
        (["registry_store.journal_progress", "streams.guard", *FAUST], stages.STAGES["streams.guard"], "SQL client"),
        (["schemas.avro", "streams.records", "streams.guard", *FAUST], "read the record", "Avro"),
        (["aiokafka.consumer.fetcher", "asyncio.events"], "Kafka client", "Kafka client"),
        (["aiokafka.producer.producer", "hub.publisher", "streams.relay"], "relay", "Kafka client"),
        (["importlib._bootstrap"], stages.OTHER, "Python"),
        (["schemas.avro", "importlib._bootstrap", "streams.app", "faust.cli"], stages.OTHER, "Avro"),
    ],
)
def test_the_modules_of_a_stack_tell_stage_and_kind(modules: list[str], stage: str, kind: str) -> None:
    assert (stages.stage(modules), stages.kind(modules)) == (stage, kind)


def test_the_stages_are_named_after_modules_that_exist() -> None:
    named = {module.__name__ for module in (guard, records, relay, watchdog)}
    assert named <= set(stages.STAGES)
    assert batch.__name__ == f"{stages.REGISTRATION}batch"


def test_a_stack_is_followed_from_a_greenlet_to_whoever_runs_it() -> None:
    def outer() -> list[str]:
        found: list[str] = []

        def inner() -> None:
            found.extend(frame.f_code.co_name for frame in stages.frames(sys._getframe()))

        greenlet(inner).switch()
        return found

    names = outer()
    assert names[0] == "inner"
    assert "outer" in names


def test_busy_work_is_sampled() -> None:
    async def busy() -> int:
        return sum(n * n for n in range(3_000_000))

    sampler = Sampler()
    sampler.start()
    try:
        asyncio.run(busy())
    finally:
        sampler.stop()
    assert sum(sampler.by_stage.values()) > 0


def test_profiles_of_several_processes_add_up(tmp_path: Path) -> None:
    one = {
        "stages": [{"stage": "match", "kind": "rules", "cpu_seconds": 0.3}],
        "functions": [{"stage": "match", "function": "f", "cpu_seconds": 0.3}],
        "statements": [{"stage": "write", "statement": "COPY outbox", "count": 2, "seconds": 0.1}],
    }
    for pid in (1, 2):
        (tmp_path / f"worker-{pid}.json").write_bytes(orjson.dumps(one))
    found = table.summed(tmp_path, "worker", 1000)
    assert found["stages"] == [
        {"stage": "match", "cpu_us": 600.0, "sql_wait_us": 0, "cpu_by_kind": {"rules": 600.0}},
        {"stage": "write", "cpu_us": 0, "sql_wait_us": 200.0, "cpu_by_kind": {}},
    ]
    assert found["statements"] == [{"stage": "write", "statement": "COPY outbox", "count": 4, "us": 200.0}]
