"""Evidence as it was recorded: what a register noted of each message in place of asking anew."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from hub.rules.claims import Claim
from hub.rules.consent import ConsentDecision
from hub.rules.matching import asset_id
from hub.rules.matching.sighting import Sighting, SightingId
from hub.rules.meter_point_facts import Resolution
from hub.services.directory import Directory
from hub.services.registration import match, stored
from hub.services.registration.conflicts import said_already
from hub.services.registration.entry import JournalEntry
from hub.services.registration.evidence import Evidence
from registry_store import claims, recorded, rulings
from registry_store.engine import Connection
from registry_store.inbox import Key
from schemas.decisions import Decision
from schemas.vocabulary import ParticipantKind


@dataclass(frozen=True)
class Answer:
    """What was known from elsewhere about one message."""

    source_kind: ParticipantKind
    resolution: Resolution | None
    permission: ConsentDecision | None


_NOTHING = Answer(ParticipantKind.PLATFORM, None, None)
"""What is assumed where nothing is recorded; the comparison then names what has come of it."""


@dataclass(frozen=True)
class Recalled:
    """The evidence of one batch."""

    answers: Mapping[Key, Answer]
    own_ids: Mapping[SightingId, UUID]

    def source_kind(self, entry: JournalEntry) -> ParticipantKind:
        return self.answers[entry.key].source_kind

    def resolution(self, entry: JournalEntry) -> Resolution | None:
        return self.answers[entry.key].resolution

    async def heard(
        self,
        connection: Connection,
        entries: Sequence[JournalEntry],
        drafts: Sequence[Claim],
        known: Mapping[SightingId, list[Claim]],
    ) -> list[Claim]:
        """A claim is recorded with its place as it was resolved last."""
        return list(drafts)

    def permission(
        self, entry: JournalEntry, draft: Claim, told_by_others: Sequence[Claim], own: Sequence[Claim]
    ) -> ConsentDecision | None:
        return self.answers[entry.key].permission

    def own_id(self, sighting: Sighting) -> UUID:
        """An id that an earlier version drew by chance cannot be worked out again, and stays."""
        known = self.own_ids.get(sighting.id)
        return sighting.own_id if known is None or _is_derived(known, sighting.id) else known


class Recorded:
    """Recalls from the register that is replayed. Its connection is to see one moment for the whole replay."""

    def __init__(self, present: Connection) -> None:
        self._present = present

    async def recall(
        self, connection: Connection, entries: Sequence[JournalEntry], directory: Directory, now: datetime
    ) -> Evidence:
        """The evidence of a batch that is registered anew with `connection`."""
        references = sorted({_reference(entry) for entry in entries})
        noted = {(row.sender, row.message_id): row for row in await claims.of_references(self._present, references)}
        told: dict[SightingId, list[Claim]] = {reference: [] for reference in references}
        for row in await claims.of_references(connection, references):
            claim = stored.from_row(row)
            told[claim.reference].append(claim)
        answers: dict[Key, Answer] = {}
        for entry in entries:
            if isinstance(entry.notification, Decision):
                continue
            own = noted.get(entry.key)
            so_far = told[_reference(entry)]
            answers[entry.key] = answer = _of_claim(stored.from_row(own)) if own else _as_before(so_far)
            _take_in(entry, answer, so_far)
        answers |= await self._decided([e for e in entries if isinstance(e.notification, Decision)])
        return Recalled(answers, await recorded.own_ids(self._present, references))

    async def _decided(self, entries: Sequence[JournalEntry]) -> dict[Key, Answer]:
        """What was known of the meter points that people have named."""
        rows = await rulings.words_by_messages(self._present, [(e.notification.source, e.message.id) for e in entries])
        known = {(row.participant, row.message_id): stored.word(row).resolution for row in rows}
        return {e.key: replace(_NOTHING, resolution=known.get((e.notification.source, e.message.id))) for e in entries}


def _is_derived(own_id: UUID, sighting_id: SightingId) -> bool:
    """Whether an id follows from the reference and some time."""
    # Half a millisecond on, since a time is a fraction of seconds on its way.
    told = datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=own_id.int >> 80, microseconds=500)
    return asset_id.own_id(sighting_id, told) == own_id


def _reference(entry: JournalEntry) -> SightingId:
    return entry.notification.source, entry.notification.sender_asset_ref


def _of_claim(claim: Claim) -> Answer:
    return Answer(claim.source_kind, claim.resolution, claim.permission)


def _as_before(so_far: Sequence[Claim]) -> Answer:
    """A message without a claim of its own said again what its source's newest claim says, on the same evidence."""
    return _of_claim(max(so_far, key=lambda claim: claim.order)) if so_far else _NOTHING


def _take_in(entry: JournalEntry, answer: Answer, so_far: list[Claim]) -> None:
    """The message as the next one of its batch finds it."""
    claim = replace(match.draft(entry, answer.resolution, answer.source_kind), permission=answer.permission)
    repeated = said_already(claim, so_far)
    if repeated is None:
        so_far.append(claim)
    else:
        so_far[so_far.index(repeated)] = replace(repeated, said_until=claim.said_until, seq=claim.seq)
