"""README and docs say what the code does: tables, names, links and commands."""

import ast
import re
from pathlib import Path

import click
import pytest
from prometheus_client.metrics import MetricWrapperBase

from connectors import answers, webhook
from connectors.answers import Answer
from hub import metrics
from hub.cli.main import hub
from hub.cli.serve import ROLES
from hub.settings import PREFIX, Settings
from schemas.signed_message import MAX_BODY_BYTES
from schemas.topics import DAY_MS, JOURNAL_PARTITIONS, KEEP, topics_for
from tests.house.sources import PACKAGES, ROOT
from tests.support.readme import marked_blocks, table

README = ROOT / "README.md"
ARCHITECTURE, MESSAGES, OPERATIONS = (ROOT / "docs" / f"{n}.md" for n in ("architecture", "messages", "operations"))
DOCUMENTS = [README, ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]


def told(cell: str) -> str:
    return cell.strip("`")


# The README


def test_the_table_of_settings_is_that_of_the_code() -> None:
    rows = {told(name): told(default) for name, default, _ in table(README, "## Settings")}
    assert set(rows) == {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    for name, field in Settings.model_fields.items():
        if field.default_factory is None and field.default is not None:
            assert rows[f"{PREFIX}{name.upper()}"] == str(field.default)


def code_in(file: Path) -> list[str]:
    """Every line of code that a document shows, in blocks and in sentences; continued lines are one."""
    text = file.read_text("utf-8").replace("\\\n", " ")
    blocks = re.findall(r"^```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    sentences = re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL))
    return [line for block in blocks for line in block.splitlines()] + sentences


# On its own, or in the container that has its settings.
COMMAND = re.compile(r"(?:^|\$\()(?:hub|docker compose run .*prepare) +([a-z-]+)(?: ([a-z]+))?")


def test_every_command_that_is_shown_exists() -> None:
    shown = [(file.name, *found) for file in DOCUMENTS for line in code_in(file) for found in COMMAND.findall(line)]
    assert {"up", "keys", "import", "verify"} <= {name for _, name, _ in shown}
    for where, name, below in shown:
        command = hub.commands.get(name)
        assert command is not None, f"{where}: hub {name}"
        if isinstance(command, click.Group) and below:
            assert below in command.list_commands(click.Context(command)), f"{where}: hub {name} {below}"


def test_every_make_target_that_is_shown_exists() -> None:
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    for file in DOCUMENTS:
        shown = re.findall(r"(?:^|`)make ([a-z]+)", file.read_text("utf-8"), re.MULTILINE)
        assert set(shown) <= set(targets), file.name


def test_the_first_notification_is_marked_to_be_run() -> None:
    assert "pkeyutl -sign" in "".join(marked_blocks(README))


@pytest.mark.parametrize("file", DOCUMENTS, ids=lambda file: file.name)
def test_links_lead_somewhere(file: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", file.read_text("utf-8")):
        assert "://" in target or (file.parent / target).exists(), target


def test_the_table_of_places_names_folders_that_exist() -> None:
    for _, where in table(README, "## Where things are"):
        assert (ROOT / re.findall(r"`([^`]+)`", where)[0]).is_dir()


# Architecture


def test_the_table_of_topics_is_that_of_the_code() -> None:
    code = [
        (
            f"`{topic.name}`",
            f"`{topic.shape}`",
            topic.key,
            str(topic.partitions),
            "for ever" if topic.retention_ms == KEEP else f"{topic.retention_ms // DAY_MS} days",
        )
        for topic in topics_for(["<operator>"], ["<provider>"], ["<platform>"])
    ]
    assert table(ARCHITECTURE, "## Topics") == code


NAME = re.compile(rf"`((?:{'|'.join(PACKAGES)})(?:\.\w+)+)`")


@pytest.mark.parametrize("name", sorted(set(NAME.findall(ARCHITECTURE.read_text("utf-8")))))
def test_every_name_on_the_way_of_a_message_exists(name: str) -> None:
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        place = ROOT.joinpath(*parts[:length])
        if place.is_dir() and length == len(parts):
            return
        if place.with_suffix(".py").is_file():
            body: list[ast.stmt] = ast.parse(place.with_suffix(".py").read_text("utf-8")).body
            for part in parts[length:]:
                found = [n for n in body if getattr(n, "name", None) == part]
                assert found, f"{place.name}.py has no {part}"
                body = getattr(found[0], "body", [])
            return
    pytest.fail(f"{name} is no module")


# Messages


def test_the_table_of_answers_is_that_of_the_doors() -> None:
    made: list[Answer] = [
        answers.accepted("m"),
        answers.duplicate("m"),
        answers.malformed(""),
        answers.unauthenticated("m"),
        answers.stale("m", 300),
        answers.scope_denied("m", ""),
        answers.id_reused("m"),
        answers.too_large(1),
        answers.schema_unknown("m", ""),
        answers.payload_invalid("m", ()),
        answers.too_many("m"),
        answers.busy("m"),
    ]
    code = {(str(answer.status), answer.code) for answer in made} | {("415", "unsupported_media_type")}
    assert {(status, told(name)) for status, name, *_ in table(MESSAGES, "## Answers")} == code
    public = {name for name, value in vars(answers).items() if getattr(value, "__module__", "") == answers.__name__}
    assert len(public - {"Answer", "as_json"}) == len(made), "an answer was added: add it here and to the table"


def test_the_limits_of_messages_are_those_of_the_doors() -> None:
    text = MESSAGES.read_text("utf-8")
    assert f"{MAX_BODY_BYTES:,} bytes" in text
    assert f"{webhook.MAX_BATCH:,} messages and {webhook.MAX_BATCH_BYTES // 2**20} MiB" in text
    fields = Settings.model_fields
    assert f"| {fields['http_window_seconds'].default} s either way |" in text
    assert f"| {fields['broker_window_seconds'].default // 86400} days |" in text


def test_the_headers_are_those_of_the_door() -> None:
    rows = {told(header): told(field) for field, header, _ in table(MESSAGES, "## The signed message")}
    assert {header: field for header, field in rows.items() if header.startswith("webhook-")} == webhook.HEADERS


# Operations


def test_the_table_of_processes_has_every_role() -> None:
    rows = {told(role): how for role, _, how in table(OPERATIONS, "## Processes")}
    assert set(rows) == set(ROLES)
    assert f"up to {JOURNAL_PARTITIONS}," in rows["worker"]


def test_the_metrics_that_are_named_exist() -> None:
    known = {metric._name for metric in vars(metrics).values() if isinstance(metric, MetricWrapperBase)}
    named = set(re.findall(r"`(hub_\w+)`", OPERATIONS.read_text("utf-8")))
    assert {name.removesuffix("_total") for name in named} == known


def test_the_sum_of_locks_is_right() -> None:
    text = " ".join(OPERATIONS.read_text("utf-8").split())
    batch, locks = int(Settings.model_fields["worker_batch"].default), 5
    assert f"full batch of {batch} takes about {batch * locks:,}" in text
    assert f"256 x 200 = {256 * 200:,}" in text
    assert f"twelve workers ({JOURNAL_PARTITIONS * batch * locks:,})" in text
