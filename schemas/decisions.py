"""What people decide: whether two devices are one, and which meter point a device is at.

A decision comes through the same doors as a notification, signed, and lies in the journal beside them; so it is never
lost, can be traced, and is replayed. The newest decision about a pair counts, in whatever order they arrive.
"""

import hashlib
from abc import ABC, abstractmethod
from enum import StrEnum
from typing import Self
from uuid import UUID

from pydantic import Field, model_validator

from schemas.asset import Shape
from schemas.vocabulary import AssetReference, Note, ParticipantId, ShortText, Timestamp


class IdentityVerdict(StrEnum):
    """What two devices are to each other. All but the first keep them apart; the last two link them."""

    SAME = "same"
    DIFFERENT = "different"
    REPLACEMENT = "replacement"
    RELATED = "related"


class Named(Shape):
    """A device, named by one source and that source's reference of it, or by its asset id."""

    source: ParticipantId | None = Field(None, description="whose reference it is")
    sender_asset_ref: AssetReference | None = Field(None, description="that source's own reference of the device")
    asset_id: UUID | None = Field(None, description="instead of source and sender_asset_ref")
    expected_version: int | None = Field(
        None, ge=1, description="the version of the asset that was looked at; of another one nothing is decided"
    )

    @model_validator(mode="after")
    def is_named_once(self) -> Self:
        by_reference = self.source is not None and self.sender_asset_ref is not None
        if by_reference == (self.asset_id is not None) or (self.source is None) != (self.sender_asset_ref is None):
            raise ValueError("name the device by source and sender_asset_ref together, or else by asset_id")
        return self

    @property
    def name(self) -> tuple[str, str]:
        """Source and reference; of an asset id no source, and the id in their place."""
        return self.source or "", self.sender_asset_ref or str(self.asset_id)


class Decision(Shape, ABC):
    """What all decisions begin with."""

    sender: ParticipantId
    on_behalf_of: ParticipantId | None = Field(None, description="for whom the sender speaks; needs a delegation")
    occurred_at: Timestamp = Field(description="when it was decided; the newest decision counts")
    reason: Note = Field(description="why, in words")

    @property
    def source(self) -> str:
        """The participant whose decision this is."""
        return self.on_behalf_of or self.sender

    @property
    def source_seq(self) -> None:
        """Decisions are told apart by their time alone: several people may decide about one pair."""
        return None

    @property
    @abstractmethod
    def names(self) -> tuple[tuple[str, str], ...]:
        """The devices that it is about."""

    @property
    def sender_asset_ref(self) -> str:
        """A reference that all decisions about the same devices share, so that they lie in the journal in order."""
        told = "\x1e".join("\x1f".join(name) for name in sorted(self.names))
        return f"decision {hashlib.blake2b(told.encode(), digest_size=16).hexdigest()}"


class IdentityDecided(Decision):
    """Whether two devices are one. Of a replacement, `one` is the new device and `other` the one before it."""

    one: Named
    other: Named
    verdict: IdentityVerdict

    @model_validator(mode="after")
    def names_two(self) -> Self:
        if self.one.name == self.other.name:
            raise ValueError("one and other must be two devices; this names one twice")
        return self

    @property
    def names(self) -> tuple[tuple[str, str], ...]:
        return self.one.name, self.other.name


class MeterPointDecided(Decision):
    """At which meter point a device is: the network operator names it where several may be meant."""

    asset: Named
    import_mpan: ShortText | None = None
    export_mpan: ShortText | None = None

    @model_validator(mode="after")
    def names_a_meter_point(self) -> Self:
        if self.import_mpan is None and self.export_mpan is None:
            raise ValueError("give import_mpan, export_mpan or both")
        return self

    @property
    def names(self) -> tuple[tuple[str, str], ...]:
        return (self.asset.name,)
