"""The reference tables as shipped, and what happens to a table that cannot be used."""

import csv
from importlib import resources
from pathlib import Path

import pytest

from schemas.reference import load
from schemas.reference.read import BadReferenceDataError
from schemas.vocabulary import AssetCategory, ConsentStatus, Direction, MpanResolution

SHIPPED = resources.files("schemas.reference")


def shipped(file: str) -> str:
    return SHIPPED.joinpath(file).read_text(encoding="utf-8")


def test_every_table_keeps_the_provenance_of_every_row() -> None:
    tables = [entry.name for entry in SHIPPED.iterdir() if entry.name.endswith(".csv")]
    assert len(tables) >= 16
    for table in tables:
        for row in csv.DictReader(shipped(table).splitlines()):
            assert row["provenance"].strip(), table


def test_the_readme_names_every_file_that_is_shipped() -> None:
    readme = shipped("README.md")
    for entry in SHIPPED.iterdir():
        if entry.name.endswith((".csv", ".json")):
            assert f"`{entry.name}`" in readme
    assert "Elexon Ltd" in readme and "CC BY 4.0" in readme


def test_fourteen_network_areas_lead_from_prefix_to_group_and_back() -> None:
    areas = {d.distributor_id: d for d in load.distributors().values() if d.kind == "DNO"}
    assert set(areas) == {str(number) for number in range(10, 24)}
    for group in load.gsp_groups().values():
        assert areas[group.host_distributor_id].gsp_group == group.gsp_group_id
        assert areas[group.host_distributor_id].operator_code == group.dno_code
    assert len(load.gsp_groups()) == 14


def test_an_independent_operator_without_an_fmar_code_is_named_by_its_mpid() -> None:
    assert load.distributors()["25"].operator_code == "IDNO_ESP"
    assert load.distributors()["28"].operator_code == "IDNO_EDFI"


def test_operator_codes_tell_operators_apart() -> None:
    codes = [distributor.operator_code for distributor in load.distributors().values()]
    assert len(set(codes)) == len(codes)


def test_the_shipped_lists_and_the_vocabulary_agree() -> None:
    assert set(load.asset_categories()) == set(AssetCategory)
    assert set(load.statuses("mpan_resolution")) == set(MpanResolution)
    assert set(load.statuses("consent_status")) == set(ConsentStatus)
    assert {fit.direction for fit in load.product_fits()} <= set(Direction)


def test_every_asset_category_is_generation_demand_storage_or_both() -> None:
    assert {category.kind for category in load.asset_categories().values()} <= set(load.KINDS)
    assert load.asset_categories()["HYBRID_INVERTER"].kind == "generation"


def test_the_stacking_table_has_each_pair_of_its_22_services_once() -> None:
    pairs = load.stacking_pairs()
    services = {service for pair in pairs for service in pair}
    assert len(services) == 22
    assert len(pairs) == 22 * 21 // 2
    assert sum(pair.firmness == "firm" for pair in pairs.values()) == 49


def test_every_live_product_in_scope_has_a_fit_and_nothing_else_has() -> None:
    live = {product.code for product in load.products().values() if product.live_in_scope}
    assert {fit.product_code for fit in load.product_fits()} == live


def test_fits_name_categories_and_areas_that_exist_and_buyers_that_buy() -> None:
    for fit in load.product_fits():
        assert fit.categories <= set(load.asset_categories())
        assert fit.areas <= {"GB", *load.distributors()}
        assert fit.procurer in load.products()[fit.product_code].procurer


def test_only_rule_one_and_the_standing_rules_are_in_force() -> None:
    rules = load.primacy_rules()
    assert [rule.rule_id for rule in rules.values() if rule.effective_from] == ["P1"]
    assert str(rules["P1"].effective_from) == "2025-12-01"
    assert {rule.rule_id for rule in rules.values() if rule.standing} == {"P0", "P7"}
    assert len(rules) == 10


def test_the_small_lists_hold_what_people_type() -> None:
    assert {
        "data not available",
        "not applicable",
        "n/a",
        "-",
        "unknown",
        "null",
        "none",
        "tbc",
    } <= load.null_words()
    assert {"N/A", "SEE PHOTO", "123456"} <= load.placeholder_serials()
    assert {"ConnectionStatus", "OrganisationRole"} <= set(load.code_lists())
    assert "full MPAN" in load.visibility()
    assert "mpan_core" in load.identifier_formats()
    assert ("ECR_EnergySource", "SOLAR") in load.technologies()
    assert {rule.rule_id for rule in load.provider_rules()} == {"H1", "H2"}


