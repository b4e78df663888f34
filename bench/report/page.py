"""The page on performance, section by section, from the results of the benches."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.report import plots, words

HEAD = """\
# Performance

Written by `python -m bench report` from the results of one run; figures are not edited by hand. Each stands beside the
bare loop of the same run: the least code that does the same durable work with the same libraries, and none of the
rules (`bench/bare`). The ratio of the two says more than either, since it does not depend on the machine. A figure is
the median of its rounds, with the least and the most.

```sh
python -m bench --into results && python -m bench report results
```
"""
TOP = 12


def throughput(found: words.Result, images: Path) -> list[str]:
    """From journal and door to the outbound topic."""
    rows = [
        (
            f"{w['workers']} workers",
            words.spread(w["journal_per_second"]),
            words.spread(w["floor_per_second"]),
            w["ratio"],
        )
        for w in found["workers"]
    ]
    series = found["workers"]
    plots.bars(
        images / "throughput.svg",
        "From a full journal to the outbound topic",
        "messages a second",
        [f"{w['workers']} workers" for w in series],
        [w["journal_per_second"]["median"] for w in series],
        [w["floor_per_second"]["median"] for w in series],
    )
    last = series[-1]
    page = ["## Throughput", "", "From a full journal to the last event on its topic, messages a second:", ""]
    page += words.table(("", "hub", "bare loop", "ratio"), rows)
    page += ["![Throughput from the journal](images/throughput.svg)", ""]
    page += [f"Microseconds of processor a message, hub: {words.parts(last['cpu_us'])}."]
    page += [f"Bare loop: {words.parts(last['floor_cpu_us'])}.", ""]
    page += [_limit(last["cpu_us"], found["machine"]["cores"]), ""]
    page += [f"Memory at the end of each round, MB: {_memory(last['memory_mb'])}.", ""]
    if found["doors"]:
        page += ["From the signed message at a door to the last event, the load generator on the same cores:", ""]
        doors = [
            (d["door"], d["connections"], words.spread(d["per_second"]), words.spread(d["answered_per_second"]))
            for d in found["doors"]
        ]
        page += words.table(("door", "connections", "registered and published a second", "answered a second"), doors)
    for profile in found["profiles"]:
        page += _profile(profile, images)
    return page


def _limit(cpu: dict[str, float], cores: int) -> str:
    """What is in the way of more."""
    first, all_of = max(cpu, key=lambda name: cpu[name]), sum(cpu.values())
    return (
        f"With all of {cores} cores busy the most is {cores / all_of * 1e6:,.0f} messages a second on this machine. The"
        f" next limit is the {first}, which takes {cpu[first] / all_of:.0%} of the processor; what helps is more cores,"
        " and more workers on them."
    )


def _memory(rounds: list[dict[str, float]]) -> str:
    return "; ".join(f"{name} " + ", ".join(f"{one[name]:,.0f}" for one in rounds) for name in rounds[-1])


def _profile(found: dict[str, Any], images: Path) -> list[str]:
    stages = found["stages"][:TOP]
    name = f"profile-{found['role']}.svg"
    kinds = dict.fromkeys(kind for stage in stages for kind in stage["cpu_by_kind"])
    parts = {kind: [stage["cpu_by_kind"].get(kind, 0.0) for stage in stages] for kind in kinds}
    parts["waiting for SQL"] = [stage["sql_wait_us"] for stage in stages]
    title = f"Where the time of the {found['role']} goes"
    plots.stacked(images / name, title, "microseconds a message", [stage["stage"] for stage in stages], parts)
    page = [f"### Where the time of the {found['role']} goes", ""]
    page += [f"Sampled while it ran, over {found['messages']:,} messages; microseconds a message.", ""]
    page += [f"![{title}](images/{name})", ""]
    page += words.table(
        ("stage", "processor", "waiting for SQL"), [(s["stage"], s["cpu_us"], s["sql_wait_us"]) for s in stages]
    )
    page += words.table(
        ("function", "stage", "processor"),
        [(f"`{f['function']}`", f["stage"], f["cpu_us"]) for f in found["functions"][:TOP]],
    )
    page += words.table(
        ("statement", "stage", "times", "waiting"),
        [(f"`{s['statement'][:90]}`", s["stage"], s["count"], s["us"]) for s in found["statements"][:TOP]],
    )
    return page


def latency(found: words.Result, images: Path) -> list[str]:
    """From the request to the operators' topics."""
    rates = found["rates"]
    plots.lines(
        images / "latency.svg",
        "From the webhook's request to the event on the System Operator's topic",
        "requests a second (open loop)",
        "milliseconds",
        [r["rate"] for r in rates],
        {
            "hub p50": [r["p50_ms"] for r in rates],
            "hub p99": [r["p99_ms"] for r in rates],
            "bare p50": [r["floor_p50_ms"] for r in rates],
            "bare p99": [r["floor_p99_ms"] for r in rates],
        },
    )
    names = ("p50_ms", "p99_ms", "p99_9_ms", "floor_p50_ms", "floor_p99_ms", "floor_p99_9_ms")
    head = ("requests a second", "p50", "p99", "p99.9", "bare p50", "bare p99", "bare p99.9")
    return [
        "## Latency",
        "",
        "Requests come at their times whatever the hub does. Milliseconds from when each was due until the last of the"
        " operators concerned could read its notice; beside it the bare endpoint, worker and relay in a row:",
        "",
        *words.table(head, [(r["rate"], *(r[name] for name in names)) for r in rates]),
        "![Latency](images/latency.svg)",
        "",
    ]


