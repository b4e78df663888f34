"""Assets as the rules of the connection forms see them."""

from datetime import date
from decimal import Decimal
from typing import Any

from hub.rules.forms.facts import FormFacts
from schemas.outbound import AssetState, Place
from schemas.vocabulary import AssetCategory, AssetStatus, ConnectionStatus, MpanResolution
from tests.support.claims import ASSET

COMMISSIONED = date(2026, 4, 20)


def an_asset(category: AssetCategory | str = AssetCategory.BESS, **facts: Any) -> AssetState:
    """A single-phase device, connected, with a type test reference; rated 3.00 kW."""
    numbers = {name: Decimal(value) for name, value in facts.items() if name.endswith(("_kw", "_kwh")) and value}
    told: dict[str, Any] = {
        "asset_id": ASSET,
        "version": 1,
        "status": AssetStatus.NOTIFIED,
        "mpan_resolution": MpanResolution.SUPPLIED_VERIFIED,
        "place": Place(gsp_group="_A"),
        "effective_from": COMMISSIONED,
        "asset_category": AssetCategory(category),
        "rated_capacity_kw": Decimal("3.00"),
        "phases": 1,
        "type_test_reference": "MAKER/M-300",
        "connection_status": ConnectionStatus.CONNECTED,
        "commissioning_date": COMMISSIONED,
    }
    return AssetState(**(told | facts | numbers))


def form_facts(state: AssetState | None = None, **others: Any) -> FormFacts:
    """The asset, told of by its installer two days after commissioning."""
    heard = date(2026, 4, 22)
    found: dict[str, Any] = {"state": state or an_asset(), "heard_on": heard, "told_on": heard}
    return FormFacts(**(found | others))
