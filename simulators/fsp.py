"""Flexibility service providers: they read their alerts and check that each is of an asset they act for."""

from collections.abc import Callable, Iterable, Sequence

from schemas.outbound import Opportunity
from schemas.topics import fsp_topic
from schemas.vocabulary import ConsentStatus
from simulators import subscriber
from simulators.client import Change
from simulators.subscriber import Feed

CONSENTED = frozenset({ConsentStatus.ACTIVE, ConsentStatus.NOT_REQUIRED})

OpportunityFeed = Feed[Opportunity]


async def follow(
    kafka: str, providers: Sequence[str], feeds: dict[str, OpportunityFeed], enough: Callable[[], bool]
) -> None:
    """Reads the providers' topics into `feeds` until `enough` says so."""
    feeds.update({provider: Feed(provider, Opportunity) for provider in providers})
    await subscriber.follow(kafka, {fsp_topic(feed.owner): feed for feed in feeds.values()}, _take, enough)


def _take(feed: OpportunityFeed, opportunity: Opportunity) -> None:
    check(feed, opportunity)
    feed.told.add(str(opportunity.event_id))


def check(feed: OpportunityFeed, opportunity: Opportunity) -> None:
    """Holds one alert against its receiver."""
    if opportunity.fsp != feed.owner:
        feed.problem(f"an alert for {opportunity.fsp} came on this topic")
    if not opportunity.products:
        feed.problem(f"the alert for asset {opportunity.asset_id} names no product")


def check_consent(feed: OpportunityFeed, changes: Iterable[Change]) -> None:
    """Every alert comes from a version of the asset that named this provider, with consent."""
    by_event = {change.event_id: change.asset for change in changes}
    for event_id in sorted(feed.told):
        asset = by_event.get(event_id)
        if asset is None:
            feed.problem(f"an alert names event {event_id}, which is not in the change feed")
        elif asset.market is None or asset.market.fsp != feed.owner:
            feed.problem(f"an alert is of asset {asset.asset_id}, for which it does not act")
        elif asset.consent not in CONSENTED:
            feed.problem(f"an alert is of asset {asset.asset_id} without consent ({asset.consent})")
