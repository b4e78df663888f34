"""Flexibility service providers: they read their alerts and check that each is of an asset they act for."""

from collections.abc import Callable, Iterable, Sequence

from schemas.outbound import Opportunity
from schemas.topics import fsp_topic
from schemas.vocabulary import ConsentStatus
from simulators.client import Change
from simulators.subscriber import POLL_MS, Feed, from_the_beginning

CONSENTED = frozenset({ConsentStatus.ACTIVE, ConsentStatus.NOT_REQUIRED})

OpportunityFeed = Feed[Opportunity]


async def follow(
    kafka: str, providers: Sequence[str], feeds: dict[str, OpportunityFeed], enough: Callable[[], bool]
) -> None:
    """Reads the providers' topics into `feeds` until `enough` says so."""
    owners = {fsp_topic(provider): provider for provider in providers}
    feeds.update({provider: Feed(provider, Opportunity) for provider in providers})
    async with from_the_beginning(kafka, list(owners)) as consumer:
        while not enough():
            for partition, records in (await consumer.getmany(timeout_ms=POLL_MS)).items():
                feed = feeds[owners[partition.topic]]
                for record in records:
                    taken = feed.take(record.headers, record.value)
                    if taken is not None:
                        check(feed, taken[1])
                        feed.told.add(str(taken[1].event_id))


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
