"""System Operators: they read their own topics and check that they hear of their area and no more."""

from collections.abc import Callable, Sequence

from schemas.outbound import SystemOperatorNotice
from schemas.reference import load
from schemas.topics import system_operator_topic
from simulators import subscriber
from simulators.subscriber import Feed

NESO = "neso"
HIDDEN_FROM_NESO = ("uprn", "address_line", "postcode", "meter_serial")
"""Of the place; the visibility policy keeps them from the national operator by default."""

NoticeFeed = Feed[SystemOperatorNotice]


def all_operators() -> list[str]:
    """Participant ids of every operator in the reference table, and NESO."""
    return [*sorted(d.operator_code.lower() for d in load.distributors().values()), NESO]


def check(feed: NoticeFeed, notice: SystemOperatorNotice) -> None:
    """Holds one notice against what its receiver may be told."""
    asset, place = notice.asset, notice.asset.place
    if notice.operator != feed.owner:
        feed.problem(f"a notice for {notice.operator} came on this topic")
    if feed.owner == NESO:
        shown = [name for name in HIDDEN_FROM_NESO if getattr(place, name) is not None]
        if shown:
            feed.problem(f"asset {asset.asset_id} shows {' and '.join(shown)}")
        return
    if notice.basis == "formerly":
        return
    own = {d.distributor_id for d in load.distributors().values() if d.operator_code.lower() == feed.owner}
    declared = load.area_codes().get((place.dno_code or "").casefold())
    if not own & {place.distributor_id, place.host_distributor_id, declared}:
        feed.problem(f"asset {asset.asset_id} is not of its area (basis {notice.basis})")
    if feed.owner not in {code.lower() for code in asset.operators}:
        feed.problem(f"asset {asset.asset_id} does not name it among its operators")


async def follow(
    kafka: str, operators: Sequence[str], feeds: dict[str, NoticeFeed], enough: Callable[[], bool]
) -> None:
    """Reads the operators' topics into `feeds` until `enough` says so."""
    feeds.update({operator: Feed(operator, SystemOperatorNotice) for operator in operators})
    await subscriber.follow(kafka, {system_operator_topic(feed.owner): feed for feed in feeds.values()}, _take, enough)


def _take(feed: NoticeFeed, notice: SystemOperatorNotice) -> None:
    check(feed, notice)
    feed.told.add(str(notice.event_id))
