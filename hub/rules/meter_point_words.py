"""The word of a network operator about a meter point: it settles what may be several, and what sources contradict."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from hub.rules.meter_point_facts import Resolution
from schemas.vocabulary import MpanResolution

_NAMED = "The network operator has named the meter point."


@dataclass(frozen=True)
class Word:
    """What somebody with the right to it named, as the registry knows it."""

    decided_at: datetime
    message_id: str
    resolution: Resolution


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
