"""The queue of questions, for a person who may see a part of it, and the decisions that people take there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from hub import clock
from hub.rules import preconditions
from hub.rules.access import Grant
from hub.rules.preconditions import Refusal
from hub.rules.review_items import PAIRS, ReviewKind, ReviewState
from hub.rules.review_rights import Decider, Side, Standing, may_decide, operators_of
from hub.rules.side_by_side import SideBySide, side_by_side
from hub.services.audit.access import AccessLog
from hub.services.audit.log import Draft
from hub.services.audited_reads import granted
from hub.services.directory import DirectoryWatch
from hub.services.own_voice import Voice
from hub.services.views import Views, provided
from registry_store import assets, review_items, sightings
from registry_store.engine import Connection, Engine, transaction
from registry_store.review_items import Cursor, Filters
from schemas.decisions import IdentityDecided, IdentityVerdict, MeterPointDecided, Named
from schemas.outbound import AssetState
from schemas.records.assets import AssetRow
from schemas.records.decisions import ReviewItemRow
from schemas.reference.review import IDENTITY, METER_POINT


@dataclass(frozen=True)
class Item:
    """A question with the assets that it is about, as far as the reader sees them; `version` rises with theirs."""

    row: ReviewItemRow
    version: int
    sides: tuple[AssetState | None, ...]
    compared: SideBySide | None


@dataclass(frozen=True)
class Wish:
    """What a person has decided about an item: a verdict about two assets (`newer` is the one that took the other's
    place), or the meter points of one."""

    item_id: UUID
    verdict: IdentityVerdict | None
    reason: str
    if_match: str | None
    newer: UUID | None = None
    import_mpan: str | None = None
    export_mpan: str | None = None


@dataclass(frozen=True)
class Taken:
    """A decision on its way: the message whose receipt will tell what became of it."""

    item_id: UUID
    message_id: str


@dataclass(frozen=True)
class NotTaken:
    item_id: UUID
    refusal: Refusal


class Reviews:
    """Every read takes the grant of the reader; what is not his to see is not there."""

    def __init__(self, engine: Engine, accesses: AccessLog) -> None:
        self._engine = engine
        self._accesses = accesses

    async def page(self, grant: Grant, filters: Filters, after: Cursor | None, limit: int) -> list[ReviewItemRow]:
        async with transaction(self._engine) as connection:
            rows = await review_items.page(connection, grant.rows, filters, after, limit)
        for row in rows:
            await self._note(grant, row)
        return rows

    async def item(self, grant: Grant, item_id: UUID) -> Item | None:
        async with transaction(self._engine) as connection:
            row = await review_items.one(connection, grant.rows, item_id)
            found = None if row is None else await _item(connection, grant, row)
        if found is not None:
            await self._note(grant, found.row)
        return found

    async def _note(self, grant: Grant, row: ReviewItemRow) -> None:
        asked = {"grant": granted(grant), "item_id": str(row.item_id)}
        await self._accesses.note(Draft("read_review", grant.participant or "", asked, asset_id=row.asset_id))


async def _item(connection: Connection, grant: Grant, row: ReviewItemRow) -> Item:
    found = await _assets(connection, row)
    states = [AssetState.model_validate(asset.state) for asset in found]
    views = await Views.load(connection, grant, states, provided(grant, states), clock.today())
    shown = tuple(views.of(state) for state in states)
    seen = [state for state in shown if state is not None]
    return Item(row, _version(found), shown, side_by_side(*seen) if len(seen) == 2 else None)


async def _assets(connection: Connection, row: ReviewItemRow) -> list[AssetRow]:
    ids = [i for i in (row.asset_id, row.other_asset_id) if i is not None]
    by_id = {asset.asset_id: asset for asset in await assets.by_ids(connection, ids)}
    return [by_id[i] for i in ids]


def _version(found: Sequence[AssetRow]) -> int:
    """One number for both: it rises with each change of either."""
    return sum(asset.version for asset in found)


class Decisions:
    """Takes decisions of people with a token, and says them into the journal on their behalf."""

    def __init__(self, engine: Engine, directory: DirectoryWatch, voice: Voice) -> None:
        self._engine = engine
        self._directory = directory
        self._voice = voice

    async def decide(self, grant: Grant, wishes: Sequence[Wish], *, dry_run: bool = False) -> list[Taken | NotTaken]:
        """An answer for each, in their order; those that can be taken are, whatever becomes of the others."""
        now = clock.now()
        async with transaction(self._engine) as connection:
            checked = [await self._checked(connection, grant, wish, now) for wish in wishes]
        said = [c for c in checked if not isinstance(c, Refusal)]
        ids = iter(await self._voice.say(said) if said and not dry_run else [""] * len(said))
        return [
            NotTaken(wish.item_id, c) if isinstance(c, Refusal) else Taken(wish.item_id, next(ids))
            for wish, c in zip(wishes, checked, strict=True)
        ]

    async def _checked(
        self, connection: Connection, grant: Grant, wish: Wish, now: datetime
    ) -> IdentityDecided | MeterPointDecided | Refusal:
        row = await review_items.one(connection, grant.rows, wish.item_id)
        if row is None:
            return Refusal(404, "no_review", "There is no question with this id among those that you may see.")
        if row.state != ReviewState.OPEN:
            return Refusal(409, "not_open", f"This question is {row.state} already; look at its assets again.")
        if (wrong := _does_not_answer(wish, row)) is not None:
            return Refusal(400, "malformed", wrong)
        found = await _assets(connection, row)
        stale = preconditions.check(wish.if_match, _version(found))
        return stale or self._no_right(grant, wish, found) or await self._decision(connection, grant, wish, found, now)

    def _no_right(self, grant: Grant, wish: Wish, found: Sequence[AssetRow]) -> Refusal | None:
        member = self._directory.current.members.get(grant.participant or "")
        if member is None:
            return Refusal(403, "forbidden", "You take no part in this hub.")
        sides = [_side(asset) for asset in found]
        question = IDENTITY if wish.verdict is not None else METER_POINT
        answer = may_decide(Decider(member.id, member.kind, member.operator_codes), question, sides)
        if answer.standing is Standing.DENIED:
            return Refusal(403, "forbidden", f"{answer.rule_id}: {answer.sentence}")
        return None

    async def _decision(
        self, connection: Connection, grant: Grant, wish: Wish, found: Sequence[AssetRow], now: datetime
    ) -> IdentityDecided | MeterPointDecided:
        named = [await _named(connection, a) for a in sorted(found, key=lambda asset: asset.asset_id != wish.newer)]
        said = {
            "sender": self._voice.participant,
            "on_behalf_of": grant.participant,
            "occurred_at": now,
            "reason": wish.reason,
        }
        if wish.verdict is not None:
            return IdentityDecided.model_validate({**said, "one": named[0], "other": named[1], "verdict": wish.verdict})
        mpans = {"import_mpan": wish.import_mpan, "export_mpan": wish.export_mpan}
        return MeterPointDecided.model_validate({**said, **mpans, "asset": named[0]})


async def _named(connection: Connection, asset: AssetRow) -> Named:
    """By the reference that the asset's id comes from: that is the same in every replay of the journal."""
    sighting = await sightings.by_own_id(connection, asset.asset_id)
    if sighting is None:
        raise LookupError("an asset without the sighting that it has its id from")
    return Named(source=sighting.source, sender_asset_ref=sighting.reference, expected_version=asset.version)


def _does_not_answer(wish: Wish, row: ReviewItemRow) -> str | None:
    """What is missing in an answer to a question of this kind, or wrong with it."""
    pair = ReviewKind(row.kind) in PAIRS
    if not pair and wish.verdict is not None:
        return _ONE_ASSET
    if pair and wish.verdict is None:
        return _TWO_ASSETS
    if not pair and wish.import_mpan is None and wish.export_mpan is None:
        return _ONE_ASSET
    if wish.verdict is IdentityVerdict.REPLACEMENT and wish.newer not in (row.asset_id, row.other_asset_id):
        return "Of a replacement say in `newer` which of the two assets is the new one."
    return None


_ONE_ASSET = (
    "This question is about one asset: name its import_mpan or export_mpan. Where sources contradict each other"
    " otherwise, it goes once what they tell agrees; have one of them send an update."
)
_TWO_ASSETS = "This question is about two assets: give a verdict, one of same, different, replacement, related."


def _side(asset: AssetRow) -> Side:
    source = asset.sources[0] if len(asset.sources) == 1 else None
    return Side(source, operators_of(asset.import_mpan, asset.export_mpan))
