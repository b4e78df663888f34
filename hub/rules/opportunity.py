"""Which products an asset may suit, by technology, area and size. Indicative: nobody is qualified by it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from schemas.reference import load
from schemas.reference.in_use import kept
from schemas.reference.tables import ProductFit
from schemas.vocabulary import Direction


@dataclass(frozen=True, slots=True)
class AssetFacts:
    """What decides a fit. `gsp_group` is where the asset is; without it `distributor_id` stands in."""

    category: str
    rated_kw: Decimal | None
    distributor_id: str | None = None
    gsp_group: str | None = None


@dataclass(frozen=True, slots=True)
class Fit:
    product_code: str
    procurer: str
    direction: Direction
    reason: str


def fits(asset: AssetFacts, products: Sequence[ProductFit] | None, as_of: date) -> tuple[Fit, ...]:
    """Products that the asset may suit on the day, in the order of the table; None takes the shipped table.

    An asset whose place in Great Britain is not known fits nothing, for every product has an area.
    """
    area = _area(asset)
    if area is None:
        return ()
    of_category = _shipped(asset.category) if products is None else _of_category(asset.category, products)
    return tuple(
        fit
        for row, fit in of_category
        if _is_open(row, as_of) and not row.areas.isdisjoint(("GB", area)) and _is_large_enough(row, asset.rated_kw)
    )


@kept
def _shipped(category: str) -> tuple[tuple[ProductFit, Fit], ...]:
    return _of_category(category, load.product_fits())


def _of_category(category: str, products: Sequence[ProductFit]) -> tuple[tuple[ProductFit, Fit], ...]:
    """The products that assets of a category may suit, each with what is then said of it."""
    return tuple(
        (row, Fit(row.product_code, row.procurer, Direction(row.direction), _reason(row, category)))
        for row in products
        if category in row.categories
    )


def _area(asset: AssetFacts) -> str | None:
    """The distributor id of the network area around the asset."""
    group = load.gsp_groups().get(asset.gsp_group or "")
    return group.host_distributor_id if group else asset.distributor_id


def _is_open(row: ProductFit, on: date) -> bool:
    return (row.valid_from is None or row.valid_from <= on) and (row.valid_to is None or on <= row.valid_to)


def _is_large_enough(row: ProductFit, rated_kw: Decimal | None) -> bool:
    return row.minimum_asset_kw is None or (rated_kw is not None and rated_kw >= row.minimum_asset_kw)


def _reason(row: ProductFit, category: str) -> str:
    name = load.products()[row.product_code].name
    where = "all of Great Britain" if "GB" in row.areas else "this network area"
    size = "" if row.minimum_asset_kw is None else f" of {row.minimum_asset_kw:f} kW or more"
    label = load.asset_categories()[category].label
    way = row.direction.replace("_", " ")
    return f"{name}: {row.procurer} buys {way} in {where}, which {label}{size} may give."
