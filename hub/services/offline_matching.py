"""The identity rules over a file of flat notifications, in their order: the same rules as the registration's."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import UUID

from hub.rules.matching.asset_id import asset_id, own_id
from hub.rules.matching.clustering import Rulings
from hub.rules.matching.judgement import Judgement, judge
from hub.rules.matching.neighbourhood import Sightings
from hub.rules.matching.policy import Policy
from hub.rules.matching.reading import Particulars, sighting
from hub.rules.matching.sighting import Key, Sighting, SightingId
from hub.rules.matching.standing import standings
from schemas.device_codes import device_identifier
from schemas.flat_notification import FlatNotification

_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Matched:
    """What was decided about a notification when it arrived, and where its claim stands at the end."""

    notification_id: str
    asset_id: UUID
    judgement: Judgement


class Matching:
    """Takes notifications one by one. `results` tells where each stands after the last."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._sightings = Sightings(policy)
        self._told: dict[SightingId, list[FlatNotification]] = defaultdict(list)
        self._stands: dict[SightingId, UUID] = {}
        self._arrived: list[tuple[str, SightingId, Judgement]] = []

    def take(self, notification: FlatNotification) -> None:
        """Decides about one notification and all that it changes."""
        sighting_id = _id(notification)
        told = self._told[sighting_id]
        told.append(notification)
        known = self._sightings.get(sighting_id)
        # Of a file, the line stands for the time of arrival.
        own = known.own_id if known else own_id(sighting_id, datetime.fromtimestamp(len(self._arrived) / 1000, UTC))
        touched = self._sightings.put(_sighting(sighting_id, own, told, self._policy))
        settled = self._sightings.settle(touched, Rulings())
        for cluster in settled.clusters:
            self._stands.update(dict.fromkeys(cluster.ids, asset_id(cluster.members)))
        found = standings(settled, self._stands)
        device = next(c for c in settled.clusters if sighting_id in c.ids)
        judgement = judge(sighting_id, {i: found[i] for i in device.ids}, again=known is not None)
        self._arrived.append((notification.notification_id, sighting_id, judgement))

    def results(self) -> Iterator[Matched]:
        """What was decided on arrival; the candidates for a review are named by where they stand at the end, too."""
        now = {self._sightings[i].own_id: asset for i, asset in self._stands.items()}
        for notification_id, sighting_id, judgement in self._arrived:
            stands = self._stands[sighting_id]
            others = tuple(sorted({now[a] for a in judgement.others} - {stands}))
            yield Matched(notification_id, stands, replace(judgement, others=others))


def sightings_of(notifications: Iterable[FlatNotification], policy: Policy) -> Iterator[Sighting]:
    """What each sender says under each reference in all, in the order in which it first did."""
    told: dict[SightingId, list[FlatNotification]] = defaultdict(list)
    for notification in notifications:
        told[_id(notification)].append(notification)
    for number, (sighting_id, said) in enumerate(told.items()):
        own = own_id(sighting_id, datetime.fromtimestamp(number / 1000, UTC))
        yield _sighting(sighting_id, own, said, policy)


def _id(notification: FlatNotification) -> SightingId:
    """Who gives no reference tells of a device of its own each time."""
    sender = notification.sender or notification.source_kind or ""
    return sender, notification.sender_asset_ref or f"notification {notification.notification_id}"


def _sighting(sighting_id: SightingId, own: UUID, told: Iterable[FlatNotification], policy: Policy) -> Sighting:
    """What a sender said in all: newer words stand over older ones, what is absent stays as it was."""
    said = sorted(told, key=lambda n: (_when(n), n.notification_id))
    facts = {name: value for n in said for name, value in n if value is not None}
    whole = FlatNotification.model_construct(**facts)
    return sighting(
        sighting_id,
        own,
        _when(said[0]).date(),
        Particulars(
            source_kind=whole.source_kind,
            category=whole.category,
            manufacturer=whole.manufacturer,
            model=whole.model,
            serial_number=whole.serial_number,
            capacity_kw=None if whole.capacity_kw is None else float(whole.capacity_kw),
            storage_kwh=None if whole.storage_kwh is None else float(whole.storage_kwh),
            phases=whole.phases,
            commissioned_on=whole.commissioning_date,
            devices=frozenset(_devices(whole)),
            gateways=frozenset({device_identifier(whole.mac)} if whole.mac else ()),
            import_mpan=whole.import_mpan,
            export_mpan=whole.export_mpan,
            uprn=whole.uprn,
            address_line=whole.address_line,
            postcode=whole.postcode,
        ),
        policy,
    )


def _when(notification: FlatNotification) -> datetime:
    when = notification.occurred_at or _NEVER
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def _devices(told: FlatNotification) -> Iterator[Key]:
    if told.vin:
        yield ("VIN", "", device_identifier(told.vin))
    if told.ocpp_identity:
        yield ("OCPP", "", device_identifier(told.ocpp_identity))
