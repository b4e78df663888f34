"""What every message about one device begins with."""

from pydantic import Field

from schemas.asset import Shape
from schemas.vocabulary import AssetReference, ParticipantId, Timestamp


class Notice(Shape):
    """What all notifications begin with."""

    sender: ParticipantId
    on_behalf_of: ParticipantId | None = Field(
        None,
        description="for whom the sender speaks; needs a delegation, and is then the source of the claim",
    )
    sender_asset_ref: AssetReference = Field(description="the notifier's own, lasting reference of this asset")
    occurred_at: Timestamp = Field(
        description="when what is told happened; newer wins over older, whatever arrives first"
    )
    source_seq: int | None = Field(
        None, ge=0, lt=2**63, description="the source's own counter, stronger than occurred_at"
    )

    @property
    def source(self) -> str:
        """The participant whose claim this is."""
        return self.on_behalf_of or self.sender
