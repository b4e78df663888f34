"""Makers' names as people write them, and the one maker that is meant."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from schemas.maker_names import MakerAgreement, is_known_maker, maker_agreement, oem_id
from schemas.reference import aliases
from schemas.reference.read import BadReferenceDataError

HEADER = "alias,oem_id,kind,valid_from,valid_to,mark,provenance\n"


@pytest.mark.parametrize(
    ("text", "maker"),
    [
        ("Tesla, Inc.", "tesla"),
        ("TESLA ENERGY", "tesla"),
        ("Tesla Powerwall 2 (AC)", "tesla"),
        ("Powerwall", "tesla"),
        ("POWERWALL-2", "tesla"),
        ("Giv Energy Ltd", "givenergy"),
        ("Giv\u00adEnergy", "givenergy"),
        ("Giv-Energy (UK) Limited", "givenergy"),
        ("zappi by myenergi", "myenergi"),
        ("myenergi (zappi)", "myenergi"),
        ("Solis / Ginlong", "solis"),
        ("Ginlong (Solis) Technologies Co., Ltd.", "solis"),
        ("FoxESS Co Ltd UK", "foxess"),
        ("Juuce Ltd t/a EO", "eo"),
        ("Mitsubishi Electric Ecodan", "mitsubishielectric"),
        ("Mitsubishi Motors", "mitsubishimotors"),
        ("Sonnen GmbH & Co. KG", "sonnen"),
        ("LG Chem RESU", "lg"),
        ("\u0160koda Auto UK", "skoda"),
        ("\u00c5\u00a0koda", "skoda"),  # UTF-8 read as Latin
        ("Moixa", "lunar"),
        ("BMW (UK) Ltd", "bmw"),
    ],
)
def test_every_spelling_leads_to_one_maker(text: str, maker: str) -> None:
    assert oem_id(text) == maker
    assert is_known_maker(maker)


@pytest.mark.parametrize(
    ("text", "maker"), [("GivEnegry", "givenergy"), ("Hypervlot", "hypervolt"), ("Huawei Technolgies", "huawei")]
)
def test_one_slip_in_a_long_known_name_is_mended(text: str, maker: str) -> None:
    assert oem_id(text) == maker


@pytest.mark.parametrize(
    "text", ["Nisan Kia", "Kya", "Tesla / SolarEdge", "Grant Smith Electrical", "Ohne", "Eo Solis"]
)
def test_a_short_name_with_a_slip_or_two_makers_at_once_is_no_known_maker(text: str) -> None:
    assert not is_known_maker(oem_id(text))


@pytest.mark.parametrize("text", ["unknown", "Other", "Solar", "heat pump", "PV Inverter", "various", None, "-"])
def test_words_that_go_with_every_maker_name_none(text: str | None) -> None:
    assert oem_id(text) is None


@pytest.mark.parametrize(
    ("one", "other", "agreement"),
    [
        ("Cobalt Fen", "COBALTFEN UK Ltd", MakerAgreement.SAME),
        ("Gr\u00fcnwerk GmbH", "GrÃ¼nwerk", MakerAgreement.SAME),
        ("Brightmere", "Brightmere Energy", MakerAgreement.POSSIBLE),
        ("Brightmere", "Brigthmere", MakerAgreement.POSSIBLE),
        ("Brightmere", "Ardwell", MakerAgreement.DIFFERENT),
        ("SolaX", "Solis", MakerAgreement.DIFFERENT),
        ("Alpha ESS", "Alpha Innotec", MakerAgreement.DIFFERENT),
        ("Mitsubishi Electric", "Mitsubishi Heavy Industries", MakerAgreement.DIFFERENT),
        ("Tesla", "n/a", MakerAgreement.UNKNOWN),
    ],
)
def test_makers_that_no_table_knows_are_compared_by_their_letters(
    one: str, other: str, agreement: MakerAgreement
) -> None:
    assert maker_agreement(one, other) is agreement
    assert maker_agreement(other, one) is agreement


def test_every_line_of_the_table_leads_to_its_maker() -> None:
    for lines in aliases.maker_aliases().values():
        for line in lines:
            assert oem_id(line.alias) == line.oem_id
            assert oem_id(line.alias.upper()) == line.oem_id
            assert oem_id(f"{line.alias} Ltd") == line.oem_id


def test_no_slip_leads_from_one_known_maker_to_another() -> None:
    for lines in aliases.maker_aliases().values():
        for line in lines:
            for n in range(len(line.alias)):
                maker = oem_id(line.alias[:n] + line.alias[n + 1 :])
                assert maker == line.oem_id or not is_known_maker(maker) or len(line.alias) < 8, line.alias


@example("ÑA", "Tesla", "")
@given(st.text(), st.sampled_from(["Tesla", "Fox ESS", "Solis", "EO", "Nowhere Works"]), st.text(max_size=5))
def test_an_id_is_its_own_id_and_no_text_makes_it_raise(before: str, name: str, after: str) -> None:
    for text in (before, f"{before} {name}{after}", name + after):
        maker = oem_id(text)
        assert maker is None or oem_id(maker) == maker


def test_an_administrators_table_adds_spellings_and_takes_over_shipped_ones(tmp_path: Path) -> None:
    (tmp_path / "maker_aliases.csv").write_text(
        f"{HEADER}Ardwell,ardwellsolar,brand,,,proposed,own\nMitsubishi,mitsubishimotors,brand,,,proposed,own\n",
        encoding="utf-8",
    )
    table = aliases.maker_aliases(tmp_path)
    assert table["ardwell"][0].oem_id == "ardwellsolar"
    assert [line.oem_id for line in table["mitsubishi"]] == ["mitsubishimotors"]
    assert table["tesla"] == aliases.maker_aliases()["tesla"]


def test_a_spelling_may_pass_from_one_maker_to_another_on_a_day(tmp_path: Path) -> None:
    (tmp_path / "maker_aliases.csv").write_text(
        f"{HEADER}Orb,first,brand,,2025-12-31,proposed,own\nOrb,second,brand,2026-01-01,,proposed,own\n",
        encoding="utf-8",
    )
    lines = aliases.maker_aliases(tmp_path)["orb"]
    on_days = [[a.oem_id for a in lines if aliases.in_force(a, day)] for day in (date(2025, 12, 31), date(2026, 1, 1))]
    assert on_days == [["first"], ["second"]]


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("Orb,first,brand,,,proposed,own\nOrb,second,brand,2026-01-01,,proposed,own\n", ("line 3", "overlaps")),
        ("Orb,first,brand,2026-01-02,2026-01-01,proposed,own\n", ("line 2", "column valid_to", "before")),
        ("Orb,First Ltd,brand,,,proposed,own\n", ("line 2", "column oem_id", "small letters")),
        ("--,first,brand,,,proposed,own\n", ("line 2", "column alias", "letter")),
        ("Orb,first,nickname,,,proposed,own\n", ("line 2", "column kind", "brand, legal, product")),
    ],
)
def test_a_faulty_alias_is_refused_by_line_and_column(tmp_path: Path, lines: str, words: tuple[str, ...]) -> None:
    (tmp_path / "maker_aliases.csv").write_text(HEADER + lines, encoding="utf-8")
    with pytest.raises(BadReferenceDataError) as refused:
        aliases.maker_aliases(tmp_path)
    assert all(word in str(refused.value) for word in ("maker_aliases.csv", *words))
