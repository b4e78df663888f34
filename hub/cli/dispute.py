"""`hub dispute`: say that something in the register is wrong, and see what becomes of it."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
import orjson

from hub.cli import output, target
from hub.cli.asking import ask
from hub.cli.target import Target
from schemas.dispute_codes import DisputeOutcome, DisputeStatus, DisputeStep, DisputeSubject

PATH = "/v1/disputes"


participant_option = click.option(
    "--participant", default="admin", show_default=True, help="development identity to speak as"
)
evidence_option = click.option(
    "--evidence",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="a document: its path and its SHA-256 are told, never its content",
)


def common(command: Any) -> Any:
    """Who speaks, and to which hub."""
    return participant_option(target.target_options(command))


@click.group()
def dispute() -> None:
    """Disputes about what the register holds."""


@dispute.command(name="raise")
@click.option("--asset", help="the asset, by its id")
@click.option("--reference", help="or by your own reference")
@click.option("--subject", type=click.Choice(list(DisputeSubject)), default=DisputeSubject.WRONG_FIELDS.value)
@click.option("--field", "fields", multiple=True, help="NAME or NAME=WHAT-IS-RIGHT, such as rated_capacity_kw=3.68")
@click.option("--reason", required=True, help="what is wrong, in words")
@evidence_option
@common
def raise_(
    asset: str | None,
    reference: str | None,
    subject: str,
    fields: tuple[str, ...],
    reason: str,
    evidence: tuple[Path, ...],
    participant: str,
    url: str | None,
    key: Path | None,
    data: Path | None,
) -> None:
    """Say that something about an asset is wrong."""
    told = {
        "asset_id": asset,
        "own_reference": reference,
        "subject": subject,
        "fields": [_field(text) for text in fields],
        "reason": reason,
        "evidence": [_evidence(file) for file in evidence],
    }
    _say(target.find(url, key, data, participant), PATH, told)


@dispute.command()
@click.argument("dispute_id", type=click.UUID)
@click.option("--step", type=click.Choice(list(DisputeStep)), required=True)
@click.option("--text", help="a statement, or a remark")
@evidence_option
@common
def answer(
    dispute_id: object,
    step: str,
    text: str | None,
    evidence: tuple[Path, ...],
    participant: str,
    url: str | None,
    key: Path | None,
    data: Path | None,
) -> None:
    """Acknowledge a dispute, look into it, state something or give evidence."""
    at = target.find(url, key, data, participant)
    told = {"step": step, "text": text, "evidence": [_evidence(file) for file in evidence]}
    _add(at, dispute_id, told)


@dispute.command()
@click.argument("dispute_id", type=click.UUID)
@click.option("--outcome", type=click.Choice(list(DisputeOutcome)), required=True)
@click.option("--reason", required=True, help="why, in words")
@click.option("--corrected", "corrected", multiple=True, help="name of a field that is corrected by now")
@click.option("--correction", type=click.Path(exists=True, path_type=Path), help="JSON file with your own word for it")
@common
def close(
    dispute_id: object,
    outcome: str,
    reason: str,
    corrected: tuple[str, ...],
    correction: Path | None,
    participant: str,
    url: str | None,
    key: Path | None,
    data: Path | None,
) -> None:
    """Close a dispute; who raised it withdraws it with NO_ACTION_REQUIRED."""
    at = target.find(url, key, data, participant)
    told = {
        "outcome": outcome,
        "reason": reason,
        "corrected_fields": list(corrected),
        "correction": _correction(correction) if correction is not None else None,
    }
    _add(at, dispute_id, told)


@dispute.command()
@click.argument("dispute_id", type=click.UUID)
@common
def show(dispute_id: object, participant: str, url: str | None, key: Path | None, data: Path | None) -> None:
    """One dispute as you may see it, step by step."""
    found = ask(target.find(url, key, data, participant), "GET", f"{PATH}/{dispute_id}")
    click.echo(orjson.dumps(found.content, option=orjson.OPT_INDENT_2).decode())


@dispute.command(name="list")
@click.option("--status", type=click.Choice(list(DisputeStatus)), help="only those that stand so")
@click.option("--overdue", is_flag=True, help="only those of which a deadline has passed")
@target.json_option
@common
def list_(
    status: str | None,
    overdue: bool,
    as_json: bool,
    participant: str,
    url: str | None,
    key: Path | None,
    data: Path | None,
) -> None:
    """The disputes of which you are a party; the administrator sees all."""
    wanted = {"limit": "1000"} | ({"status": status} if status else {}) | ({"overdue": "true"} if overdue else {})
    found = _all(target.find(url, key, data, participant), wanted)
    if as_json:
        output.object_line({"disputes": found})
        return
    columns = ("id", "status", "subject", "acknowledge by", "decide by", "late")
    shown = [
        (d["dispute_id"], d["status"], d["subject"], d["acknowledge_by"], d["decide_by"], ", ".join(d["overdue"]))
        for d in found
    ]
    output.table(f"Disputes: {len(found)}", columns, shown)


def _add(at: Target, dispute_id: object, told: Mapping[str, Any]) -> None:
    """Adds a step to a ticket as it is now."""
    present = ask(at, "GET", f"{PATH}/{dispute_id}")
    _say(at, f"{PATH}/{dispute_id}/steps", told, present.etag)


def _say(at: Target, path: str, told: Mapping[str, Any], seen: str | None = None) -> None:
    said = {name: value for name, value in told.items() if value not in (None, [])}
    output.object_line(ask(at, "POST", path, sent=said, seen=seen).content)


def _all(at: Target, wanted: Mapping[str, str]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        page = ask(at, "GET", PATH, query={**wanted, **cursor}).content
        found += page["disputes"]
        if page["next_cursor"] is None:
            return found
        cursor = {"cursor": page["next_cursor"]}


def _field(text: str) -> dict[str, str]:
    name, is_there, right = text.partition("=")
    return {"field": name, "right_value": right} if is_there else {"field": name}


def _evidence(file: Path) -> dict[str, str]:
    return {"reference": str(file), "sha256": hashlib.sha256(file.read_bytes()).hexdigest()}


def _correction(file: Path) -> Any:
    try:
        return orjson.loads(file.read_bytes())
    except orjson.JSONDecodeError as error:
        raise click.UsageError(f"{file} is no JSON: {error.msg}") from None
