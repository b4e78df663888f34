"""`hub review`: what people are to decide, both sides of it, and their decisions, one by one or from a table."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from hub.cli import output, target
from hub.cli.asking import as_option, ask
from hub.rules.review_items import ReviewKind, ReviewState
from schemas.decisions import IdentityVerdict

COLUMNS = ("item_id", "if_match", "verdict", "newer", "import_mpan", "export_mpan", "reason")
KINDS, STATES, VERDICTS = ([code.value for code in codes] for codes in (ReviewKind, ReviewState, IdentityVerdict))
AT_ONCE = 500


@click.group()
def review() -> None:
    """What people are to decide: which devices are one, and which meter point a device is at."""


@review.command(name="list")
@click.option("--kind", type=click.Choice(KINDS), help="only questions of this kind")
@click.option("--state", type=click.Choice(STATES), default=ReviewState.OPEN.value, show_default=True)
@click.option("--older-than", type=click.IntRange(1), help="only those that were opened so many days ago or before")
@click.option("--operator", help="code of a network operator: only those in its area")
@click.option("--limit", type=click.IntRange(1, 1000), default=100, show_default=True)
@as_option
@target.target_options
@target.json_option
def list_(who: str, as_json: bool, url: str | None, key: Path | None, data: Path | None, **asked: Any) -> None:
    """Questions, the oldest first."""
    query = {name: str(value) for name, value in asked.items() if value is not None}
    if "older_than" in query:
        query["older_than_days"] = query.pop("older_than")
    found = ask(target.find(url, key, data, who), "GET", "/v1/reviews", query=query).content["reviews"]
    if as_json:
        output.object_line({"reviews": found})
        return
    rows = [(item["item_id"], item["opened_at"][:10], item["kind"], " ".join(item["reasons"])) for item in found]
    output.table(f"To decide: {len(rows)}", ("id", "since", "kind", "why"), rows)


@review.command()
@click.argument("item_id", type=click.UUID)
@as_option
@target.target_options
@target.json_option
def show(item_id: object, who: str, as_json: bool, url: str | None, key: Path | None, data: Path | None) -> None:
    """One question with both sides, and what to give as --if-match with a decision."""
    answer = ask(target.find(url, key, data, who), "GET", f"/v1/reviews/{item_id}")
    found = answer.content
    if as_json:
        output.object_line(found | {"etag": answer.etag})
        return
    for sentence in found["sentences"]:
        click.echo(sentence)
    fields = [*found["differs"], *found["told_once"], *found["agrees"]]
    sides = [side or {} for side in found["sides"]]
    rows = [(name, *(_field(side, name) for side in sides)) for name in ("asset_id", *fields)]
    output.table(f"{found['kind']}, {found['state']}", ("field", *("side" for _ in sides)), rows)
    click.echo(f"--if-match {answer.etag}")


@review.command()
@click.argument("item_id", type=click.UUID, required=False)
@click.option("--verdict", type=click.Choice(VERDICTS), help="what two assets are to each other")
@click.option("--newer", type=click.UUID, help="of a replacement: the asset id of the new device")
@click.option("--import-mpan", help="the meter point of one asset")
@click.option("--export-mpan", help="the same for export")
@click.option("--reason", help="why, in words")
@click.option("--if-match", help="what `hub review show` gave: the versions that you have seen")
@click.option("--file", type=click.Path(exists=True, path_type=Path), help=f"CSV with {', '.join(COLUMNS)}")
@click.option("--dry-run", is_flag=True, help="say what would be taken, and take nothing")
@as_option
@target.target_options
@target.json_option
def decide(
    file: Path | None,
    dry_run: bool,
    who: str,
    as_json: bool,
    url: str | None,
    key: Path | None,
    data: Path | None,
    **told: Any,
) -> None:
    """Decide one question, or all of a table. Exit 1 when one of them was not taken."""
    if (file is None) == (told["item_id"] is None):
        raise click.UsageError("give the id of one question, or --file with a table of several")
    decisions = list(_rows(file)) if file is not None else [{n: str(v) for n, v in told.items() if v is not None}]
    for number, decision in enumerate(decisions, 1):
        if "reason" not in decision:
            raise click.UsageError(f"decision {number} has no reason; say why in words")
    at, answers = target.find(url, key, data, who), []
    for start in range(0, len(decisions), AT_ONCE):
        sent = {"decisions": decisions[start : start + AT_ONCE], "dry_run": dry_run}
        answers += ask(at, "POST", "/v1/reviews/decisions", sent=sent).content["answers"]
    not_taken = [answer for answer in answers if answer["status"] != 202]
    if as_json:
        output.object_line({"taken": len(answers) - len(not_taken), "answers": answers})
    else:
        rows = [(a["item_id"], a["code"], a.get("detail") or a.get("message_id") or "") for a in answers]
        output.table("Would be taken" if dry_run else "Decided", ("id", "", "what to do, or the message"), rows)
    raise SystemExit(1 if not_taken else 0)


def _rows(file: Path) -> Iterator[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as lines:
        reader = csv.DictReader(lines)
        missing = [name for name in ("item_id", "if_match", "reason") if name not in (reader.fieldnames or ())]
        if missing:
            raise click.UsageError(f"{file.name} has no column {missing[0]}; it wants {', '.join(COLUMNS)}")
        for row in reader:
            yield {name: row[name].strip() for name in COLUMNS if (row.get(name) or "").strip()}


def _field(side: dict[str, Any], name: str) -> object:
    value: Any = side
    for part in name.split("."):
        value = value.get(part, "-") if isinstance(value, dict) else "-"
    return value
