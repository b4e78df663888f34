"""`hub bench` from beginning to end at a tiny size: nothing is lost, and the keys are those that checks read."""

from pathlib import Path
from typing import Any

import click
import orjson
import pytest
from click.testing import CliRunner

from bench.light import LIGHT
from hub.cli.benches import bench
from hub.cli.main import hub

pytestmark = pytest.mark.timeout(400)
"""Each brings its own Kafka and PostgreSQL along."""


def ran(*words: str) -> dict[str, Any]:
    """The JSON object of the last line. A bench that loses a message ends with an exception."""
    done = CliRunner().invoke(hub, ["bench", *words, "--json"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    found: dict[str, Any] = orjson.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.parametrize("name", LIGHT)
def test_every_bench_is_a_command_that_explains_itself(name: str) -> None:
    done = CliRunner().invoke(hub, ["bench", name, "--help"])
    assert done.exit_code == 0
    assert "--json" in done.output


def test_the_commands_that_are_listed_are_those_there_are() -> None:
    assert bench.list_commands(click.Context(bench)) == sorted(LIGHT)


def test_throughput_stands_beside_the_bare_loop(tmp_path: Path) -> None:
    whole = tmp_path / "throughput.json"
    sizes = ("--messages", "200", "--rounds", "1", "--workers", "1", "--keys", "1000")
    found = ran("throughput", *sizes, "--profile", "--output", str(whole))
    assert orjson.loads(whole.read_bytes()) == found
    assert found["messages"] == 200
    assert found["ratio"] == pytest.approx(found["journal_per_second"] / found["floor_per_second"], abs=0.002)
    assert [way["door"] for way in found["doors"]] == ["webhook", "batch"]
    assert found["door_per_second"] == found["doors"][0]["per_second"]["median"] > 0
    assert {"worker", "relay", "kafka", "postgresql"} <= set(found["workers"][0]["cpu_us"])
    stages = {stage["stage"] for stage in found["profiles"][0]["stages"]}
    assert {"match", "write"} <= stages
    assert found["machine"]["postgresql_settings"]["fsync"] == "on"


@pytest.mark.long
def test_every_message_of_the_open_loop_reaches_an_operator() -> None:
    found = ran("latency", "--rates", "10,20", "--seconds", "2", "--rounds", "1", "--keys", "1000")
    assert [point["messages"] for point in found["rates"]] == [20, 40]
    assert found["rate"] == 20
    for point in (found, *found["rates"]):
        assert 0 < point["p50_ms"] <= point["p99_ms"] <= point["p99_9_ms"]
        assert 0 < point["floor_p50_ms"] <= point["floor_p99_ms"]


def test_the_door_stands_beside_a_bare_endpoint() -> None:
    found = ran("intake", "--connections", "1,4", "--requests", "60", "--bulks", "2", "--rounds", "1", "--profile")
    assert [point["connections"] for point in found["points"]] == [1, 4]
    assert found["per_second"] > 0
    assert found["ratio"] == pytest.approx(found["per_second"] / found["floor_per_second"], abs=0.002)
    assert [point["messages_a_request"] for point in found["bulk"]] == [500]
    assert "admission: key, signature, shape" in {stage["stage"] for stage in found["profiles"][0]["stages"]}


def test_scale_gives_a_point_for_each_register() -> None:
    found = ran("scale", "--sizes", "200,400", "--batches", "2")
    assert [point["assets"] for point in found["points"]] == [200, 400]
    first, last = (point["microseconds"] for point in found["points"])
    assert found["ratio"] == pytest.approx(last / first, abs=0.01)


@pytest.mark.long
def test_a_hub_starts_in_an_empty_folder_and_again_in_the_same() -> None:
    found = ran("startup", "--rounds", "1")
    assert len(found["first"]["seconds"]["values"]) == len(found["again"]["seconds"]["values"]) == 1
    assert {"worker", "relay", "door", "postgres", "java"} <= set(found["again"]["memory_mb"])


@pytest.mark.long
def test_what_comes_around_a_kill_waits_for_it_and_no_longer() -> None:
    found = ran("recovery", "--rate", "10", "--rounds", "1")
    for role in ("relay", "worker"):
        killed = found["killed"][role]
        assert 0 < killed["silence_seconds"]["median"] <= killed["longest_seconds"]["median"] < 60


@pytest.mark.parametrize("words", [("intake", "--connections", "many"), ("latency", "--rates", "0"), ("marathon",)])
def test_bad_use_says_what_to_do(words: tuple[str, ...]) -> None:
    done = CliRunner().invoke(hub, ["bench", *words])
    assert done.exit_code == 2
