"""`hub match`: the identity rules over a file, offline."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import orjson
from pydantic import ValidationError

from hub.cli.progress import to_stderr
from hub.rules.matching import policy
from hub.services.offline_matching import Matched, Matching
from schemas.flat_notification import FlatNotification
from schemas.vocabulary import DedupeOutcome

SHOWN = 10
"""Lines and fields that cannot be read are named up to here, and counted from there on."""
STEP = 5_000

_DECISIONS = {
    DedupeOutcome.NEW: "new",
    DedupeOutcome.EXACT_DUPLICATE: "merged",
    DedupeOutcome.PROBABLE_DUPLICATE: "probable",
    DedupeOutcome.NEEDS_REVIEW: "review",
    DedupeOutcome.CONFLICT: "review",
    DedupeOutcome.REPLACEMENT: "related",
    DedupeOutcome.RELATED_NOT_SAME: "related",
}


@dataclass
class _Trouble:
    """What could not be read, in words; a line that is left out gets no result."""

    left_out: int = 0
    told: int = 0

    def say(self, sentence: str) -> None:
        self.told += 1
        if self.told <= SHOWN:
            to_stderr(sentence)

    def sum_up(self) -> None:
        if self.told > SHOWN:
            to_stderr(f"and {self.told - SHOWN} more of the kind")
        if self.left_out:
            to_stderr(f"{self.left_out} lines have no result; mend them and run again")


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="JSON lines, one for each")
def match(file: Path, out: Path) -> None:
    """Which notifications of FILE (flat JSON lines, in the order of arrival) tell of one device.

    A field that cannot be read counts as absent and is named; a line without a notification_id is left out.
    """
    matching = Matching(policy.shipped())
    taken = 0
    notifications, left_out = read(file)
    for notification in notifications:
        matching.take(notification)
        taken += 1
        if taken % STEP == 0:
            to_stderr(f"{taken:,} notifications matched")
    with out.open("wb") as written:
        for matched in matching.results():
            written.write(orjson.dumps(_row(matched)) + b"\n")
    to_stderr(f"{taken:,} notifications matched, written to {out}")
    if left_out:
        raise click.exceptions.Exit(1)


def read(file: Path) -> tuple[list[FlatNotification], int]:
    """The notifications of a file and how many lines have no result; what cannot be read is named."""
    trouble = _Trouble()
    found = list(_read(file, trouble))
    trouble.sum_up()
    return found, trouble.left_out


def _read(file: Path, trouble: _Trouble) -> Iterator[FlatNotification]:
    with file.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            found = _notification(number, line, trouble)
            if found is None:
                trouble.left_out += 1
            else:
                yield found


def _notification(number: int, line: bytes, trouble: _Trouble) -> FlatNotification | None:
    try:
        fields: Any = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        trouble.say(f"line {number}: not JSON ({error.msg} at character {error.pos})")
        return None
    if not isinstance(fields, dict) or not fields.get("notification_id"):
        trouble.say(f"line {number}, notification_id: give each notification one, in a JSON object")
        return None
    try:
        return FlatNotification.model_validate(fields)
    except ValidationError as error:
        wrong = {str(e["loc"][0]): e["msg"] for e in error.errors(include_url=False, include_input=False)}
    if "notification_id" in wrong:
        trouble.say(f"line {number}, notification_id: must be a text of at least one character")
        return None
    for name, why in wrong.items():
        trouble.say(f"line {number}, {name}: {why}; the field counts as absent")
    return FlatNotification.model_validate({n: v for n, v in fields.items() if n not in wrong})


def _row(matched: Matched) -> dict[str, Any]:
    judgement = matched.judgement
    decision = _DECISIONS[judgement.outcome]
    return {
        "notification_id": matched.notification_id,
        "asset_id": str(matched.asset_id),
        "decision": decision,
        "review_with": [str(other) for other in judgement.others] if decision == "review" else [],
        "reasons": list(judgement.reasons),
    }
