"""Ratings that look like a slip: watts or megawatts for kW, heat for electricity, one phase for three, DC for AC, kVA,
kWh, a peak. By the bands of `capacity_bands.csv`; every one of them asks, and none refuses.
"""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from hub.rules.forms.facts import FormFacts
from hub.rules.notice import notice
from schemas.outbound import AssetState, Concern
from schemas.reference import connection

THOUSAND = Decimal(1000)
SINGLE_PHASE = 1


def notices(facts: FormFacts) -> Iterator[Concern]:
    """What is odd about the asset's own quantities."""
    state, rated = facts.state, facts.state.rated_capacity_kw
    if rated is None or rated == 0:
        return
    if (slip := _slip(state, rated, facts.on)) is not None:
        yield slip
    yield from _ratios(state, rated, facts.on)


def _slip(state: AssetState, rated: Decimal, on: date) -> Concern | None:
    """The first explanation of a rating outside its usual range that fits, or that it is unusual."""
    per_phase = _band("one_phase_of_three", state, on)
    if per_phase is not None and per_phase.phases == state.phases and per_phase.holds(rated):
        return notice(
            "QTY-PER_PHASE",
            "A three-phase chargepoint with this rating is rare; if it is the rating of one phase, send that of all"
            " three together.",
        )
    usual = _band("usual", state, on)
    if usual is None or usual.holds(rated):
        return _perhaps_heat(state, rated, on) if state.phases is None else None
    heat = _band("thermal", state, on)
    as_kw = rated / THOUSAND
    if rated > usual.high and (usual.holds(as_kw) or (heat is not None and heat.holds(as_kw))):
        return notice("QTY-WATTS", "Its rated capacity looks like watts; send it in kW, with up to two decimals.")
    if usual.holds(rated * THOUSAND) and rated < usual.low:
        return notice("QTY-MEGAWATTS", "Its rated capacity looks like megawatts; send it in kW.")
    if heat is not None and heat.holds(rated):
        return notice(
            "QTY-THERMAL",
            "Its rated capacity is more electricity than a heat pump on one phase takes; if it is the heat that it"
            " gives, send the electricity that it takes.",
        )
    if usual.phases == SINGLE_PHASE and rated > usual.high:
        return notice(
            "QTY-PHASES",
            "Its rated capacity is more than such a device has on one phase; check the rating, and whether it stands on"
            " three phases.",
        )
    return notice("QTY-UNUSUAL", "Its rated capacity is outside the usual range of such a device; please check it.")


def _perhaps_heat(state: AssetState, rated: Decimal, on: date) -> Concern | None:
    heat = _band("thermal", state, on)
    if heat is None or not heat.holds(rated):
        return None
    return notice(
        "QTY-THERMAL_MAYBE",
        "Heat pumps are often sold by the heat that they give; if this rated capacity is heat, send the electricity"
        " that it takes, and on how many phases it stands.",
    )


def _ratios(state: AssetState, rated: Decimal, on: date) -> Iterator[Concern]:
    if _within("heat_to_electricity", state, rated, state.demand_capacity_kw, on):
        yield notice(
            "QTY-THERMAL",
            "Its rated capacity is to its demand as heat is to electricity; send the electricity that it takes as rated"
            " capacity, too.",
        )
    if _within("panels_to_inverter", state, rated, state.generation_capacity_kw, on):
        yield notice(
            "QTY-DC",
            "Its rated capacity is above what it can generate; if it is the peak of the panels (DC), send that as"
            " installed capacity and the rating of the inverter (AC) as rated capacity.",
        )
    generated = state.generation_capacity_kw
    if generated is not None and _within("kw_to_kva", state, generated, rated, on):
        yield notice(
            "QTY-KVA", "Its rated capacity looks like kVA; send kW, which are what it gives at its power factor."
        )
    yield from _of_storage(state, rated, on)


def _of_storage(state: AssetState, rated: Decimal, on: date) -> Iterator[Concern]:
    """A rating beside the energy of a battery."""
    hours, stored = _band("hours", state, on), state.storage_energy_kwh
    if hours is None or not stored:
        return
    same = _band("same_kw_as_kwh", state, on)
    if stored == rated and same is not None and same.holds(rated):
        yield notice(
            "QTY-KWH",
            "Its rated capacity and its storage are the same number; kW is how fast it charges, kWh how much it holds.",
        )
    elif stored / rated < hours.low:
        yield notice(
            "QTY-PEAK",
            "It would be empty within minutes at its rated capacity; if that is a peak, send the rating that it can"
            " keep up.",
        )


def _within(reading: str, state: AssetState, value: Decimal, to: Decimal | None, on: date) -> bool:
    band = _band(reading, state, on)
    return band is not None and to is not None and to > 0 and band.holds(value / to)


def _band(reading: str, state: AssetState, on: date) -> connection.Band | None:
    return connection.band(reading, state.asset_category or "", state.phases, on)
