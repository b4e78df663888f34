"""Keeps the queue of questions for people in step with the register, in the same transaction."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from hub.rules.review_items import Question, ReviewState, questions
from hub.services.registration.conflicts import Effect
from registry_store import review_items as store
from registry_store.engine import Connection
from schemas.decisions import Decision
from schemas.outbound import AssetState
from schemas.records.decisions import ReviewItemRow

Asked = dict[UUID, Question]


async def keep(connection: Connection, effects: Sequence[Effect]) -> None:
    """Opens what is asked since these messages, and closes what they have answered."""
    turns = [(effect, *_asked(effect)) for effect in effects if effect.changes]
    ids = {item_id for _, before, after in turns for item_id in (*before, *after)}
    if not ids:
        return
    rows = {row.item_id: row for row in await store.by_ids(connection, sorted(ids))}
    as_they_were = dict(rows)
    for effect, before, after in turns:
        for item_id in before.keys() - after.keys():
            if item_id in rows and rows[item_id].state == ReviewState.OPEN:
                rows[item_id] = _closed(rows[item_id], effect)
        for item_id, question in after.items():
            rows[item_id] = _open(question, rows.get(item_id), effect)
    await store.put(connection, [row for item_id, row in rows.items() if as_they_were.get(item_id) != row])


def _asked(effect: Effect) -> tuple[Asked, Asked]:
    """What its assets asked before a message, and what after it."""
    before: Mapping[UUID, AssetState] = {c.before.asset_id: c.before for c in effect.changes if c.before is not None}
    after = {c.after.asset_id: c.after for c in effect.changes}
    return (
        {i: q for state in before.values() for i, q in questions(state, before).items()},
        {i: q for state in after.values() for i, q in questions(state, after).items()},
    )


def _open(question: Question, row: ReviewItemRow | None, effect: Effect) -> ReviewItemRow:
    """One that is open already stays so since then; it may be asked for another reason now."""
    if row is not None and row.state == ReviewState.OPEN:
        # Of the two assets only one may be known here, which is not enough to see that the serial numbers collide.
        return row.model_copy(update={"reasons": question.reasons})
    return ReviewItemRow(
        item_id=question.item_id,
        kind=question.kind,
        asset_id=question.asset_id,
        other_asset_id=question.other_asset_id,
        reasons=question.reasons,
        state=ReviewState.OPEN,
        opened_at=effect.entry.received_at,
        opened_by=effect.claim.source,
        opened_message_id=effect.claim.message_id,
        closed_at=None,
        closed_by=None,
        closed_message_id=None,
    )


def _closed(row: ReviewItemRow, effect: Effect) -> ReviewItemRow:
    decided = isinstance(effect.claim.notification, Decision)
    return row.model_copy(
        update={
            "state": ReviewState.DECIDED if decided else ReviewState.GONE,
            "closed_at": effect.entry.received_at,
            "closed_by": effect.claim.source,
            "closed_message_id": effect.claim.message_id,
        }
    )
