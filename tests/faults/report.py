"""`python -m tests.faults.report OUTCOMES`: writes docs/reliability.md from what `make faults` has left behind."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.faults.catalogue import FAULTS, Fault
from tests.house.sources import ROOT

PAGE = ROOT / "docs" / "reliability.md"
MOST_TRIES = 8
INTRODUCTION = """\
# Reliability: what was done to the hub, and what came of it

Written by `python -m tests.faults.report` from the outcomes of `make faults`; do not edit it by hand. Each fault has a
short form, which is part of every `make test`, and a long one.

What is held against each other after a fault (`tests/faults/checker.py`): every acknowledged message has a final
receipt; no message, event or version is there twice; versions follow one another; every feed runs from 1 without a gap
and its topic agrees with it; the audit log's chain is whole; each asset's state, and who tells of it, equals that of
the same messages registered one after the other with nothing happening to them.
"""
AGAIN = """
## To try it again

```sh
make faults                                        # everything, 500,000 messages under kills
make faults ARGS="--messages 50000 --seed 7"       # less of it, other faults at other moments
make faults ARGS="tests/faults/test_kills.py"      # one fault; its outcome takes the place of the older one
.venv/bin/python -m tests.faults.report build/faults.json
```

The same seed gives the same messages and the same order of faults. When a fault meets which batch is the machine's
chance.
"""
Outcome = dict[str, Any]


def page(outcomes: Sequence[Outcome]) -> str:
    """The whole document."""
    by_fault = {fault.name: [o for o in outcomes if o["fault"] == fault.name] for fault in FAULTS}
    lines = [INTRODUCTION, "## Outcomes", "", *_table(by_fault), "", "## What was tried", ""]
    for fault in FAULTS:
        lines += _details(fault, by_fault[fault.name])
    return "\n".join(lines).rstrip() + "\n" + AGAIN


def _table(by_fault: dict[str, list[Outcome]]) -> list[str]:
    lines = [
        "| fault | form | tries | acknowledged | lost | repeated | otherwise | seconds | outcome |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for fault in FAULTS:
        for form in ("short", "long", "both"):
            if found := [o for o in by_fault[fault.name] if o["form"] == form]:
                lines.append(_row(fault, form, found))
        if not by_fault[fault.name]:
            lines.append(f"| {fault.title} | | | | | | | | not tried in this run |")
    return lines


def _row(fault: Fault, form: str, found: Sequence[Outcome]) -> str:
    tries = sum(sum(o["tries"].values()) for o in found)
    sums = [sum(o[name] for o in found) for name in ("acknowledged", "lost", "repeated", "otherwise")]
    failed = [o for o in found if o["outcome"] != "passed"]
    ended = f"{len(failed)} of {len(found)} failed" if failed else "held"
    seconds = sum(o["seconds"] for o in found)
    numbers = " | ".join(f"{number:,}" for number in sums)
    return f"| {fault.title} | {form} | {tries:,} | {numbers} | {seconds:,.0f} | {ended} |"


def _details(fault: Fault, found: Sequence[Outcome]) -> list[str]:
    lines = [f"### {fault.title.capitalize()}", "", f"{fault.happens}. What must hold: {fault.holds}.", ""]
    for outcome in found:
        test = outcome["test"].rpartition("::")[2].removeprefix("test_").replace("_", " ")
        tries = sorted(outcome["tries"].items())
        told = ", ".join(f"{what} ({count})" for what, count in tries[:MOST_TRIES])
        more = f", and {len(tries) - MOST_TRIES} kinds more" if len(tries) > MOST_TRIES else ""
        lines.append(f"- {test} ({outcome['form']}, seed {outcome['seed']}): {told}{more}.")
        lines += [f"  - {sentence}" for sentence in (*outcome["notes"], *outcome["problems"])]
    return [*lines, ""] if found else lines


def main(outcomes: Path) -> None:
    PAGE.write_text(page(json.loads(outcomes.read_text())))
    print(f"{PAGE.relative_to(ROOT)} is written.")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
