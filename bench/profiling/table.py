"""A profile of several processes of one role, added up and given by message."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson

SHOWN = 30


def summed(folder: Path, role: str, messages: int) -> dict[str, Any]:
    """Microseconds a message: by stage (CPU by kind of work, and waiting for SQL), by function, by statement."""
    files = [orjson.loads(file.read_bytes()) for file in sorted(folder.glob(f"{role}-*.json"))]
    cpu: Counter[tuple[str, str]] = Counter()
    functions: Counter[tuple[str, str]] = Counter()
    waits: Counter[str] = Counter()
    statements: Counter[tuple[str, str]] = Counter()
    counts: Counter[tuple[str, str]] = Counter()
    for file in files:
        for row in file["stages"]:
            cpu[row["stage"], row["kind"]] += row["cpu_seconds"]
        for row in file["functions"]:
            functions[row["stage"], row["function"]] += row["cpu_seconds"]
        for row in file["statements"]:
            waits[row["stage"]] += row["seconds"]
            statements[row["stage"], row["statement"]] += row["seconds"]
            counts[row["stage"], row["statement"]] += row["count"]
    each = 1e6 / messages
    totals: Counter[str] = Counter()
    for (stage, _), seconds in cpu.items():
        totals[stage] += seconds
    return {
        "role": role,
        "messages": messages,
        "stages": [
            {
                "stage": stage,
                "cpu_us": round(totals[stage] * each, 1),
                "sql_wait_us": round(waits[stage] * each, 1),
                "cpu_by_kind": {
                    kind: round(seconds * each, 1) for (at, kind), seconds in cpu.most_common() if at == stage
                },
            }
            for stage in sorted(totals | waits, key=lambda s: -(totals[s] + waits[s]))
        ],
        "functions": [
            {"stage": stage, "function": name, "cpu_us": round(seconds * each, 1)}
            for (stage, name), seconds in functions.most_common(SHOWN)
        ],
        "statements": [
            {"stage": at[0], "statement": at[1], "count": counts[at], "us": round(seconds * each, 1)}
            for at, seconds in statements.most_common(SHOWN)
        ],
    }


def shown(found: dict[str, Any]) -> Sequence[str]:
    """Lines for a person."""
    lines = [f"{found['role']}: microseconds a message, of {found['messages']:,} messages"]
    lines.append(f"{'stage':36} {'cpu':>8} {'sql wait':>9}  of which")
    for row in found["stages"]:
        kinds = ", ".join(f"{kind} {us:.0f}" for kind, us in row["cpu_by_kind"].items())
        lines.append(f"{row['stage']:36} {row['cpu_us']:8.0f} {row['sql_wait_us']:9.0f}  {kinds}")
    lines += [f"{'':36} {row['cpu_us']:8.0f}  {row['stage']}: {row['function']}" for row in found["functions"]]
    lines += [
        f"{'':36} {row['us']:8.0f}  {row['stage']}: {row['count']} x {row['statement']}" for row in found["statements"]
    ]
    return lines
