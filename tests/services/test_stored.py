"""Rows are the same whichever process makes them."""

from datetime import date
from uuid import UUID

import orjson

from hub.rules.matching.sighting import Sighting
from hub.rules.matching.standing import Standing
from hub.services.registration import stored


def test_the_sets_of_a_sighting_lie_in_one_order() -> None:
    words = frozenset(f"word{n}" for n in range(50))
    devices = frozenset(("external:OCPP", "oem-1", f"box-{n}") for n in range(50))
    gateways = frozenset(f"gateway-{n}" for n in range(50))
    found = Sighting(
        id=("installer-1", "battery-1"),
        own_id=UUID(int=1),
        category="BESS",
        group="storage",
        said_on=date(2026, 5, 1),
        devices=devices,
        gateways=gateways,
        words=words,
    )
    row = stored.sighting_row(found, UUID(int=1), Standing())
    facts = orjson.loads(orjson.dumps(row.facts))
    assert facts["words"] == sorted(words)
    assert facts["gateways"] == sorted(gateways)
    assert [tuple(device) for device in facts["devices"]] == sorted(devices)
    assert stored.sighting(row.model_copy(update={"facts": facts})) == found
