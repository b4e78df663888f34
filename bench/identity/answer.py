"""What a matcher answered about a corpus: where each notification stands, and what it wants looked at."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson


@dataclass(frozen=True)
class Answer:
    """`assets` is the matcher's asset of each notification; `review` the notifications that wait for a person, each
    with the assets it may be one with; `decisions` counts each decision by its name."""

    assets: Mapping[str, str]
    review: Mapping[str, frozenset[str]]
    decisions: Mapping[str, int]


def of_groups(assets: Mapping[str, str]) -> Answer:
    """The answer of a matcher that only groups."""
    return Answer(assets, {}, {})


def read(path: Path) -> Answer:
    """The lines that `hub match` writes.

    Raises ValueError for a notification that comes twice.
    """
    assets: dict[str, str] = {}
    review: dict[str, frozenset[str]] = {}
    decisions: dict[str, int] = {}
    with path.open("rb") as file:
        for line in file:
            row: dict[str, Any] = orjson.loads(line)
            name = row["notification_id"]
            if name in assets:
                raise ValueError(f"{path}: notification {name} comes twice")
            assets[name] = str(row["asset_id"])
            decisions[row["decision"]] = decisions.get(row["decision"], 0) + 1
            if row["review_with"] and row["decision"] == "review":
                review[name] = frozenset(map(str, row["review_with"]))
    return Answer(assets, review, decisions)
