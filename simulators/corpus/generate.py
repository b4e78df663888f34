"""A whole corpus: so many notifications in the order in which they arrive, and the truth about each."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random

from simulators.corpus import rates as tables
from simulators.corpus import town, writing_places, writing_ratings, writing_serials
from simulators.corpus.pen import Pen
from simulators.corpus.places import Home, Map
from simulators.corpus.rates import Rates
from simulators.corpus.record import FlatNotification, Truth
from simulators.corpus.tellers import Tellers, Telling
from simulators.corpus.writing_places import Surroundings

NOTIFICATIONS = 20_000
SEED = 1
END = datetime(2026, 11, 1, tzinfo=UTC)
"""A corpus lies in the past of any right clock; what would be told later is not told."""
RETRIED_SHARE = 0.6
"""Of what is sent again as it was: within the day, after an answer that got lost; the rest stands in later files."""


@dataclass(frozen=True)
class Arrival:
    at: datetime
    notification: FlatNotification
    truth: Truth


def generate(seed: int = SEED, notifications: int = NOTIFICATIONS) -> tuple[tuple[FlatNotification, Truth], ...]:
    """Notifications in order of arrival, each with its truth; the same seed gives the same corpus.

    Ids and references are drawn apart from everything else, so that they tell nothing.
    """
    dice = Random(f"corpus {seed}")
    clerk = Clerk(dice, tables.load(), Random(f"corpus ids {seed}"))
    found: list[Arrival] = []
    for part in town.parts(dice, clerk.rates):
        if len(found) >= notifications:
            break
        found += (one for one in clerk.arrivals(part) if one.at < END)
    dice.shuffle(found)
    ordered = sorted(found[:notifications], key=lambda one: one.at)
    return tuple((one.notification, one.truth) for one in ordered)


@dataclass
class Clerk:
    """Writes every telling of a part of the town, and what is sent again."""

    dice: Random
    rates: Rates
    ids: Random
    offices: dict[str, tuple[str, str]] = field(default_factory=dict)
    references: dict[tuple[str, str], str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        plan = Map(self.dice, self.rates)
        for number in range(1, self.rates.count("installers") + 1):
            self.offices[f"installer-{number:02d}"] = plan.office()
        self._tellers = Tellers(self.dice, self.rates)
        self._homes: dict[str, tuple[Home, ...]] = {}

    def arrivals(self, part: town.Part) -> Iterator[Arrival]:
        self._homes[part.homes[0].street.postcode] = part.homes
        around = Surroundings(self._homes, self.offices)
        for asset in part.assets:
            for telling in self._tellers.of(asset):
                first = self._written(telling, around)
                yield first
                if self.rates.share(self.dice, "resend"):
                    yield self._again(telling, first, around)

    def _written(self, telling: Telling, around: Surroundings, extra: tuple[str, ...] = ()) -> Arrival:
        asset, stand, sender = telling.asset, telling.stand, telling.sender
        pen = Pen(self.dice, self.rates, sender, telling.at.date())
        place = writing_places.address(pen, stand.home, around, is_vehicle=asset.vin is not None)
        notification = FlatNotification(
            notification_id=self._id(),
            source_kind=sender.kind,
            sender=sender.name,
            sender_asset_ref=self._reference(sender.name, asset.key),
            occurred_at=_stamp(telling.at),
            manufacturer=writing_ratings.manufacturer(pen, asset),
            model=writing_ratings.model(pen, asset),
            serial_number=writing_serials.serial(pen, asset, stand),
            category=writing_ratings.category(pen, asset),
            capacity_kw=writing_ratings.capacity_kw(pen, asset),
            storage_kwh=writing_ratings.storage_kwh(pen, asset),
            phases=writing_ratings.phases(pen, asset),
            import_mpan=writing_places.import_mpan(pen, stand.home, around),
            export_mpan=writing_places.export_mpan(pen, stand.home, asset.category),
            uprn=writing_places.uprn(pen, stand.home, around),
            address_line=place.line,
            postcode=place.postcode,
            commissioning_date=writing_ratings.commissioning_date(pen, asset, stand),
            ocpp_identity=writing_serials.ocpp_identity(pen, asset),
            mac=writing_serials.mac(pen, asset),
            vin=writing_serials.vin(pen, asset),
        )
        tags = sorted({*asset.tags, *telling.tags, *pen.tags, *extra})
        truth = Truth(
            notification.notification_id,
            sender.name,
            asset.key,
            asset.category,
            stand.home.key,
            asset.estate,
            tuple(tags),
        )
        return Arrival(telling.at, notification, truth)

    def _again(self, telling: Telling, first: Arrival, around: Surroundings) -> Arrival:
        """The same once more: as it was within the day, or in a later file, or written anew."""
        dice = self.dice
        if self.rates.share(dice, "resend_corrected"):
            later = replace(telling, at=telling.at + timedelta(days=dice.randint(2, 60)))
            return self._written(later, around, ("resend", "corrected"))
        at_once = dice.random() < RETRIED_SHARE
        delay = timedelta(seconds=dice.randrange(30, 40_000)) if at_once else timedelta(days=dice.randint(1, 90))
        same = replace(
            first.notification,
            notification_id=self._id(),
            occurred_at=first.notification.occurred_at if at_once else _stamp(telling.at + delay),
        )
        tags = (*first.truth.phenomena, "resend")
        if self.rates.share(dice, "resend_new_reference"):
            same = replace(same, sender_asset_ref=self._id()[:10])
            tags = (*tags, "resend_new_reference")
        truth = replace(first.truth, notification_id=same.notification_id, phenomena=tuple(sorted(tags)))
        return Arrival(telling.at + delay, same, truth)

    def _id(self) -> str:
        return f"{self.ids.getrandbits(64):016x}"

    def _reference(self, sender: str, asset: str) -> str:
        """What the sender calls the asset, the same each time."""
        if (sender, asset) not in self.references:
            self.references[(sender, asset)] = self._id()[:10]
        return self.references[(sender, asset)]


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
