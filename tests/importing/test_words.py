"""The mapping tables: typed, complete for what their registers say, and replaceable."""

from pathlib import Path

import pytest

from hub.cli.importing import chargepoints, ecr, words
from schemas.reference import load
from schemas.reference.read import BadReferenceDataError
from tests.importing.test_samples import FILES

HEADER = "list,word,code,categories,mark,provenance\n"


def test_every_word_of_the_published_lists_is_mapped() -> None:
    known = words.capacity_register()
    labels = {space: [t.label for (s, _), t in load.technologies().items() if s == space] for space in _SPACES}
    assert [w for w in labels["ECR_EnergySource"] if words.key(w) not in known.sources] == []
    assert [w for w in labels["ECR_EnergyConversionTechnology"] if words.key(w) not in known.technologies] == []


_SPACES = ("ECR_EnergySource", "ECR_EnergyConversionTechnology")


def test_every_word_of_the_samples_is_mapped() -> None:
    known = words.capacity_register()
    for row in ecr.read(FILES["ecr"]):
        assert words.key(row.text("source_1") or "") in known.sources
        assert words.key(row.text("technology_1") or "") in known.technologies
    for row in chargepoints.read(FILES["chargepoints"]):
        assert words.key(row.text("chargedevicestatus") or "") in words.chargepoints().statuses
        assert words.key(row.text("connector1chargemethod") or "") in words.chargepoints().phases


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("energy_source,Sun,SUNSHINE,SOLAR_PV,proposed,x", "code"),
        ("energy_source,Sun,SOLAR,MIRRORS,proposed,x", "categories"),
        ("energy_source,Sun,SOLAR,,proposed,x", "categories"),
        ("technology,Mirrors,MIRRORS,,proposed,x", "code"),
        ("status,Maybe,MAYBE,,proposed,x", "code"),
        ("chp,Yes,CHP,,guessed,x", "mark"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, line: str, said: str) -> None:
    (tmp_path / "ecr_mapping.csv").write_text(HEADER + line + "\n")
    with pytest.raises(BadReferenceDataError, match=f"line 2, column {said}"):
        words.capacity_register(tmp_path)
