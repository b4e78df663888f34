"""What the stage of disputes works on: tickets, the assets that they are about, and who takes part."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from hub.rules import disputes as rules
from hub.rules.account import Account
from hub.rules.claims import Claim, Decision
from hub.rules.disputes import Parties, Said
from hub.rules.matching.identity import Grouping, identity_of
from hub.rules.matching.sighting import SightingId
from hub.rules.stacking import Policy
from hub.services import dispute_parties
from hub.services.directory import Directory
from hub.services.registration import match, overlay, stored, unit, view
from hub.services.registration.conflicts import Change, Effect, composed_anew
from hub.services.registration.dispute_cases import Case
from hub.services.registration.entry import JournalEntry
from hub.services.registration.evidence import Evidence, Gather
from hub.services.registration.surroundings import Surroundings
from hub.services.registration.view import RegisterView
from registry_store import disputes as store
from registry_store import sightings
from registry_store.engine import Connection
from schemas.dispute_codes import DisputeRole
from schemas.disputes import DisputeClosed, DisputeNotice, ticket_reference
from schemas.notifications import AssetUpdated
from schemas.outbound import AssetState, Receipt
from schemas.records.disputes import DisputeRow
from schemas.records.sightings import SightingRow
from schemas.vocabulary import DedupeOutcome, ParticipantKind


@dataclass(frozen=True)
class Step:
    """What one message about a dispute comes to: for the asset, for its sender, for the parties."""

    effect: Effect | None = None
    receipt: Receipt | None = None
    told: tuple[DisputeNotice, ...] = ()


@dataclass
class Desk:
    """Loaded once for a batch; `view` and the cases become others step by step."""

    view: RegisterView
    cases: Mapping[UUID, Case]
    groupings: Mapping[SightingId, Grouping]
    evidence: Evidence
    around: Surroundings
    directory: Directory
    policy: Policy
    now: datetime
    corrections: list[Claim] = field(default_factory=list)

    def grouping(self, case: Case) -> Grouping | None:
        """The asset that a ticket is about; nothing while it is not there."""
        about = self.view.overlay.sighting.get(case.dispute_id)
        return self.groupings.get(about) if about is not None else None

    def composed_anew(self, grouping: Grouping) -> Change:
        """What an asset is now. What stands beside it is not looked at again for a step in a dispute over it."""
        said = account_of(self.view, grouping)
        return composed_anew(grouping, said, unit.of(said), self.view, self.around, self.policy)

    def keep(self, case: Case, row: DisputeRow) -> None:
        """The ticket as it is from now on."""
        case.row = row
        self.view.overlay.tickets[case.dispute_id] = row

    def kind(self, source: str) -> ParticipantKind:
        """What sort of participant a source is now, for what is told of a step."""
        member = self.directory.members.get(source)
        return member.kind if member is not None else ParticipantKind.PLATFORM

    def parties(self, state: AssetState) -> Parties:
        """Whom an asset concerns now."""
        return dispute_parties.parties(self.directory, state)

    def roles(self, said: Said, parties: Parties) -> frozenset[DisputeRole]:
        member = self.directory.members.get(said.message.source)
        return rules.roles_of(said.message.source, member.kind if member is not None else None, parties)

    def correct(self, case: Case, said: Said, entry: JournalEntry, asset_id: UUID) -> None:
        """Puts the word of the one who closed a dispute beside those of the asset's sources, as a claim of his."""
        update = update_of(case, said)
        if update is None:
            return
        spoken = _spoken(entry, said, update)
        draft = match.draft(spoken, self.evidence.resolution(spoken), self.evidence.source_kind(spoken))
        decision = Decision(DedupeOutcome.NEW, asset_id, ("It corrects what was in dispute.",))
        claim = replace(draft, decision=decision)
        self.corrections.append(claim)
        self.view.overlay.corrections.setdefault(case.dispute_id, []).append(claim)


def account_of(seen: RegisterView, grouping: Grouping) -> Account:
    """What everybody says of an asset that is there."""
    said = seen.account(grouping)
    if said is None:
        raise ValueError("an asset that a dispute is about has sightings")
    return said


def update_of(case: Case, said: Said) -> AssetUpdated | None:
    """The correction in a message as what it is: an update under the reference of its ticket."""
    message = said.message
    if not isinstance(message, DisputeClosed) or message.correction is None:
        return None
    told = {name: getattr(message.correction, name) for name in message.correction.model_fields_set}
    return AssetUpdated(
        sender=message.sender,
        on_behalf_of=message.on_behalf_of,
        sender_asset_ref=ticket_reference(case.dispute_id),
        occurred_at=message.occurred_at,
        **told,
    )


def _spoken(entry: JournalEntry, said: Said, update: AssetUpdated) -> JournalEntry:
    """A correction as the message that it is part of, whichever message brought the ticket on."""
    message = entry.message.model_copy(update={"id": said.message_id})
    return replace(entry, message=message, notification=update, sender=said.sender)


async def load(
    connection: Connection,
    cases: Mapping[UUID, Case],
    cause: JournalEntry,
    directory: Directory,
    policy: Policy,
    now: datetime,
    gather: Gather,
) -> Desk:
    """Loads and holds the assets that tickets are about, with everything that is said of them."""
    anchors = await _anchors(connection, cases.values())
    held = await sightings.lock(connection, [_id(row) for row in anchors])
    rows = await sightings.of_assets(connection, sorted({row.asset_id for row in held}))
    own_ids = {_id(row): row.own_id for row in rows}
    over = await overlay.load(connection, own_ids)
    by_own_id = {own: sighting for sighting, own in own_ids.items()}
    for row in (case.row for case in cases.values() if case.row is not None):
        if row.about_asset_id is None or row.about_asset_id in by_own_id:
            over.put(row, overlay.about(row, by_own_id))
    groupings = _groupings(rows)
    there = {g.asset_id: g for g in groupings.values()}.values()
    seen = await view.load(connection, there, {}, over, directory)
    around = Surroundings()
    await around.look(connection, [unit.of(account_of(seen, g)) for g in there])
    evidence = await gather(connection, list(_corrections(cases.values(), cause)), directory, now)
    return Desk(seen, cases, groupings, evidence, around, directory, policy, now)


async def _anchors(connection: Connection, cases: Iterable[Case]) -> Sequence[SightingRow]:
    rows = [case.row for case in cases if case.row is not None]
    found = await store.sightings_of(connection, rows)
    if len(found) < len({(r.about_source, r.about_reference, r.about_asset_id) for r in rows}):
        # Another worker may be adding right now what is missing.
        await store.wait_for_sightings(connection)
        found = await store.sightings_of(connection, rows)
    return found


def _groupings(rows: Sequence[SightingRow]) -> dict[SightingId, Grouping]:
    """For each sighting its asset."""
    by_asset: dict[UUID, list[SightingRow]] = {}
    for row in rows:
        by_asset.setdefault(row.asset_id, []).append(row)
    found: dict[SightingId, Grouping] = {}
    for asset_id, members in by_asset.items():
        ids = tuple(sorted(_id(row) for row in members))
        found |= dict.fromkeys(ids, Grouping(asset_id, ids, identity_of(stored.standing(row) for row in members)))
    return found


def _corrections(cases: Iterable[Case], cause: JournalEntry) -> Iterator[JournalEntry]:
    for case in cases:
        for said in case.said.values():
            update = update_of(case, said)
            if update is not None:
                yield _spoken(cause, said, update)


def _id(row: SightingRow) -> SightingId:
    return row.source, row.reference
