"""What is made without checks is the same as what pydantic makes, and never half of it."""

import pytest
from pydantic import ValidationError

from schemas.made import made
from schemas.outbound import Concern


def test_it_is_equal_to_what_pydantic_makes() -> None:
    values = {"rule_id": "P1", "severity": "info", "sentence": "Look.", "with_asset_id": None}
    one = made(Concern, **values)
    assert one == Concern(**values)
    assert hash(one) == hash(Concern(**values))
    assert one.model_dump() == values
    assert one.model_copy(update={"severity": "warning"}).severity == "warning"


def test_it_is_frozen() -> None:
    one = made(Concern, rule_id="P1", severity="info", sentence="Look.", with_asset_id=None)
    with pytest.raises(ValidationError):
        one.severity = "warning"  # type: ignore[misc]


@pytest.mark.parametrize("values", [{"rule_id": "P1"}, {}], ids=str)
def test_every_field_is_to_be_named(values: dict[str, str]) -> None:
    with pytest.raises(TypeError, match="sentence"):
        made(Concern, **values)


def test_no_other_field_is_taken() -> None:
    with pytest.raises(TypeError, match="colour"):
        made(Concern, rule_id="P1", severity="info", sentence="Look.", with_asset_id=None, colour="red")
