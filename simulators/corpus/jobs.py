"""One job at one home: its devices, twins among them, and what becomes of them later."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from random import Random

from simulators.corpus.assets import CHARGEPOINTS, VEHICLE, Asset, Stand
from simulators.corpus.catalogue import Bundle, Factory, Model, makers
from simulators.corpus.places import Home
from simulators.corpus.rates import Rates
from simulators.corpus.supply import Cartons, Delivery, Pallet

REPLACED_AFTER_DAYS = (40, 360)
SOLD_AFTER_DAYS = (120, 360)
TWINNED = ("BESS", "EV_CHARGER", "HEAT_PUMP", "SOLAR_PV")
ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"


@dataclass(frozen=True)
class Job:
    """What is put into a home, by whom and when. `estate` names the estate it belongs to."""

    home: Home
    bundle: Bundle
    models: tuple[Model, ...]
    installer: str
    day: date
    tags: tuple[str, ...] = ()
    estate: str | None = None


@dataclass
class Workshop:
    """Makes the assets of jobs."""

    dice: Random
    rates: Rates
    factory: Factory
    _made: int = 0
    _refurbished: list[Asset] = field(default_factory=list)

    def assets(self, job: Job, supply: Pallet | Cartons) -> tuple[Asset, ...]:
        """Every asset that the job leaves behind, with the units that replace some of them later."""
        gateway = "".join(self.dice.choices(ALPHABET, k=10))
        delivered = self._deliveries(job, supply)
        found: list[Asset] = []
        for model, delivery in delivered:
            mates = [s for m, d in delivered if m.maker == model.maker for s in d.serials if s not in delivery.serials]
            found += self._line(job, model, delivery, tuple(mates), gateway)
        return tuple(later for asset in found for later in self._fate(asset))

    def resold(self, home: Home, installer: str) -> tuple[Asset, ...]:
        """A device that stood elsewhere, now with its second stand at this home, if one waits to be sold."""
        if not self._refurbished:
            return ()
        asset = self._refurbished.pop(0)
        since = asset.stands[0].since + timedelta(days=self.dice.randrange(*SOLD_AFTER_DAYS))
        return (replace(asset, stands=(*asset.stands, Stand(home, since, installer)), tags=(*asset.tags, "move")),)

    def _deliveries(self, job: Job, supply: Pallet | Cartons) -> list[tuple[Model, Delivery]]:
        found: list[tuple[Model, Delivery]] = []
        for model in job.models:
            consecutive = self.rates.share(self.dice, "twin_consecutive")
            delivery = supply.deliver(model, self._units(job, model), consecutive)
            if job.bundle.one_box and found:
                delivery = replace(found[0][1], model=model)
            found.append((model, delivery))
        return found

    def _units(self, job: Job, model: Model) -> int:
        if model.category == "STORAGE_HEATER":
            return self.dice.randint(2, self.rates.count("storage_heaters_most"))
        alone = job.bundle.one_box or job.estate is not None or model.category not in TWINNED
        return 1 if alone or not self.rates.share(self.dice, "twins") else 2

    def _line(
        self, job: Job, model: Model, delivery: Delivery, mates: tuple[str, ...], gateway: str
    ) -> Iterator[Asset]:
        dice, units = self.dice, len(delivery.serials)
        kw = dice.choice(model.kw)
        other_kw = dice.choice(model.other_kw) if model.other_kw else None
        shared_mac = self._mac(model)
        typed = self._typed(delivery.serials) if units > 1 else None
        tags = (*job.tags, *(("twin",) if units > 1 else ()), *(("hybrid",) if job.bundle.one_box else ()))
        if model.category == VEHICLE or model.category in CHARGEPOINTS:
            tags = (*tags, *(("vehicle_and_chargepoint",) if VEHICLE in job.bundle.categories[1:] else ()))
        if "SOLAR_PV" in job.bundle.categories and "BESS" in job.bundle.categories:
            tags = (*tags, "solar_and_battery")
        for serial in delivery.serials:
            is_vehicle = model.category == VEHICLE
            shared = units > 1 and self.rates.share(dice, "gateway_mac")
            yield Asset(
                key=self._key(),
                category=model.category,
                model=model,
                serial=None if is_vehicle else serial,
                vin=serial if is_vehicle else None,
                mac=shared_mac if shared else self._mac(model),
                ocpp_identity=self._ocpp(serial) if model.category in CHARGEPOINTS else None,
                kw=kw,
                other_kw=other_kw,
                units=units,
                stands=(Stand(job.home, job.day, job.installer),),
                pallet=delivery.pallet,
                mates=mates,
                gateway=gateway,
                twice_typed=typed,
                estate=job.estate,
                tags=(*tags, *job.home.tags),
            )

    def _typed(self, serials: tuple[str, ...]) -> str | None:
        roll = self.dice.random()
        twice = self.rates.world["twin_serial_twice"]
        if roll < twice:
            return serials[0]
        return "" if roll < twice + self.rates.world["twin_serial_missing"] else None

    def _fate(self, asset: Asset) -> Iterator[Asset]:
        """The asset as it stays, with the one that replaces it; nothing yet for one that waits to be sold on."""
        if asset.category == VEHICLE or "hybrid" in asset.tags:
            yield asset
        elif asset.estate is None and self.rates.share(self.dice, "move"):
            self._refurbished.append(asset)
        elif self.rates.share(self.dice, "replacement"):
            yield replace(asset, tags=(*asset.tags, "replacement"))
            yield self._successor(asset)
        else:
            yield asset

    def _successor(self, asset: Asset) -> Asset:
        old = asset.stands[0]
        day = old.since + timedelta(days=self.dice.randrange(*REPLACED_AFTER_DAYS))
        serial = self.factory.pallet(self.dice, asset.model, 1)[0]
        return replace(
            asset,
            key=self._key(),
            serial=serial,
            mac=self._mac(asset.model),
            ocpp_identity=self._ocpp(serial) if asset.ocpp_identity else None,
            stands=(replace(old, since=day),),
            pallet=(),
            mates=(),
            twice_typed=None,
            tags=(*asset.tags, "replacement"),
        )

    def _key(self) -> str:
        self._made += 1
        return f"asset-{self._made:05d}"

    def _mac(self, model: Model) -> str:
        digits = f"{makers()[model.maker].mac_prefix}{self.dice.randrange(16**6):06X}"
        return ":".join(digits[place : place + 2] for place in range(0, 12, 2))

    def _ocpp(self, serial: str) -> str:
        if self.rates.share(self.dice, "ocpp_is_serial"):
            return serial
        return "".join(self.dice.choices(ALPHABET, k=8))