def test_an_area_is_known_by_the_names_that_registers_use() -> None:
    areas = load.area_codes()
    assert areas["eastern power networks (epn)"] == "10"
    assert areas["south eastern power networks (spn)"] == "19"
    assert areas["ukpn_lpn"] == areas["lond"] == areas["12"] == "12"


def test_one_file_may_be_replaced_and_the_others_stay(tmp_path: Path) -> None:
    (tmp_path / "nulls.csv").write_text("word,mark,provenance\nNowt,proposed,[proposed]\n", encoding="utf-8")
    assert load.null_words(tmp_path) == {"nowt"}
    assert load.distributors(tmp_path) == load.distributors()


def test_tables_are_read_once_and_cannot_be_changed() -> None:
    assert load.distributors() is load.distributors()
    with pytest.raises(TypeError):
        load.distributors()["10"] = load.distributors()["11"]  # type: ignore[index]


@pytest.mark.parametrize(
    ("file", "old", "new", "words"),
    [
        ("distributor_ids.csv", "11,DNO", "1A,DNO", ("line 3", "column distributor_id", "two digits")),
        ("distributor_ids.csv", "11,DNO", "10,DNO", ("line 3", "column distributor_id", "repeats '10'")),
        ("distributor_ids.csv", "11,DNO,EMEB", "11,DSO,EMEB", ("line 3", "column type", "DNO, IDNO")),
        ("distributor_ids.csv", ",mpid,", ",mp,", ("line 1", "column mpid is missing")),
        ("gsp_groups.csv", "_B,East Midlands,11", "_B,East Midlands", ("line 3", "number of cells")),
        (
            "stacking_matrix.csv",
            "CM,BM,co_delivery",
            "CM,BM,codelivery",
            ("line 3", "default_mode_evidence_only"),
        ),
        ("stacking_matrix.csv", "CM,BM,co", "CM,CM,co", ("line 3", "must differ")),
        ("product_fit.csv", ",2025-09-02,", ",02/09/2025,", ("column valid_from", "2025-12-01")),
        ("product_fit.csv", "|12|19,10,", "|12|19,ten,", ("column minimum_asset_kw", "number")),
        ("product_fit.csv", "SFFR,NESO", "SFR,NESO", ("line 2", "column product_code")),
        ("primacy_rules.csv", "effective 2025-12-01", "effective soon", ("line 3", "column status")),
        ("primacy_rules.csv", "effective 2025-12-01", "effective 2025-13-01", ("line 3", "does not exist")),
        ("primacy_match.csv", "generation_down", "sideways", ("column neso_directions", "sideways")),
        ("category_kinds.csv", "V2G_CHARGER,both", "V2G_CHARGER,", ("column kind", "empty")),
        (
            "category_kinds.csv",
            "V2G_CHARGER,both",
            "OTHER_THING,both",
            ("technology_types.csv", "category_kinds"),
        ),
        (
            "area_codes.csv",
            "Eastern Power Networks plc,10",
            "Eastern Power Networks plc,98",
            ("distributor_id",),
        ),
        ("matching_policy.json", '"placeholder_serials"', '"placeholders"', ("placeholder_serials", "list")),
        ("matching_policy.json", '"meta":', '"meta"', ("matching_policy.json line 2",)),
    ],
)
def test_a_faulty_table_is_refused_by_file_line_and_column(
    tmp_path: Path, file: str, old: str, new: str, words: tuple[str, ...]
) -> None:
    assert old in shipped(file)
    (tmp_path / file).write_text(shipped(file).replace(old, new, 1), encoding="utf-8")
    with pytest.raises(BadReferenceDataError) as refused:
        _load_all(tmp_path)
    assert all(word in str(refused.value) for word in (file if file != "category_kinds.csv" else "", *words))


def test_a_table_without_rows_is_refused(tmp_path: Path) -> None:
    (tmp_path / "nulls.csv").write_text("word,mark,provenance\n", encoding="utf-8")
    with pytest.raises(BadReferenceDataError, match="no rows"):
        load.null_words(tmp_path)


def _load_all(override: Path) -> None:
    for table in (
        load.distributors,
        load.gsp_groups,
        load.technologies,
        load.code_lists,
        load.products,
        load.product_fits,
        load.stacking_pairs,
        load.primacy_rules,
        load.provider_rules,
        load.visibility,
        load.area_codes,
        load.placeholder_serials,
    ):
        table(override)
