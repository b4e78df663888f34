"""The labelled corpus: the contract's fields, the same bytes for a seed, its tables' rates, no truth in it."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import asdict, fields
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path

import pytest
from click.testing import CliRunner

from hub.cli.simulate import simulate
from schemas import flat_notification
from schemas.identifiers import canonical_postcode, canonical_uprn, normalise_serial, parse_mpan
from schemas.reference.read import BadReferenceDataError
from schemas.vocabulary import AssetCategory
from simulators.corpus import catalogue, rates
from simulators.corpus.generate import END, generate
from simulators.corpus.record import FlatNotification, Truth, read_notifications, read_truth

SEED = 5
MANY = 12_000
CORPUS = generate(SEED, MANY)
TOLD = [notification for notification, _ in CORPUS]
TRUTH = [truth for _, truth in CORPUS]

CONTRACT = [
    *("notification_id", "source_kind", "sender", "sender_asset_ref", "occurred_at", "manufacturer", "model"),
    *("serial_number", "category", "capacity_kw", "storage_kwh", "phases", "import_mpan", "export_mpan", "uprn"),
    *("address_line", "postcode", "commissioning_date", "ocpp_identity", "mac", "vin"),
]


def tagged(*tags: str) -> Iterator[tuple[FlatNotification, Truth]]:
    return ((n, t) for n, t in CORPUS if set(tags) <= set(t.phenomena))


def by_asset() -> dict[str, list[tuple[FlatNotification, Truth]]]:
    found = defaultdict(list)
    for notification, truth in CORPUS:
        found[truth.asset].append((notification, truth))
    return found


def test_a_notification_has_the_fields_of_the_contract_and_no_others() -> None:
    assert [field.name for field in fields(FlatNotification)] == list(flat_notification.FlatNotification.model_fields)
    assert [field.name for field in fields(FlatNotification)] == CONTRACT
    assert {n.source_kind for n in TOLD} == {"installer", "oem", "platform", "dno", "fsp"}
    assert {n.category for n in TOLD} - {None} <= set(AssetCategory)


def test_every_field_but_the_first_is_missing_somewhere_or_always_known_to_the_sender() -> None:
    always = {"notification_id", "source_kind", "sender", "sender_asset_ref", "occurred_at"}
    given_somewhere = {name for n in TOLD for name, value in asdict(n).items() if value is not None}
    missing_somewhere = {name for n in TOLD for name, value in asdict(n).items() if value is None}
    assert given_somewhere == set(CONTRACT)
    assert missing_somewhere == set(CONTRACT) - always


def test_a_seed_gives_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    def files(seed: int, name: str) -> tuple[bytes, bytes]:
        out, truth = tmp_path / f"{name}.jsonl", tmp_path / f"{name}.truth.jsonl"
        options = ["corpus", "--seed", str(seed), "--notifications", "700", "--out", str(out), "--truth", str(truth)]
        done = CliRunner().invoke(simulate, options)
        assert done.exit_code == 0, done.output
        assert len(read_notifications(out)) == len(read_truth(truth)) == 700
        return out.read_bytes(), truth.read_bytes()

    assert files(1, "one") == files(1, "again") != files(2, "two")


def test_truth_is_complete_and_of_so_many_assets() -> None:
    assert len(CORPUS) == MANY
    assert [n.notification_id for n in TOLD] == [t.notification_id for t in TRUTH]
    assert [n.sender for n in TOLD] == [t.sender for t in TRUTH]
    assert len({t.notification_id for t in TRUTH}) == MANY
    assert len({t.asset for t in TRUTH}) / MANY == pytest.approx(7300 / 20_000, abs=0.03)


def test_nothing_readable_tells_the_truth() -> None:
    secrets = {value for t in TRUTH for value in (t.asset, t.home)}
    written = {str(value) for n in TOLD for value in asdict(n).values()}
    assert not secrets & written
    for names in ([n.notification_id for n in TOLD], [n.sender_asset_ref or "" for n in TOLD]):
        # Sorted by what they begin with, neighbours are of one asset by chance only, or by the same name.
        ordered = sorted(zip(names, (t.asset for t in TRUTH), strict=True))
        same = [asset == other for (name, asset), (next_name, other) in pairwise(ordered) if name != next_name]
        assert sum(same) / len(same) < 0.005


def test_a_sender_calls_an_asset_by_one_reference_save_for_some_that_are_sent_again() -> None:
    references = defaultdict(set)
    for n, t in CORPUS:
        if "resend_new_reference" not in t.phenomena:
            references[(n.sender, t.asset)].add(n.sender_asset_ref)
    assert {len(found) for found in references.values()} == {1}
    of = {(n.sender, n.sender_asset_ref): t.asset for n, t in CORPUS}
    assert all(of[(n.sender, n.sender_asset_ref)] == t.asset for n, t in CORPUS)


def test_notifications_lie_in_the_past_and_none_is_told_before_it_happened() -> None:
    moments = [datetime.fromisoformat(n.occurred_at or "") for n in TOLD]
    assert max(moments) < END < datetime(2026, 11, 2, tzinfo=UTC)
    assert all(date.fromisoformat(n.commissioning_date) for n in TOLD if n.commissioning_date)


def test_identifiers_are_right_where_no_slip_is_noted() -> None:
    slips = {"mpan_swapped", "mpan_typo", "mpan_rounded"}
    for n, t in CORPUS:
        if not slips & set(t.phenomena):
            assert all(parse_mpan(m).core for m in (n.import_mpan, n.export_mpan) if m), t
        assert n.uprn is None or canonical_uprn(n.uprn).value
        assert n.postcode is None or canonical_postcode(n.postcode).canonical
        assert n.vin is None or "vin_typo" in t.phenomena or len(n.vin) == 17


def test_every_slip_and_every_phenomenon_of_the_tables_happens() -> None:
    seen = {tag for t in TRUTH for tag in t.phenomena}
    world = {
        *("campaign", "estate", "flat", "landlord_supply", "new_plot", "twin", "hybrid", "replacement", "move"),
        *("restated", "re_registered", "resend", "resend_new_reference", "vehicle_and_chargepoint"),
        *("vehicle_elsewhere", "solar_and_battery", "serial_missing", "serial_typed_twice", "mpan_missing"),
        *("place_unknown", "postcode_only"),
    }
    assert {slip for _, slip in rates.load().slips} | world <= seen


@pytest.mark.parametrize(
    ("style", "kind", "field"),
    [
        ("installer", "installer", "address_line"),
        ("installer", "installer", "import_mpan"),
        ("oem", "oem", "manufacturer"),
        ("dno", "dno", "import_mpan"),
        ("dno", "dno", "manufacturer"),
        ("dno", "dno", "capacity_kw"),
        ("market", "fsp", "import_mpan"),
        ("market", "fsp", "model"),
    ],
)
def test_sources_know_what_the_table_says(style: str, kind: str, field: str) -> None:
    told = [getattr(n, field) is not None for n, t in CORPUS if n.source_kind == kind and "restated" not in t.phenomena]
    assert sum(told) / len(told) == pytest.approx(rates.load().knows[(style, field)], abs=0.04)


def test_world_rates_hold() -> None:
    world, assets = rates.load().world, by_asset()
    firsts = [told[0][1] for told in assets.values()]

    def share(tag: str) -> float:
        return sum(tag in truth.phenomena for truth in firsts) / len(firsts)

    assert share("estate") == pytest.approx(world["estate_assets"], abs=0.015)
    assert share("move") == pytest.approx(world["move"], abs=0.01)
    assert share("replacement") == pytest.approx(2 * world["replacement"], abs=0.015)
    assert sum("resend" in t.phenomena for t in TRUTH) / MANY == pytest.approx(
        world["resend"] / (1 + world["resend"]), abs=0.015
    )


def test_twins_are_two_assets_of_one_category_at_one_home_on_one_day() -> None:
    assets, days = defaultdict(set), defaultdict(set)
    for n, t in tagged("twin"):
        if not {"replacement", "move", "restated_line"} & set(t.phenomena):
            assets[(t.home, t.category)].add(t.asset)
            if not {"date_off", "date_wrong", "date_missing"} & set(t.phenomena):
                days[(t.home, t.category)].add(n.commissioning_date)
    assert assets
    assert sum(len(found) > 1 for found in assets.values()) > 0.8 * len(assets)
    assert sum(len(found) == 1 for found in days.values()) > 0.9 * len(days)


def test_a_hybrid_box_is_two_assets_with_one_serial() -> None:
    boxes = defaultdict(set)
    for n, t in tagged("hybrid"):
        if n.source_kind == "oem":
            boxes[(t.home, normalise_serial(n.serial_number).normal)].add((t.category, t.asset))
    both = [found for found in boxes.values() if {category for category, _ in found} == {"SOLAR_PV", "BESS"}]
    assert len(both) > 5
    assert all(len({asset for _, asset in found}) == 2 for found in both)


def test_an_estate_is_about_fifty_heat_pumps_at_one_postcode_with_serials_in_a_row() -> None:
    assets, categories, postcodes, serials = (defaultdict[str, set[str | None]](set) for _ in range(4))
    for n, t in tagged("estate"):
        estate = t.estate or ""
        if "replacement" in t.phenomena:
            continue
        assets[estate].add(t.asset)
        categories[estate].add(t.category)
        if not {"postcode_typo", "address_office"} & set(t.phenomena):
            postcodes[estate].add(canonical_postcode(n.postcode).canonical)
        if n.source_kind == "oem" and "serial_typo" not in t.phenomena:
            serials[estate].add(normalise_serial(n.serial_number).normal)
    assert max(map(len, assets.values())) > 30
    for estate, found in assets.items():
        assert len(found) <= rates.load().count("estate_homes")
        assert categories[estate] == {"HEAT_PUMP"}
        assert len(postcodes[estate] - {None}) == 1
    rows = [sorted(found - {None}, key=str) for found in serials.values()]
    neighbours = [(one, other) for row in rows for one, other in pairwise(row)]
    assert neighbours
    assert sum(_distance(str(one), str(other)) <= 2 for one, other in neighbours) > 0.9 * len(neighbours)


def _distance(one: str, other: str) -> int:
    return sum(a != b for a, b in zip(one, other, strict=False))


def test_a_moved_device_keeps_its_serial_at_two_homes_and_a_replacement_gets_another() -> None:
    moved = [told for told in by_asset().values() if len({t.home for _, t in told}) > 1]
    assert moved
    assert all("move" in t.phenomena for told in moved for _, t in told)
    replaced = defaultdict(set)
    for n, t in tagged("replacement"):
        if n.source_kind == "oem" and not {"twin", "serial_typo"} & set(t.phenomena) and n.serial_number:
            replaced[(t.home, t.category)].add((t.asset, normalise_serial(n.serial_number).normal))
    both = [found for found in replaced.values() if len({asset for asset, _ in found}) == 2]
    assert both
    assert all(len({serial for _, serial in found}) >= 2 for found in both)


def test_a_vehicle_is_told_by_its_vin_and_never_by_a_serial() -> None:
    vehicles = [n for n, t in CORPUS if t.category == "ELECTRIC_VEHICLE"]
    assert vehicles
    assert all(n.serial_number is None for n in vehicles)
    assert {n.source_kind for n in vehicles} <= {"oem", "fsp", "platform"}
    assert all(n.vin is None for n, t in CORPUS if t.category != "ELECTRIC_VEHICLE")


def test_streets_are_crowded_and_adoption_is_clustered() -> None:
    homes = defaultdict(set)
    for n, t in CORPUS:
        code = canonical_postcode(n.postcode).canonical
        if code and not set(t.phenomena) & {"postcode_typo", "address_office", "vehicle_elsewhere", "estate"}:
            homes[code].add(t.home)
    sizes = Counter(len(found) for found in homes.values())
    assert sum(size * times for size, times in sizes.items()) / sum(sizes.values()) > 5
    assert sum("campaign" in t.phenomena for t in TRUTH) / MANY > 0.2


def test_a_chance_above_one_is_refused_by_line_and_column(tmp_path: Path) -> None:
    (tmp_path / "slips.csv").write_text(
        "slip,installer,oem,dno,certificates,market,restated,mark,provenance\n"
        "serial_typo,1.2,0,0,0,0,0,proposed,[proposed]\n"
    )
    for name in ("world.csv", "knows.csv", "tellers.csv"):
        (tmp_path / name).write_text((rates.REFERENCE / name).read_text())
    with pytest.raises(BadReferenceDataError, match=r"slips\.csv line 2, column installer: must be between 0 and 1"):
        rates.load(tmp_path)


def test_every_row_of_the_tables_keeps_its_mark_and_provenance() -> None:
    tables = sorted(rates.REFERENCE.glob("*.csv"))
    readme = (rates.REFERENCE / "README.md").read_text()
    assert len(tables) == 7
    for table in tables:
        assert f"`{table.name}`" in readme
        header, *lines = table.read_text().splitlines()
        assert header.endswith(",mark,provenance")
        assert all("[" in line for line in lines)


def test_makers_models_and_bundles_fit_together() -> None:
    assert {m.maker for found in catalogue.models().values() for m in found} == set(catalogue.makers())
    assert {c for bundle in catalogue.bundles() for c in bundle.categories} == set(catalogue.models())
    assert {category for _, category in rates.load().tellers} == set(catalogue.models())
