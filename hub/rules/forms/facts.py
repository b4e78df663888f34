"""What the rules of the connection forms work on."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from hub.rules.forms.distance import Distance
from schemas.outbound import AssetState
from schemas.reference.connection_categories import ConnectionCategory, connection_categories
from schemas.vocabulary import ClockKind

ZERO = Decimal(0)


@dataclass(frozen=True)
class SiteGroup:
    """Standing units of one category and number of phases at one meter point: kW by AC rating, added up."""

    category: str
    phases: int | None
    generating_kw: Decimal
    demand_kw: Decimal
    units: int = 1


@dataclass(frozen=True)
class NearbyWork:
    """Generation that the same installer has put in at other premises, and how far away that is."""

    commissioned_on: date
    distance: Distance


@dataclass(frozen=True)
class Beside:
    """What stands beside an asset: the other units at its meter point, the other works of its installer near by."""

    others: tuple[SiteGroup, ...] = ()
    works: tuple[NearbyWork, ...] = ()


ALONE = Beside()


@dataclass(frozen=True)
class FormFacts:
    """One asset as the forms see it. Days are those of Europe/London.

    `heard_on` is when the hub was first told of it by anybody; `told_on` when by somebody who answers for the
    connection (its installer, a network operator), or None. `removal_said_on` is the earliest day of removal that
    anybody has told, `removal_told_on` when the hub was first told of a removal. `ran` are the clocks of the asset
    that have run out. `operator_told` says that a network operator tells of it itself: whether it had to approve, it
    knows best. `others` are the other units at its meter point, `works` the other works of its installer.
    """

    state: AssetState
    heard_on: date
    told_on: date | None
    removal_said_on: date | None = None
    removal_told_on: date | None = None
    ran: frozenset[tuple[ClockKind, date]] = frozenset()
    operator_told: bool = False
    others: tuple[SiteGroup, ...] = ()
    works: tuple[NearbyWork, ...] = ()

    own: SiteGroup = field(init=False, repr=False, compare=False)
    """The asset itself as a unit of its site."""
    on: date = field(init=False, repr=False, compare=False)
    """The day whose rules count: that of commissioning, or from when the asset is told of."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "own", group_of(self.state))
        object.__setattr__(self, "on", self.state.commissioning_date or self.state.effective_from)

    @property
    def category(self) -> ConnectionCategory | None:
        return connection_categories().get(self.state.asset_category or "")

    @property
    def site(self) -> tuple[SiteGroup, ...]:
        """All units at the meter point, the asset itself among them."""
        return (self.own, *self.others)


def group_of(state: AssetState) -> SiteGroup:
    """An asset as a unit of its site. What is removed counts nothing."""
    category = connection_categories().get(state.asset_category or "")
    standing = category is not None and state.decommissioned_on is None
    return SiteGroup(
        category=state.asset_category or "",
        phases=state.phases,
        generating_kw=_generating(state, category) if standing and category is not None else ZERO,
        demand_kw=_demand(state, category) if standing and category is not None else ZERO,
    )


def _generating(state: AssetState, category: ConnectionCategory) -> Decimal:
    """The AC rating. A lower export limit does not make it less; one that also takes power may rate that higher."""
    if category.generates == "no":
        return ZERO
    if category.generates == "where_told":
        return state.generation_capacity_kw or ZERO
    if category.demand_form and state.generation_capacity_kw is not None:
        return state.generation_capacity_kw
    return state.rated_capacity_kw or state.generation_capacity_kw or ZERO


def _demand(state: AssetState, category: ConnectionCategory) -> Decimal:
    if not category.demand_form:
        return ZERO
    return state.demand_capacity_kw or state.rated_capacity_kw or ZERO