def intake(found: words.Result, images: Path) -> list[str]:
    """The door alone."""
    points = found["points"]
    plots.bars(
        images / "intake.svg",
        "The HTTP door alone",
        "requests a second",
        [f"{p['connections']} connections" for p in points],
        [p["per_second"]["median"] for p in points],
        [p["floor_per_second"]["median"] for p in points],
    )
    head = ("connections", "messages a request", "hub", "bare endpoint", "ratio", "p99 ms", "bare p99 ms")
    rows = [
        (
            p["connections"],
            p["messages_a_request"],
            words.spread(p["per_second"]),
            words.spread(p["floor_per_second"]),
            p["ratio"],
            p["p99_ms"],
            p["floor_p99_ms"],
        )
        for p in (*points, *found["bulk"])
    ]
    return [
        "## Intake",
        "",
        "Signed messages a second until each is answered, nobody registering meanwhile; beside it an endpoint that"
        " verifies, journals with acks=all and answers:",
        "",
        *words.table(head, rows),
        "![Intake](images/intake.svg)",
        "",
        *(line for profile in found["profiles"] for line in _profile(profile, images)),
    ]


def scale(found: words.Result, images: Path) -> list[str]:
    """Registers of several sizes."""
    points = found["points"]
    plots.lines(
        images / "scale.svg",
        "Time a notification takes in registers of several sizes",
        "assets in the register",
        "microseconds a notification",
        [p["assets"] for p in points],
        {"hub": [p["microseconds"] for p in points]},
    )
    return [
        "## Scale",
        "",
        *words.table(("assets", "microseconds a notification"), [(p["assets"], p["microseconds"]) for p in points]),
        f"The largest register takes {found['ratio']} of the time of the smallest.",
        "",
        "![Scale](images/scale.svg)",
        "",
    ]


def startup(found: words.Result, _: Path) -> list[str]:
    """Starts, and memory."""
    rows = [
        (name, starts["seconds"]["median"], starts["floor_seconds"]["median"])
        for name, starts in (("in an empty folder", found["first"]), ("again in the same folder", found["again"]))
    ]
    memory = ", ".join(f"{name} {size:,.0f}" for name, size in found["again"]["memory_mb"].items())
    return [
        "## Start and memory",
        "",
        "Seconds until `hub up` is ready:",
        "",
        *words.table(("", "hub", "Kafka and PostgreSQL alone"), rows),
        f"Memory when it is ready and idle, MB: {memory}.",
        "",
    ]


def sustained(found: words.Result, _: Path) -> list[str]:
    """Minutes of a bulk load."""
    rows = [
        (name, memory["first_mb"], memory["last_mb"], memory["mb_a_minute"]) for name, memory in found["memory"].items()
    ]
    return [
        "## Sustained",
        "",
        f"A bulk load through the batch door for {found['minutes']:g} minutes, {found['workers']} workers:"
        f" {found['per_second']:,.0f} messages a second registered, at the most {found['most_waiting']:,} waiting. Of"
        f" {found['live_messages']:,} single messages sent meanwhile, each was readable on the outbound topic after"
        f" {found['live_p50_ms']:,.0f} ms (median), {found['live_p99_ms']:,.0f} ms (p99),"
        f" {found['live_p99_9_ms']:,.0f} ms (p99.9).",
        "",
        "Memory of the hub's processes, MB, at the beginning and at the end:",
        "",
        *words.table(("", "first quarter", "last quarter", "MB a minute"), rows),
    ]


def replay(found: words.Result, _: Path) -> list[str]:
    """The register from the journal once more."""
    return [
        "## Replay",
        "",
        f"`hub rebuild` of {found['messages']:,} messages, one process: {found['replay_per_second']:,.0f} a second (the"
        f" bare loop {found['floor_per_second']:,.0f}, ratio {found['ratio']}); to compare the two registers took"
        f" {found['compare_seconds']:,.0f} s more.",
        "",
    ]


def recovery(found: words.Result, _: Path) -> list[str]:
    """What a kill costs those who wait."""
    rows = [
        (f"kill -9 of {who}", words.tenths(killed["silence_seconds"]), words.tenths(killed["longest_seconds"]))
        for who, killed in (
            ("the leading relay of two", found["killed"]["relay"]),
            ("one worker of two", found["killed"]["worker"]),
        )
    ]
    return [
        "## Recovery",
        "",
        f"Under {found['rate']:g} single messages a second; nobody starts the killed process again. Seconds from the"
        " kill to the next event on the outbound topic, and the longest that any message waited from its request on:",
        "",
        *words.table(("", "next event", "longest"), rows),
    ]


SECTIONS = {
    "throughput": throughput,
    "sustained": sustained,
    "latency": latency,
    "intake": intake,
    "recovery": recovery,
    "replay": replay,
    "scale": scale,
    "startup": startup,
}


def write(results: Sequence[words.Result], page: Path) -> None:
    """Writes the page, and its plots into `images` beside it."""
    lines = [*HEAD.splitlines(), "", "## What it was measured on", "", *words.machine(results[0]["machine"])]
    for found in sorted(results, key=lambda one: list(SECTIONS).index(one["bench"])):
        lines += SECTIONS[found["bench"]](found, page.parent / "images")
    page.write_text("\n".join(lines).rstrip() + "\n", "utf-8")
