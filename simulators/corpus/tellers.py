"""Who tells of an asset, when, and how carefully: one telling is one source's word on one stand of it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from simulators.corpus.assets import Asset, Stand
from simulators.corpus.catalogue import makers
from simulators.corpus.rates import Rates

CERTIFICATES = "certificates-1"

# Days after commissioning between which each kind of source tells, earliest and latest.
DELAYS = {
    "installer": (0, 21),
    "oem": (0, 10),
    "dno": (3, 50),
    "certificates": (1, 16),
    "fsp": (10, 150),
    "platform": (20, 170),
    "restated": (0, 21),
}
SWITCH_DAYS = (60, 240)
MOVED = {"oem": 0.95, "installer": 0.6, "dno": 0.4, "fsp": 0.25}
"""Who tells of a device at its second home, where he would tell of it at all."""


@dataclass(frozen=True)
class Sender:
    """`kind` and `name` stand in the notification; `style` is how it speaks, `slips_times` how often it slips."""

    kind: str
    name: str
    style: str
    slips_times: float


@dataclass(frozen=True)
class Telling:
    """`asset` as `sender` tells of it at `stand`."""

    sender: Sender
    asset: Asset
    stand: Stand
    at: datetime
    tags: tuple[str, ...] = ()


@dataclass
class Tellers:
    """Finds the tellings of each asset."""

    dice: Random
    rates: Rates
    _care: dict[str, float] = field(default_factory=dict)

    def of(self, asset: Asset) -> tuple[Telling, ...]:
        """At least one telling of the asset at its first stand."""
        first, *later = asset.stands
        told: list[Telling] = []
        while not told:
            told = list(self._first(asset, first))
        for stand in later:
            told += self._moved(asset, stand)
        if first.restated_by is not None:
            installer, day = first.restated_by
            told.append(self._telling("installer", installer, "restated", asset, first, day))
        return tuple(told)

    def _first(self, asset: Asset, stand: Stand) -> Iterator[Telling]:
        for teller in ("installer", "oem", "dno", "certificates", "fsp", "platform"):
            if self._cloudless(asset, teller) or self.dice.random() >= self.rates.tellers[(teller, asset.category)]:
                continue
            telling = self._by(teller, asset, stand)
            yield telling
            if teller == "fsp" and self.rates.share(self.dice, "aggregator_switch"):
                yield self._after_switch(telling)

    def _moved(self, asset: Asset, stand: Stand) -> Iterator[Telling]:
        for teller, chance in MOVED.items():
            if not self._cloudless(asset, teller) and self.dice.random() < chance:
                yield self._by(teller, asset, stand)

    def _cloudless(self, asset: Asset, teller: str) -> bool:
        return teller == "oem" and not makers()[asset.model.maker].has_cloud

    def _by(self, teller: str, asset: Asset, stand: Stand) -> Telling:
        match teller:
            case "installer":
                name, kind, style = stand.installer, "installer", "installer"
            case "oem":
                name, kind, style = makers()[asset.model.maker].cloud, "oem", "oem"
            case "dno":
                name, kind, style = stand.home.street.operator, "dno", "dno"
            case "certificates":
                name, kind, style = CERTIFICATES, "platform", "certificates"
            case "fsp":
                name, kind, style = self._provider(), "fsp", "market"
            case _:
                name, kind, style = f"platform-{self.dice.randint(1, self.rates.count('platforms'))}", teller, "market"
        return self._telling(kind, name, style, asset, stand, stand.since, teller)

    def _after_switch(self, before: Telling) -> Telling:
        """The same asset, registered anew by another provider under its own id."""
        name = self._provider()
        while name == before.sender.name:
            name = self._provider()
        day = before.at.date() + timedelta(days=self.dice.randrange(*SWITCH_DAYS))
        telling = self._telling("fsp", name, "market", before.asset, before.stand, day)
        return Telling(telling.sender, telling.asset, telling.stand, telling.at, ("re_registered",))

    def _telling(
        self, kind: str, name: str, style: str, asset: Asset, stand: Stand, day: date, teller: str | None = None
    ) -> Telling:
        dice = self.dice
        earliest, latest = DELAYS[teller or ("restated" if style == "restated" else kind)]
        at = datetime.combine(day, time(7), UTC) + timedelta(
            days=dice.randint(earliest, latest), seconds=dice.randrange(13 * 3600)
        )
        sender = Sender(kind, name, style, self._care_of(name))
        return Telling(sender, asset, stand, at, ("restated_line",) if style == "restated" else ())

    def _provider(self) -> str:
        return f"fsp-{self.dice.randint(1, self.rates.count('providers'))}"

    def _care_of(self, name: str) -> float:
        """A sender is as careful today as yesterday."""
        if name not in self._care:
            self._care[name] = self.dice.uniform(self.rates.world["care_least"], self.rates.world["care_most"])
        return self._care[name]
