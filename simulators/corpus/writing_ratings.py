"""How names, ratings and dates get written."""

from datetime import date, timedelta

from simulators.corpus.assets import Asset, Stand
from simulators.corpus.catalogue import makers
from simulators.corpus.pen import Pen

NEAR_CATEGORIES = {
    "EV_CHARGER": "V2G_CHARGER",
    "V2G_CHARGER": "EV_CHARGER",
    "HEAT_PUMP": "HVAC",
    "BESS": "HYBRID_INVERTER",
    "SOLAR_PV": "HYBRID_INVERTER",
    "HOT_WATER": "ELECTRIC_BOILER",
    "STORAGE_HEATER": "OTHER",
    "ELECTRIC_VEHICLE": "OTHER",
}


def manufacturer(pen: Pen, asset: Asset) -> str | None:
    if not pen.knows("manufacturer"):
        return None
    maker = makers()[asset.model.maker]
    if pen.slips("maker_other"):
        return pen.dice.choice([name for name in makers() if name != maker.name])
    return pen.text(pen.dice.choice(maker.spellings) if pen.slips("maker_spelling") else maker.name)


def model(pen: Pen, asset: Asset) -> str | None:
    if not pen.knows("model"):
        return None
    return pen.text(pen.dice.choice(asset.model.spellings) if pen.slips("model_spelling") else asset.model.name)


def category(pen: Pen, asset: Asset) -> str | None:
    if pen.slips("category_missing"):
        return None
    return NEAR_CATEGORIES[asset.category] if pen.slips("category_other") else asset.category


def capacity_kw(pen: Pen, asset: Asset) -> float | None:
    if not pen.knows("capacity_kw"):
        return None
    kw = asset.kw
    if asset.other_kw is not None and pen.slips("kw_basis"):
        kw = asset.other_kw
    if asset.units > 1 and pen.slips("kw_total"):
        kw *= asset.units
    if pen.slips("kw_wrong"):
        kw = pen.dice.choice((kw * 10, kw / 2, kw + 3))
    elif pen.slips("kw_rounded"):
        kw = pen.dice.choice((float(round(kw)), round(2 * kw) / 2, round(kw, 1)))
    return round(kw, 2)


def storage_kwh(pen: Pen, asset: Asset) -> float | None:
    held = asset.model.storage_kwh
    if held is None or not pen.knows("storage_kwh"):
        return None
    return float(round(held)) if pen.slips("kw_rounded") else held


def phases(pen: Pen, asset: Asset) -> int | None:
    return asset.model.phases if pen.knows("phases") else None


def commissioning_date(pen: Pen, asset: Asset, stand: Stand) -> str | None:
    if not pen.knows("commissioning_date"):
        pen.tags.append("date_missing")
        return None
    day = stand.since
    if pen.slips("date_wrong"):
        day = _wrong(pen, day)
    elif pen.slips("date_off"):
        day += timedelta(days=pen.dice.choice([d for d in range(-2, 9) if d]))
    return day.isoformat()


def _wrong(pen: Pen, day: date) -> date:
    if day.day <= 12 and day.day != day.month:
        return day.replace(month=day.day, day=day.month)
    return day.replace(year=day.year - 1, day=min(day.day, 28))
