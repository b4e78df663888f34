"""How a device's own identifiers get written: the label, or what was taken for it."""

from random import Random

from schemas.reference import load
from simulators.corpus.assets import Asset, Stand
from simulators.corpus.pen import Pen, mistyped

LABELS = ("S/N {}", "SN: {}", "Serial {}", "S/N:{}")


def serial(pen: Pen, asset: Asset, stand: Stand) -> str | None:
    """The serial number as the sender writes it."""
    if asset.serial is None:
        return None
    typed = asset.twice_typed if pen.sender.kind == "installer" and pen.sender.style != "restated" else None
    if typed == "":
        pen.tags.append("serial_missing")
        return None
    if not pen.knows("serial_number"):
        pen.tags.append("serial_missing")
        return None
    if pen.slips("serial_placeholder"):
        return pen.dice.choice(sorted(load.placeholder_serials()))
    if typed is not None and typed != asset.serial:
        pen.tags.append("serial_typed_twice")
    return _written(pen, _taken(pen, asset, stand, typed or asset.serial))


def vin(pen: Pen, asset: Asset) -> str | None:
    if asset.vin is None or not pen.knows("vin"):
        return None
    return mistyped(pen.dice, asset.vin) if pen.slips("vin_typo") else asset.vin


def ocpp_identity(pen: Pen, asset: Asset) -> str | None:
    return asset.ocpp_identity if asset.ocpp_identity and pen.knows("ocpp_identity") else None


def mac(pen: Pen, asset: Asset) -> str | None:
    if asset.vin is not None or not pen.knows("mac"):
        return None
    return asset.mac.replace(":", "") if pen.dice.random() < 0.3 else asset.mac


def _taken(pen: Pen, asset: Asset, stand: Stand, right: str) -> str:
    """The number that the sender took for the serial number."""
    if asset.pallet and pen.slips("serial_carton"):
        place = asset.pallet.index(asset.serial) if asset.serial in asset.pallet else 0
        return asset.pallet[place - place % 4]
    if asset.mates and pen.slips("serial_other_device"):
        return pen.dice.choice(asset.mates)
    if pen.slips("serial_gateway"):
        return asset.gateway
    if pen.slips("serial_meter"):
        return stand.home.meter_serial
    return mistyped(pen.dice, right) if pen.slips("serial_typo") else right


def _written(pen: Pen, value: str) -> str:
    bare = value.replace("-", "")
    if bare.isdigit() and len(bare) > 9 and pen.slips("serial_rounded"):
        return f"{float(bare):.5E}"
    if pen.slips("serial_written"):
        value = _restyled(pen.dice, value)
    if pen.slips("serial_labelled"):
        value = pen.dice.choice(LABELS).format(value)
    return pen.text(value)


def _restyled(dice: Random, value: str) -> str:
    match dice.randrange(4):
        case 0:
            return value.lower()
        case 1:
            return value.replace("-", "")
        case 2:
            return value.replace("-", " ")
        case _:
            return " ".join(value[place : place + 4] for place in range(0, len(value), 4))
