"""What comes in: the notifications about one asset, as any door receives them, and what the hub says of itself.

One notification speaks of one asset. A form with several lines is sent as several notifications that share
`job_reference` and differ in `line_number`.
"""

from datetime import date

from pydantic import Field

from schemas.asset import Location, MarketClaim, SoundFacts
from schemas.disputes import DisputeAnswered, DisputeClosed, DisputeRaised
from schemas.findings import Finding
from schemas.notice import Notice
from schemas.vocabulary import (
    AssetCategory,
    ConnectionStatus,
    DeregistrationGround,
    Note,
)


class _Described(Notice, SoundFacts):
    market: MarketClaim | None = None


class AssetCommissioned(_Described):
    """An asset stands at a place: told at installation, or re-stated whole by somebody who knows it.

    `rated_capacity_kw` may be missing: public registers name technologies whose capacity they do not state.
    """

    asset_category: AssetCategory
    connection_status: ConnectionStatus
    effective_from: date = Field(description="from when this is true in the world; may lie in the past")
    location: Location


class AssetUpdated(_Described):
    """Some facts of an asset that the sender told of before have changed; what is absent stays as it was."""

    effective_from: date
    location: Location | None = None


class AssetDecommissioned(Notice):
    """The asset is physically gone. Final."""

    effective_from: date = Field(description="the day of removal")
    reason: Note | None = None


class AssetDeregistered(Notice):
    """The asset leaves the market while the device stays. Network operators go on seeing it.

    Told by its provider, by the owner through the provider, or by a platform for the provider. It ends the
    registration under the same reference; a later claim with consent opens a new one.
    """

    effective_from: date = Field(description="the first day on which it is no longer registered for the market")
    ground: DeregistrationGround
    reason: Note | None = None


Notification = (
    AssetCommissioned
    | AssetUpdated
    | AssetDecommissioned
    | AssetDeregistered
    | DisputeRaised
    | DisputeAnswered
    | DisputeClosed
    | Finding
)
NOTIFICATIONS: tuple[type[Notification], ...] = (
    AssetCommissioned,
    AssetUpdated,
    AssetDecommissioned,
    AssetDeregistered,
    DisputeRaised,
    DisputeAnswered,
    DisputeClosed,
)
"""What participants may send."""
