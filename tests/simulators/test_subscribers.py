"""Subscribers see what is wrong with a feed, and nothing wrong with a right one."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from schemas import avro
from schemas.asset import MarketClaim
from schemas.outbound import AssetState, Opportunity, Place, ProductMatch, SystemOperatorNotice
from schemas.vocabulary import AssetStatus, ConsentStatus, Direction, MpanResolution
from simulators import fsp, so
from simulators.client import Change
from simulators.subscriber import Feed

NOW = datetime(2026, 11, 2, tzinfo=UTC)
ASSET = UUID(int=1)
LONDON = Place(distributor_id="12", postcode="SE1 0AA", uprn="100023456")


def asset(place: Place = LONDON, operators: tuple[str, ...] = ("UKPN_LPN", "NESO"), **more: Any) -> AssetState:
    return AssetState(
        asset_id=ASSET,
        version=1,
        status=AssetStatus.NOTIFIED,
        mpan_resolution=MpanResolution.NOT_FOUND,
        place=place,
        effective_from=date(2025, 1, 1),
        operators=operators,
        **more,
    )


IN_LONDON = asset()


@dataclass(frozen=True)
class Sent:
    """One event as Kafka carries it."""

    seq: int
    event: UUID
    asset_id: UUID = ASSET
    version: int = 1
    state: AssetState = IN_LONDON

    @property
    def headers(self) -> list[tuple[str, bytes]]:
        named = {
            "event-id": self.event,
            "feed-seq": self.seq,
            "asset-id": self.asset_id,
            "asset-version": self.version,
        }
        return [(name, str(value).encode()) for name, value in named.items()]

    def notice(self, **more: Any) -> SystemOperatorNotice:
        fields: dict[str, Any] = {
            "notice_id": uuid4(),
            "event_id": self.event,
            "operator": "ukpn_lpn",
            "basis": "meter_point",
            "change": "registered",
            "changed_fields": (),
            "recorded_at": NOW,
            "asset": self.state,
        }
        return SystemOperatorNotice(**{**fields, **more})


ONE, TWO, THREE = (Sent(n, UUID(int=100 + n), version=n) for n in (1, 2, 3))


def taken(*sent: Sent) -> Feed[SystemOperatorNotice]:
    feed = Feed("ukpn_lpn", SystemOperatorNotice)
    for each in sent:
        feed.take(each.headers, avro.encode(each.notice()))
    return feed


def test_a_right_feed_with_repeats_has_no_problem() -> None:
    feed = taken(ONE, TWO, TWO, ONE, THREE)
    assert (feed.received, feed.repeats, feed.problems) == (3, 2, [])


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ((TWO,), "jumps from 0 to 2"),
        ((ONE, THREE), "jumps from 1 to 3"),
        ((ONE, replace(ONE, event=UUID(int=9))), "came twice with different events"),
        ((ONE, replace(ONE, seq=2, version=2)), "under two numbers"),
        ((ONE, replace(TWO, version=1)), "goes back to version 1"),
    ],
)
def test_a_wrong_feed_is_noticed(sent: tuple[Sent, ...], said: str) -> None:
    (problem,) = taken(*sent).problems
    assert said in problem


@pytest.mark.parametrize("lacking", ["event-id", "feed-seq", "asset-id", "asset-version"])
def test_an_event_without_a_header_is_noticed(lacking: str) -> None:
    feed = Feed("ukpn_lpn", SystemOperatorNotice)
    headers = [(name, value) for name, value in ONE.headers if name != lacking]
    assert feed.take(headers, avro.encode(ONE.notice())) is None
    assert "cannot be read" in feed.problems[0]


def test_bytes_that_are_no_notice_are_noticed() -> None:
    feed = Feed("ukpn_lpn", SystemOperatorNotice)
    assert feed.take(ONE.headers, b"nonsense") is None
    assert "cannot be read" in feed.problems[0]


HOSTED = Place(distributor_id="24", host_distributor_id="12")
DECLARED = Place(dno_code="UKPN_LPN")
YORKSHIRE = Place(distributor_id="23")
NATIONAL = Place(distributor_id="12", import_mpan="1200000000000")


@pytest.mark.parametrize(
    ("owner", "place", "operators", "more", "said"),
    [
        ("ukpn_lpn", LONDON, ("UKPN_LPN",), {}, None),
        ("ukpn_lpn", HOSTED, ("IDNO_IPNL", "UKPN_LPN"), {}, None),
        ("idno_ipnl", HOSTED, ("IDNO_IPNL", "UKPN_LPN"), {"operator": "idno_ipnl"}, None),
        ("ukpn_lpn", DECLARED, ("UKPN_LPN",), {"basis": "declared"}, None),
        ("ukpn_lpn", YORKSHIRE, ("NPG_YK",), {"basis": "formerly"}, None),
        ("ukpn_lpn", YORKSHIRE, ("UKPN_LPN",), {}, "not of its area"),
        ("ukpn_lpn", LONDON, ("NPG_YK",), {}, "does not name it"),
        ("npg_yk", YORKSHIRE, ("NPG_YK",), {}, "a notice for ukpn_lpn"),
        ("neso", NATIONAL, ("UKPN_LPN",), {"operator": "neso", "basis": "national"}, None),
        ("neso", LONDON, ("UKPN_LPN",), {"operator": "neso"}, "shows uprn and postcode"),
    ],
)
def test_an_operator_hears_of_its_area_and_of_no_more(
    owner: str, place: Place, operators: tuple[str, ...], more: dict[str, Any], said: str | None
) -> None:
    feed: so.NoticeFeed = Feed(owner, SystemOperatorNotice)
    so.check(feed, replace(ONE, state=asset(place, operators)).notice(**more))
    assert [said in problem for problem in feed.problems if said] == ([True] if said else [])
    assert len(feed.problems) == (1 if said else 0)


def alert(**more: Any) -> Opportunity:
    match = ProductMatch(product_code="DFS", procurer="NESO", direction=Direction.DEMAND_DOWN, reason="fits")
    fields: dict[str, Any] = {
        "opportunity_id": uuid4(),
        "event_id": ONE.event,
        "fsp": "fsp-1",
        "asset_id": ASSET,
        "version": 1,
        "recorded_at": NOW,
        "products": (match,),
    }
    return Opportunity(**{**fields, **more})


@pytest.mark.parametrize(
    ("more", "said"),
    [({}, None), ({"fsp": "fsp-2"}, "an alert for fsp-2"), ({"products": ()}, "names no product")],
)
def test_an_alert_is_for_its_provider_and_names_products(more: dict[str, Any], said: str | None) -> None:
    feed: fsp.OpportunityFeed = Feed("fsp-1", Opportunity)
    fsp.check(feed, alert(**more))
    assert [p for p in feed.problems if said is None or said not in p] == []
    assert len(feed.problems) == (1 if said else 0)


@pytest.mark.parametrize(
    ("claimant", "consent", "said"),
    [
        ("fsp-1", ConsentStatus.ACTIVE, None),
        ("fsp-2", ConsentStatus.ACTIVE, "for which it does not act"),
        (None, None, "for which it does not act"),
        ("fsp-1", ConsentStatus.WITHDRAWN, "without consent"),
        ("fsp-1", None, "without consent"),
    ],
)
def test_an_alert_needs_the_providers_own_claim_and_consent(
    claimant: str | None, consent: ConsentStatus | None, said: str | None
) -> None:
    feed: fsp.OpportunityFeed = Feed("fsp-1", Opportunity)
    feed.told.add(str(ONE.event))
    state = asset(market=MarketClaim(fsp=claimant) if claimant else None, consent=consent)
    fsp.check_consent(feed, [Change(1, str(ONE.event), state)])
    assert [p for p in feed.problems if said is None or said not in p] == []
    assert len(feed.problems) == (1 if said else 0)


def test_an_alert_about_an_event_that_is_not_in_the_change_feed_is_noticed() -> None:
    feed: fsp.OpportunityFeed = Feed("fsp-1", Opportunity)
    feed.told.add(str(ONE.event))
    fsp.check_consent(feed, [])
    assert "not in the change feed" in feed.problems[0]
