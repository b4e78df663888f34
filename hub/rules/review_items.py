"""Which questions an asset puts to people: a function of its state, so that a question goes once its cause has gone."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from hub.rules import disagreement
from schemas.identifiers import normalise_serial
from schemas.outbound import AssetState
from schemas.vocabulary import MpanResolution


class ReviewKind(StrEnum):
    """What is to be decided. The first two are about a pair of assets, the others about one."""

    POSSIBLE_DUPLICATE = "possible_duplicate"
    SERIAL_COLLISION = "serial_collision"
    AMBIGUOUS_METER_POINT = "ambiguous_meter_point"
    WRITERS_CONFLICT = "writers_conflict"


class ReviewState(StrEnum):
    """`GONE`: what was told since has answered the question without a decision."""

    OPEN = "open"
    DECIDED = "decided"
    GONE = "gone"


PAIRS = frozenset({ReviewKind.POSSIBLE_DUPLICATE, ReviewKind.SERIAL_COLLISION})
_DOUBT = "ID-NEEDS_REVIEW"
_METER_POINT = frozenset({f"MPAN-{MpanResolution.AMBIGUOUS}"})
_WRITERS = frozenset({f"MPAN-{MpanResolution.CONFLICT}", disagreement.RULE})


@dataclass(frozen=True)
class Question:
    """One thing to decide about one asset, or about two in the order of their ids; `reasons` are sentences."""

    kind: ReviewKind
    asset_id: UUID
    other_asset_id: UUID | None
    reasons: tuple[str, ...]

    @property
    def item_id(self) -> UUID:
        """The same whenever the same is asked of the same, so that it is in the queue once."""
        about = "pair" if self.kind in PAIRS else self.kind
        digest = hashlib.blake2b(f"{about} {self.asset_id} {self.other_asset_id}".encode(), digest_size=16)
        return UUID(bytes=digest.digest(), version=5)


def questions(state: AssetState | None, others: Mapping[UUID, AssetState]) -> dict[UUID, Question]:
    """What an asset asks, by id of the question. `others` are states of assets that it may ask about."""
    if state is None or state.merged_into is not None:
        return {}
    pairs: dict[UUID, list[str]] = {}
    about: dict[ReviewKind, list[str]] = {}
    for concern in state.concerns:
        if concern.rule_id == _DOUBT and concern.with_asset_id is not None:
            pairs.setdefault(concern.with_asset_id, []).append(concern.sentence)
        elif concern.rule_id in _METER_POINT:
            about.setdefault(ReviewKind.AMBIGUOUS_METER_POINT, []).append(concern.sentence)
        elif concern.rule_id in _WRITERS:
            about.setdefault(ReviewKind.WRITERS_CONFLICT, []).append(concern.sentence)
    found = [_pair(state, other, others.get(other), reasons) for other, reasons in pairs.items()]
    found += [Question(kind, state.asset_id, None, tuple(reasons)) for kind, reasons in about.items()]
    return {question.item_id: question for question in found}


def _pair(state: AssetState, other_id: UUID, other: AssetState | None, reasons: list[str]) -> Question:
    serials = {normalise_serial(s.serial_number).normal for s in (state, other) if s is not None}
    collides = other is not None and len(serials) == 1 and None not in serials
    kind = ReviewKind.SERIAL_COLLISION if collides else ReviewKind.POSSIBLE_DUPLICATE
    lesser, greater = sorted((state.asset_id, other_id))
    return Question(kind, lesser, greater, tuple(sorted(reasons)))
