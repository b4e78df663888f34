"""What the registration learns from elsewhere about a message: who its source is, its meter points, its consent.

A worker asks when the message comes. A replay takes what was answered then, since registry and consent service may say
another thing today.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from hub.rules.claims import Claim
from hub.rules.consent import ConsentDecision, ConsentRecord
from hub.rules.matching.sighting import Sighting, SightingId
from hub.rules.meter_point_facts import Resolution
from hub.services.directory import Directory
from hub.services.registration import answers, consent, resolve
from hub.services.registration.entry import JournalEntry
from hub.services.registration.resolve import Places
from registry_store.engine import Connection
from schemas.vocabulary import ParticipantKind


class Evidence(Protocol):
    """What is known from elsewhere about each message of one batch."""

    def source_kind(self, entry: JournalEntry) -> ParticipantKind:
        """What sort of participant it is whose claim this is."""

    def resolution(self, entry: JournalEntry) -> Resolution | None:
        """The meter points of its location; nothing where it gives none."""

    async def heard(
        self,
        connection: Connection,
        entries: Sequence[JournalEntry],
        drafts: Sequence[Claim],
        known: Mapping[SightingId, list[Claim]],
    ) -> list[Claim]:
        """The claims of the batch, with the places resolved anew about which an enquiry service has answered.

        `known` are the claims from before it.
        """

    def permission(
        self, entry: JournalEntry, draft: Claim, told_by_others: Sequence[Claim], own: Sequence[Claim]
    ) -> ConsentDecision | None:
        """Whether its claim has consent; nothing where it makes none. Asked after `heard`."""

    def own_id(self, sighting: Sighting) -> UUID:
        """The asset id that a device has from being told of for the first time."""


Gather = Callable[[Connection, Sequence[JournalEntry], Directory, datetime], Awaitable[Evidence]]
"""Loads the evidence of a batch. The connection is the one that the batch is registered with."""


@dataclass
class Asked:
    """Evidence as directory, registry and consent service give it now."""

    directory: Directory
    places: Places
    now: datetime
    consents: Mapping[str, ConsentRecord] = field(default_factory=dict)

    def source_kind(self, entry: JournalEntry) -> ParticipantKind:
        source = self.directory.members.get(entry.notification.source)
        # A source that has left since its message was accepted is believed as little as a platform.
        return source.kind if source else ParticipantKind.PLATFORM

    def resolution(self, entry: JournalEntry) -> Resolution | None:
        return resolve.decide(entry, self.places, self.now)

    async def heard(
        self,
        connection: Connection,
        entries: Sequence[JournalEntry],
        drafts: Sequence[Claim],
        known: Mapping[SightingId, list[Claim]],
    ) -> list[Claim]:
        self.consents = await consent.load(connection, entries, known)
        return await answers.heard(connection, drafts, known, self.now)

    def permission(
        self, entry: JournalEntry, draft: Claim, told_by_others: Sequence[Claim], own: Sequence[Claim]
    ) -> ConsentDecision | None:
        return consent.decide(entry, draft, self.consents, told_by_others, own, self.now)

    def own_id(self, sighting: Sighting) -> UUID:
        return sighting.own_id


async def ask(connection: Connection, entries: Sequence[JournalEntry], directory: Directory, now: datetime) -> Evidence:
    """Asks for what the whole batch needs, in one statement for each service."""
    return Asked(directory, await resolve.load(connection, entries, now), now)
