"""The page on performance says what a run came to."""

from pathlib import Path
from typing import Any

import pytest

from bench.report import page, plots, words

MACHINE = {
    "cores": 2,
    "cpu": "a processor",
    "memory_gb": 23.5,
    "system": "Linux",
    "python": "3.11.7",
    "packages": {"aiokafka": "0.14.0"},
    "verify_us": 54.2,
    "load_before": 0.1,
    "kafka": "4.1.0",
    "java": "25",
    "postgresql": "18.4",
    "postgresql_settings": {"fsync": "on"},
}
RATE = {"median": 5500.0, "least": 5400.0, "most": 5600.0}
FLOOR = {"median": 11000.0, "least": 10900.0, "most": 11100.0}
THROUGHPUT: dict[str, Any] = {
    "bench": "throughput",
    "machine": MACHINE,
    "workers": [
        {
            "workers": 2,
            "journal_per_second": RATE,
            "floor_per_second": FLOOR,
            "ratio": 0.5,
            "cpu_us": {"worker": 200.0},
            "floor_cpu_us": {"bare worker": 80.0},
            "memory_mb": [{"worker": 150.0}, {"worker": 151.0}],
        }
    ],
    "doors": [{"door": "webhook", "connections": 64, "per_second": RATE, "answered_per_second": RATE}],
    "profiles": [
        {
            "role": "worker",
            "messages": 1000,
            "stages": [{"stage": "match", "cpu_us": 90.0, "sql_wait_us": 20.0, "cpu_by_kind": {"rules": 90.0}}],
            "functions": [{"stage": "match", "function": "hub.rules.matching.homes.x", "cpu_us": 40.0}],
            "statements": [{"stage": "write", "statement": "COPY outbox", "count": 3, "us": 12.0}],
        }
    ],
}
SCALE: dict[str, Any] = {
    "bench": "scale",
    "machine": MACHINE,
    "points": [{"assets": 100_000, "microseconds": 400.0}, {"assets": 3_000_000, "microseconds": 440.0}],
    "ratio": 1.1,
}

SUSTAINED: dict[str, Any] = {
    "bench": "sustained",
    "machine": MACHINE,
    "minutes": 10.0,
    "workers": 2,
    "per_second": 4123.0,
    "most_waiting": 20_500,
    "live_messages": 12_000,
    "live_p50_ms": 210.4,
    "live_p99_ms": 640.2,
    "live_p99_9_ms": 810.0,
    "memory": {"worker": {"first_mb": 300.0, "last_mb": 301.0, "mb_a_minute": 0.1, "minutes": 7.5}},
}
REPLAY: dict[str, Any] = {
    "bench": "replay",
    "machine": MACHINE,
    "messages": 20_000,
    "replay_per_second": 2000.0,
    "floor_per_second": 8000.0,
    "ratio": 0.25,
    "compare_seconds": 12.0,
}


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of plots; Matplotlib itself is in the lock of the bench alone."""
    names: list[str] = []
    for kind in ("bars", "stacked", "lines"):
        monkeypatch.setattr(plots, kind, lambda file, *_: names.append(file.name))
    return names


def test_the_page_tells_how_long_single_messages_wait_beside_a_bulk_load_and_whether_memory_grows(
    tmp_path: Path, drawn: list[str]
) -> None:
    page.write([REPLAY, SUSTAINED], tmp_path / "performance.md")
    text = (tmp_path / "performance.md").read_text()
    assert "for 10 minutes, 2 workers: 4,123 messages a second registered" in text
    assert "210 ms (median), 640 ms (p99), 810 ms (p99.9)" in text
    assert "| worker | 300 | 301 | 0.1 |" in text
    assert "2,000 a second (the bare loop 8,000, ratio 0.25)" in text
    assert text.index("## Sustained") < text.index("## Replay")


def test_the_page_says_what_the_next_limit_is(tmp_path: Path, drawn: list[str]) -> None:
    cpu = {"worker": 300.0, "postgresql": 100.0}
    series = {**THROUGHPUT["workers"][0], "cpu_us": cpu}
    page.write([THROUGHPUT | {"workers": [series]}], tmp_path / "performance.md")
    text = (tmp_path / "performance.md").read_text()
    assert "the most is 5,000 messages a second on this machine. The next limit is the worker, which takes 75%" in text


def test_the_page_has_every_figure_beside_its_floor_and_the_machine(tmp_path: Path, drawn: list[str]) -> None:
    page.write([SCALE, THROUGHPUT], tmp_path / "performance.md")
    text = (tmp_path / "performance.md").read_text()
    assert "| 2 workers | 5,500 (5,400 to 5,600) | 11,000 (10,900 to 11,100) | 0.5 |" in text
    assert "2 cores (a processor)" in text
    assert "fsync on" in text
    assert text.index("## Throughput") < text.index("## Scale")
    assert "| match | 90.0 | 20.0 |" in text


def test_every_plot_that_is_drawn_is_on_the_page(tmp_path: Path, drawn: list[str]) -> None:
    page.write([SCALE, THROUGHPUT], tmp_path / "performance.md")
    text = (tmp_path / "performance.md").read_text()
    assert sorted(drawn) == ["profile-worker.svg", "scale.svg", "throughput.svg"]
    assert all(f"(images/{name})" in text for name in drawn)


def test_a_bar_in_a_cell_does_not_end_it() -> None:
    assert words.table(("a",), [("x|y",)])[2] == "| x\\|y |"
