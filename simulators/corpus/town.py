"""A town street by street: who adopts what, campaigns that sell one thing to a street, estates, later jobs."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random

from simulators.corpus.assets import VEHICLE, Asset
from simulators.corpus.catalogue import Bundle, Factory, Model, draw_bundle, draw_model
from simulators.corpus.jobs import Job, Workshop
from simulators.corpus.places import Home, Map
from simulators.corpus.rates import Rates
from simulators.corpus.supply import Cartons, Pallet, draw_models

FIRST_DAY = date(2024, 9, 2)
DAYS = 480
LOCAL_INSTALLERS = 3
LATER_JOB_DAYS = (60, 360)
RESALE_CHANCE = 0.1
"""That a device waiting to be sold on goes to the home looked at; the share `move` says how many wait."""


@dataclass(frozen=True)
class Part:
    """A street with its homes and the assets that stand in them."""

    homes: tuple[Home, ...]
    assets: tuple[Asset, ...]


def parts(dice: Random, rates: Rates) -> Iterator[Part]:
    """Streets without end; an estate as soon as the rest of the town is big enough for one."""
    plan = Map(dice, rates)
    workshop = Workshop(dice, rates, Factory())
    total = on_estates = 0
    while True:
        wanted = rates.world["estate_assets"] * total
        if wanted - on_estates > rates.world["estate_homes"] / 2:
            part = _estate(dice, rates, plan, workshop)
            on_estates += len(part.assets)
        else:
            part = _street(dice, rates, plan, workshop)
        total += len(part.assets)
        yield part


def _street(dice: Random, rates: Rates, plan: Map, workshop: Workshop) -> Part:
    homes = plan.street(dice.randint(rates.count("homes_fewest"), rates.count("homes_most")))
    share = dice.uniform(rates.world["adoption_least"], rates.world["adoption_most"])
    adopters = [home for home in homes if dice.random() < share]
    local = [_installer(dice, rates) for _ in range(LOCAL_INSTALLERS)]
    campaign = _campaign(dice, rates, workshop.factory, local[0])
    found: list[Asset] = []
    for home in adopters:
        if campaign is not None and rates.share(dice, "campaign_homes"):
            job, supply = campaign.job(dice, home)
        else:
            job, supply = _lone(dice, home, local, workshop)
        found += _with_later_job(dice, rates, workshop, local, job, workshop.assets(job, supply))
        if dice.random() < RESALE_CHANCE:
            found += workshop.resold(home, dice.choice(local))
    return Part(homes, tuple(found))


def _with_later_job(
    dice: Random, rates: Rates, workshop: Workshop, local: list[str], first: Job, assets: tuple[Asset, ...]
) -> tuple[Asset, ...]:
    """The assets of a home's first job and, at some homes, those of a later one, which may restate the first."""
    if not rates.share(dice, "second_job"):
        return assets
    later, supply = _lone(dice, first.home, local, workshop)
    more_of_a_kind = rates.share(dice, "second_of_a_kind")
    while not more_of_a_kind and set(later.bundle.categories) & set(first.bundle.categories):
        later, supply = _lone(dice, first.home, local, workshop)
    later = replace(later, day=first.day + timedelta(days=dice.randrange(*LATER_JOB_DAYS)))
    return tuple(_restated(dice, rates, asset, later) for asset in assets) + workshop.assets(later, supply)


def _estate(dice: Random, rates: Rates, plan: Map, workshop: Workshop) -> Part:
    """Identical heat pumps with one postcode and one day, off one pallet."""
    homes = plan.street(rates.count("estate_homes"), estate=True)
    model = draw_model(dice, "HEAT_PUMP")
    bundle = Bundle("heat pump", ("HEAT_PUMP",), one_box=False, weight=0)
    installer, day = _installer(dice, rates), _day(dice)
    pallet = Pallet(dice, workshop.factory)
    name = f"estate {homes[0].street.postcode}"
    found: list[Asset] = []
    for home in homes:
        found += workshop.assets(Job(home, bundle, (model,), installer, day, ("estate",), name), pallet)
    return Part(homes, tuple(found))


@dataclass(frozen=True)
class _Campaign:
    """One installer, one bundle, one week, in one street."""

    bundle: Bundle
    models: tuple[Model, ...]
    installer: str
    first_day: date
    days: int
    supply: Pallet | Cartons

    def job(self, dice: Random, home: Home) -> tuple[Job, Pallet | Cartons]:
        day = self.first_day + timedelta(days=dice.randrange(self.days))
        return Job(home, self.bundle, self.models, self.installer, day, ("campaign",)), self.supply


def _campaign(dice: Random, rates: Rates, factory: Factory, installer: str) -> _Campaign | None:
    if not rates.share(dice, "campaign_streets"):
        return None
    bundle = draw_bundle(dice)
    one_pallet = rates.share(dice, "campaign_one_pallet")
    supply = Pallet(dice, factory) if one_pallet else Cartons(dice, factory)
    return _Campaign(bundle, draw_models(dice, bundle), installer, _day(dice), rates.count("campaign_days"), supply)


def _lone(dice: Random, home: Home, local: list[str], workshop: Workshop) -> tuple[Job, Cartons]:
    bundle = draw_bundle(dice)
    job = Job(home, bundle, draw_models(dice, bundle), dice.choice(local), _day(dice))
    return job, Cartons(dice, workshop.factory)


def _restated(dice: Random, rates: Rates, asset: Asset, later: Job) -> Asset:
    unlisted = asset.category == VEHICLE or asset.stands[0].installer == later.installer
    if unlisted or asset.stands[0].since >= later.day or not rates.share(dice, "restated"):
        return asset
    stand = replace(asset.stands[0], restated_by=(later.installer, later.day))
    return replace(asset, stands=(stand, *asset.stands[1:]), tags=(*asset.tags, "restated"))


def _installer(dice: Random, rates: Rates) -> str:
    return f"installer-{dice.randint(1, rates.count('installers')):02d}"


def _day(dice: Random) -> date:
    return FIRST_DAY + timedelta(days=dice.randrange(DAYS))
