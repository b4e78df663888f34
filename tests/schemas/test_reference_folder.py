"""A folder of an administrator's tables: looked at, taken into use, given up again."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from hub import settings
from hub.cli.main import hub
from hub.errors import SettingsInvalid
from hub.rules.survivorship import rank
from schemas.cleaning import is_null
from schemas.device_codes import normalise_serial
from schemas.maker_names import oem_id
from schemas.reference import in_use, load
from schemas.reference.check import TableOfFolder, check
from schemas.reference.read import BadReferenceDataError
from schemas.vocabulary import ParticipantKind

ALIASES = "alias,oem_id,kind,valid_from,valid_to,mark,provenance\n"
BRIGHTMERE = f"{ALIASES}Brightmere Energy,brightmere,brand,,,proposed,own\n"
SHIPPED = Path(load.__file__).parent


@pytest.fixture(autouse=True)
def shipped_tables_again() -> Iterator[None]:
    yield
    in_use.use(None)


def test_the_shipped_tables_are_a_folder_that_can_be_used() -> None:
    found = {table.file: table for table in check(SHIPPED)}
    assert found["maker_aliases.csv"].adds and not found["nulls.csv"].adds


def test_a_folder_says_what_it_adds_and_what_it_stands_in_for(tmp_path: Path) -> None:
    (tmp_path / "maker_aliases.csv").write_text(BRIGHTMERE, "utf-8")
    (tmp_path / "nulls.csv").write_text("word,mark,provenance\nnowt,proposed,own\nowt,proposed,own\n", "utf-8")
    (tmp_path / "notes.txt").write_text("for us", "utf-8")
    assert check(tmp_path) == (TableOfFolder("maker_aliases.csv", True, 1), TableOfFolder("nulls.csv", False, 2))


def test_rules_follow_the_folder_in_use_and_forget_what_they_read_before(tmp_path: Path) -> None:
    assert (oem_id("Brightmere Energy"), oem_id("Tesla Inc"), is_null("nowt")) == ("brightmereenergy", "tesla", False)
    (tmp_path / "maker_aliases.csv").write_text(BRIGHTMERE, "utf-8")
    (tmp_path / "nulls.csv").write_text("word,mark,provenance\nnowt,proposed,own\n", "utf-8")
    in_use.use(tmp_path)
    assert (oem_id("Brightmere Energy"), oem_id("Tesla Inc"), is_null("nowt")) == ("brightmere", "tesla", True)
    assert normalise_serial("nowt").normal is None
    in_use.use(None)
    assert (oem_id("Brightmere Energy"), is_null("nowt")) == ("brightmereenergy", False)
    assert normalise_serial("nowt").normal == "NOWT"


def test_the_order_of_belief_follows_the_folder(tmp_path: Path) -> None:
    policy = (SHIPPED / "matching_policy.json").read_text("utf-8")
    believed = [rank("model", kind) for kind in (ParticipantKind.OEM, ParticipantKind.INSTALLER)]
    assert believed == sorted(believed)
    order = '"OEM",\n    "installer",\n    "platform"'
    assert order in policy
    swapped = policy.replace(order, '"installer",\n    "OEM",\n    "platform"', 1)
    (tmp_path / "matching_policy.json").write_text(swapped, "utf-8")
    in_use.use(tmp_path)
    assert rank("model", ParticipantKind.INSTALLER) < rank("model", ParticipantKind.OEM)


@pytest.mark.parametrize(
    ("file", "content", "words"),
    [
        ("nulls.csv", b"word,mark,provenance\nnowt,guessed,own\n", ("nulls.csv line 2", "column mark")),
        ("maker_aliases.csv", b"alias,oem_id\nOrb,orb\n", ("maker_aliases.csv line 1", "column kind is missing")),
        ("makers.csv", b"alias\n", ("makers.csv", "no reference table")),
        ("nulls.csv", b"word,mark,provenance\ncaf\xe9,proposed,own\n", ("nulls.csv", "UTF-8")),
        (
            "serial_shapes.csv",
            b"shape,form,pattern,mark,provenance\ndate,written,(,proposed,own\n",
            ("line 2", "pattern"),
        ),
        ("matching_policy.json", b"{", ("matching_policy.json line 1",)),
    ],
)
def test_a_process_does_not_start_with_a_table_that_cannot_be_used(
    tmp_path: Path, file: str, content: bytes, words: tuple[str, ...]
) -> None:
    (tmp_path / file).write_bytes(content)
    with pytest.raises(BadReferenceDataError) as refused:
        check(tmp_path)
    assert all(word in str(refused.value) for word in words)
    with pytest.raises(SettingsInvalid, match="HUB_REFERENCE") as stopped:
        settings.load(reference=tmp_path)
    assert str(refused.value) in str(stopped.value)
    assert in_use.folder() is None


def test_settings_take_the_folder_into_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_REFERENCE", str(tmp_path))
    assert settings.load().reference == in_use.folder() == tmp_path.resolve()
    monkeypatch.setenv("HUB_REFERENCE", str(tmp_path / "missing"))
    with pytest.raises(SettingsInvalid, match=r"HUB_REFERENCE.*is no folder"):
        settings.load()


def test_the_command_says_what_a_folder_does_or_where_it_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "maker_aliases.csv").write_text(BRIGHTMERE, "utf-8")
    well = CliRunner().invoke(hub, ["reference", "check", str(tmp_path)])
    assert well.exit_code == 0
    assert "maker_aliases.csv" in well.output and "adds" in well.output
    (tmp_path / "chargepoint_mapping.csv").write_text("list,word\n", "utf-8")
    wrong = CliRunner().invoke(hub, ["reference", "check", str(tmp_path)])
    assert wrong.exit_code == 1
    assert "chargepoint_mapping.csv line 1" in wrong.output
