"""The samples that the project carries: every row is accounted for, and every message is admitted."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest

import hub.cli.importing
from connectors.admission import Admitted, Arrival, check
from hub import clock
from hub.cli.importing import chargepoints, ecr, sending
from hub.cli.importing.results import OUTSIDE_GB, Part, Refused
from hub.cli.importing.sending import Kind
from schemas import avro
from schemas.vocabulary import Door
from simulators.messages import Outgoing, content_id
from tests.simulators.town import IDENTITIES, directory

SAMPLES = Path(hub.cli.importing.__file__).parent / "samples"
FILES: dict[Kind, Path] = {
    "ecr": SAMPLES / "ecr_sample.csv",
    "chargepoints": SAMPLES / "chargepoints_sample.csv",
}
KINDS = pytest.mark.parametrize("kind", FILES)


def parts(kind: Kind) -> list[Part]:
    return [r for r in sending.results_of(kind, FILES[kind]) if isinstance(r, Part)]


@KINDS
def test_every_row_becomes_something(kind: Kind) -> None:
    lines = FILES[kind].read_text("utf-8").count("\n") - 1
    rows = [result.row for result in sending.results_of(kind, FILES[kind])]
    assert sorted(set(rows)) == list(range(1, lines + 1))
    assert lines >= 50


@KINDS
def test_every_message_is_admitted_at_the_door(kind: Kind) -> None:
    who = IDENTITIES[sending.sender_of(kind)]
    for part in parts(kind):
        content = avro.encode(part.notification)
        signed = Outgoing(content_id(kind, content), content).seal(who)
        found = check(Arrival(signed, clock.now()), Door.PLATFORM, directory(), 300)
        assert isinstance(found, Admitted), (part.row, found)


@KINDS
def test_messages_and_references_are_the_same_in_any_order_of_rows(kind: Kind) -> None:
    module = ecr if kind == "ecr" else chargepoints
    rows = module.read(FILES[kind])
    shuffled = Random(5).sample(rows, len(rows))
    assert rows != shuffled
    before = {avro.encode(p.notification) for p in parts(kind)}
    assert {avro.encode(r.notification) for r in module.map_rows(shuffled) if isinstance(r, Part)} == before


@KINDS
def test_every_asset_has_a_reference_of_its_own(kind: Kind) -> None:
    names = Counter(part.notification.sender_asset_ref for part in parts(kind))
    assert max(names.values()) == 1


@KINDS
def test_nothing_is_dated_by_the_day_of_the_import(kind: Kind) -> None:
    assert max(part.notification.occurred_at for part in parts(kind)) < datetime(2023, 1, 1, tzinfo=UTC)


def test_the_capacity_register_sample_has_each_kind_of_row() -> None:
    rows = ecr.read(FILES["ecr"])
    found = ecr.map_rows(rows)
    notes = {note for r in found if isinstance(r, Part) for note in r.notes}
    for said in ("not stated", "contradict", "Last Updated is no date", "yet with a Date Connected"):
        assert any(said in note for note in notes), said
    assert max(Counter(r.row for r in found).values()) == 2
    assert any(row.cells["export_mpan"] == "Data not available" for row in rows)


def test_northern_irish_chargepoints_are_told_so() -> None:
    found = sending.results_of("chargepoints", FILES["chargepoints"])
    told = [r for r in found if isinstance(r, Refused) and r.reason == OUTSIDE_GB]
    northern = [r for r in chargepoints.read(FILES["chargepoints"]) if (r.text("postcode") or "").startswith("BT")]
    assert len(northern) > 3
    assert {r.row for r in told} == {row.number for row in northern}


def test_credit_is_given() -> None:
    credit = (SAMPLES / "CREDITS.md").read_text("utf-8")
    for said in (
        "UK Power Networks",
        "CC BY 4.0",
        "Office for Zero Emission Vehicles",
        "Open Government Licence v3.0",
    ):
        assert said in credit
