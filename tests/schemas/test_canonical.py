"""The form that is hashed is pydantic's JSON with its keys in order, for whatever a message or an asset can hold."""

from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import orjson
import pytest
from pydantic import BaseModel

from hub import audit_verifier
from schemas import canonical
from schemas.asset import MarketClaim
from schemas.outbound import AssetState, Concern, Place, RelatedAsset
from tests.support.notifications import T0, a_battery, a_claim, a_clock, a_service, an_update

STATE = AssetState(
    asset_id=UUID(int=7),
    version=2**40,
    status="VERIFIED",
    mpan_resolution="RESOLVED_PROBABLE",
    place=Place(address_line='1 Caf\N{LATIN SMALL LETTER E WITH ACUTE} "Row", \\ \N{SNOWMAN}\u2028'),
    effective_from=T0.date(),
    rated_capacity_kw="7",
    market=a_claim("fsp-1", "C", a_service("P", "N")),
    concerns=(Concern(rule_id="P1", severity="info", sentence="\x01\x7f", with_asset_id=UUID(int=8)),),
    related=(RelatedAsset(asset_id=UUID(int=9), kind="same_box", sentence=""),),
)


@pytest.mark.parametrize(
    "shape", [STATE, a_battery("fsp-1", market=a_claim("fsp-1", "C", a_service("P", "N"))), an_update(), a_clock()]
)
def test_a_shape_has_the_form_of_its_plain_json(shape: BaseModel) -> None:
    made = canonical.to_json(shape)
    assert made == orjson.dumps(shape.model_dump(mode="json"), option=orjson.OPT_SORT_KEYS)
    assert made == audit_verifier.canonical(shape.model_dump(mode="json"))


@pytest.mark.parametrize("microsecond", [0, 1, 100_000])
@pytest.mark.parametrize("zone", [UTC, timezone(timedelta(hours=1)), timezone(timedelta(hours=-3, minutes=-30))])
def test_times_are_as_pydantic_has_them(microsecond: int, zone: timezone) -> None:
    moment = datetime(2026, 3, 2, 14, 5, 0, microsecond, tzinfo=zone)
    service = a_service("P", "N").model_copy(update={"starts": moment})
    claim = MarketClaim.model_construct(fsp="fsp-1", consent_reference=None, services=(service,))
    assert canonical.to_json(claim) == orjson.dumps(claim.model_dump(mode="json"), option=orjson.OPT_SORT_KEYS)


def test_what_json_cannot_say_is_refused() -> None:
    with pytest.raises(TypeError):
        canonical.to_json({"content": b"bytes"})
