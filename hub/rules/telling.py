"""What a reader may be told of others who tell of an asset."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from hub.rules.access import Grant
from hub.rules.provenance import FieldSource, Saying
from hub.rules.visibility import changes_seen
from schemas.asset import MarketClaim
from schemas.outbound import AssetState
from schemas.vocabulary import ParticipantKind

_PROVIDERS = frozenset({ParticipantKind.FSP, ParticipantKind.PLATFORM})


@dataclass(frozen=True)
class Known:
    """What a reader may know of one who tells of an asset: his kind, his name, his message and what was compared."""

    kind: bool
    name: bool
    message: bool
    evidence: bool


def known_of(source: str, kind: ParticipantKind, sender: str, grant: Grant) -> Known:
    """A reader knows all of himself; providers know nothing of each other; names are for operators, messages for one
    who sees everything, and what was compared for administrators."""
    if is_own(source, grant) or is_own(sender, grant):
        return Known(kind=True, name=True, message=True, evidence=True)
    among_providers = grant.visibility.only_providers is not None
    return Known(
        kind=not (among_providers and kind in _PROVIDERS),
        name=not among_providers,
        message=grant.rows.everything,
        evidence=sees_evidence(grant),
    )


def is_own(participant: str, grant: Grant) -> bool:
    """Whether somebody is the reader himself, or one for whom he speaks."""
    return participant in (grant.participant, *grant.rows.sources)


def sees_evidence(grant: Grant) -> bool:
    """Whether the reader may see whose messages an asset is made of, and what was compared."""
    return grant.rows.everything and "sources" not in grant.visibility.hidden


def tellable(found: FieldSource, state: AssetState, grant: Grant, today: date) -> FieldSource | None:
    """One field's sources without what the reader may not know; nothing where the field is hidden from him."""
    if not changes_seen((found.field,), state, grant.visibility, today):
        return None
    return replace(
        found,
        value=_shown(found.value, grant),
        said_by=tuple(_with_value(s, s.value, grant) for s in found.said_by),
        otherwise=tuple(_otherwise(found.field, found.otherwise, grant)),
    )


def _otherwise(field: str, sayings: tuple[Saying, ...], grant: Grant) -> Iterator[Saying]:
    for saying in sayings:
        known = known_of(saying.source, saying.kind, saying.claim.sender, grant)
        own = is_own(saying.source, grant)
        if not known.kind or (field == "market" and not own and not known.name):
            continue
        # Where somebody else says that it stands may be another home, and in another's area.
        told = own or grant.rows.everything or not field.startswith("place.")
        yield _with_value(saying, saying.value if told else None, grant)


def _with_value(saying: Saying, value: Any, grant: Grant) -> Saying:
    return replace(saying, value=_shown(value, grant))


def _shown(value: Any, grant: Grant) -> Any:
    if isinstance(value, MarketClaim) and "market.consent_reference" in grant.visibility.hidden:
        return value.model_copy(update={"consent_reference": None})
    return value
