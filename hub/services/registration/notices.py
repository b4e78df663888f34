"""Who is told of a change, and what: the feed of changes, the operators concerned, the provider in control."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from uuid import UUID

import uuid_utils.compat as uuid

from hub.clock import london_date
from hub.rules import opportunity
from hub.rules.claims import Claim
from hub.rules.visibility import changes_seen, mask, visible_to
from hub.services.directory import Directory
from hub.services.registration.conflicts import Change
from registry_store.outbox import Outgoing
from schemas import avro, topics
from schemas.asset import Shape
from schemas.made import made
from schemas.outbound import (
    AssetChanged,
    AssetState,
    Cause,
    Opportunity,
    Place,
    ProductMatch,
    SystemOperatorNotice,
)
from schemas.vocabulary import AssetStatus, DedupeOutcome

FORMERLY = "formerly"
_OFFERED = frozenset({AssetStatus.VERIFIED, AssetStatus.PENDING_VALIDATION})


@dataclass(frozen=True)
class Event:
    """One change of one asset, about to be told."""

    event_id: UUID
    claim: Claim
    change: Change
    material: bool
    recorded_at: datetime

    @property
    def state(self) -> AssetState:
        return self.change.after


def of(
    claim: Claim, change: Change, directory: Directory, now: datetime, *, material: bool, tell_all: bool
) -> Iterator[Outgoing]:
    """Every message that a change gives rise to; the first is the change itself.

    Operators are told of what is material to them, or of all. What is not is in the version and in the feed.
    """
    event = Event(uuid.uuid7(), claim, change, material, now)
    yield _outgoing(event, topics.CHANGES, _changed(event))
    if material or tell_all:
        yield from _to_operators(event, directory)
    if (offer := _opportunity(event)) is not None:
        yield _outgoing(event, topics.fsp_topic(offer.fsp), offer)


def _outgoing(event: Event, topic: str, message: Shape) -> Outgoing:
    state = event.state
    return Outgoing(
        event.event_id,
        topic,
        state.asset_id.bytes,
        avro.encode(message),
        state.asset_id,
        state.version,
        event.recorded_at,
    )


def _changed(event: Event) -> AssetChanged:
    claim = event.claim
    cause = made(
        Cause, participant=claim.sender, message_id=claim.message_id, notification=type(claim.notification).__name__
    )
    return made(
        AssetChanged,
        event_id=event.event_id,
        asset_id=event.state.asset_id,
        version=event.state.version,
        change=event.change.name,
        changed_fields=event.change.changed_fields,
        recorded_at=event.recorded_at,
        cause=cause,
        asset=event.state,
        material=event.material,
    )


def _to_operators(event: Event, directory: Directory) -> Iterator[Outgoing]:
    """Each operator once, with what it may see; one whose area the asset has left is told that, too."""
    routes = dict(event.change.routes)
    for code in event.change.before.operators if event.change.before else ():
        routes.setdefault(code, FORMERLY)
    today = london_date(event.recorded_at)
    for code, basis in sorted(routes.items()):
        participant = directory.operators.get(code)
        if participant is None:
            continue
        state = _as_seen_from(basis, event.state)
        visibility = visible_to(directory.members[participant].kind)
        notice = made(
            SystemOperatorNotice,
            notice_id=uuid.uuid7(),
            event_id=event.event_id,
            operator=participant,
            basis=basis,
            change=event.change.name,
            changed_fields=changes_seen(event.change.changed_fields, state, visibility, today),
            recorded_at=event.recorded_at,
            asset=mask(state, visibility, today),
        )
        yield _outgoing(event, topics.system_operator_topic(participant), notice)


def _as_seen_from(basis: str, state: AssetState) -> AssetState:
    """An operator whose area the asset has left has no business with where it is now."""
    return state.model_copy(update={"place": Place()}) if basis == FORMERLY else state


def _opportunity(event: Event) -> Opportunity | None:
    """An alert where the products that fit are others than before, or the provider is another."""
    state, before = event.state, event.change.before
    fsp, products = _offer(state, event.recorded_at)
    if fsp is None or not products or (before is not None and _offer(before, event.recorded_at) == (fsp, products)):
        return None
    return made(
        Opportunity,
        opportunity_id=uuid.uuid7(),
        event_id=event.event_id,
        fsp=fsp,
        asset_id=state.asset_id,
        version=state.version,
        recorded_at=event.recorded_at,
        products=products,
    )


def _offer(state: AssetState, now: datetime) -> tuple[str | None, tuple[ProductMatch, ...]]:
    """The provider to be told and what fits; nobody while the asset is in question or without consent."""
    if state.market is None or state.status not in _OFFERED or state.dedupe is DedupeOutcome.NEEDS_REVIEW:
        return None, ()
    place = state.place
    rated: Decimal | None = state.rated_capacity_kw
    facts = opportunity.AssetFacts(str(state.asset_category), rated, place.distributor_id, place.gsp_group)
    return state.market.fsp, tuple(map(_match, opportunity.fits(facts, None, london_date(now))))


@lru_cache(1024)
def _match(fit: opportunity.Fit) -> ProductMatch:
    return ProductMatch(
        product_code=fit.product_code, procurer=fit.procurer, direction=fit.direction, reason=fit.reason
    )
