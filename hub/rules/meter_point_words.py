"""The word of a network operator about a meter point: it settles what may be several, and what sources contradict."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from hub.rules.claims import Told
from hub.rules.meter_point_facts import Resolution
from hub.rules.review_rights import Answer, Decider, Side, Standing, may_decide, operators_of
from schemas.reference.review import METER_POINT
from schemas.vocabulary import MpanResolution

_NAMED = "The network operator has named the meter point."


@dataclass(frozen=True)
class Word:
    """What somebody with the right to it named, as the registry knows it. `about` is the source and its reference."""

    decided_at: datetime
    message_id: str
    resolution: Resolution
    decider: Decider | None = None
    about: tuple[str, str] | None = None


def may_name(decider: Decider, named: Resolution, there: Sequence[Side]) -> Answer:
    """Whether somebody may name these meter points for a device at those places: each number, and where it stands."""
    numbers = (named.import_mpan, named.export_mpan)
    return may_decide(decider, METER_POINT, [*(Side(None, operators_of(n)) for n in numbers), *there])


def counts(word: Word, there: Sequence[Side]) -> bool:
    """Whether it still is a word of somebody with the right to it, by what is told of the device now."""
    return word.decider is None or may_name(word.decider, word.resolution, there).standing is Standing.ALLOWED


def counting(words: Sequence[Word], told: Sequence[Told]) -> Iterator[Word]:
    """Those that count: one that was said before its device was told of may be about another network's."""
    found = {t.latest.reference: t.resolution for t in told}
    for word in words:
        resolution = found.get(word.about) if word.about is not None else None
        there = [Side(None, operators_of(resolution.import_mpan, resolution.export_mpan))] if resolution else []
        if counts(word, there):
            yield word


def settled(found: Resolution, words: Sequence[Word]) -> Resolution:
    """What the sources say, with the newest word in its place; a direction of which it says nothing stays theirs."""
    if not words:
        return found
    word = max(words, key=lambda w: (w.decided_at, w.message_id)).resolution
    return replace(
        word,
        outcome=MpanResolution.SUPPLIED_VERIFIED,
        import_mpan=word.import_mpan or found.import_mpan,
        export_mpan=word.export_mpan or found.export_mpan,
        distributor_id=word.distributor_id or found.distributor_id,
        host_distributor_id=word.host_distributor_id or found.host_distributor_id,
        gsp_group=word.gsp_group or found.gsp_group,
        region=word.region or found.region,
        candidates=(),
        reasons=(_NAMED,),
        needs_query=False,
    )
