"""A directory of the development participants that simulators speak as, without a hub."""

from datetime import UTC, datetime

from hub.identity import Identity, make
from hub.rules.signature import SigningKey
from hub.services.directory import Directory, Member
from schemas.records.participants import DelegationRow
from schemas.vocabulary import Door, ParticipantKind

LONG_AGO = datetime(2024, 1, 1, tzinfo=UTC)
KINDS = {
    "installer-1": ParticipantKind.INSTALLER,
    "oem-1": ParticipantKind.OEM,
    "platform-1": ParticipantKind.PLATFORM,
    "fsp-1": ParticipantKind.FSP,
    "fsp-2": ParticipantKind.FSP,
    "capacity-register": ParticipantKind.DNO,
    "chargepoint-registry": ParticipantKind.PLATFORM,
}
IDENTITIES: dict[str, Identity] = {name: make(name) for name in KINDS}


def directory() -> Directory:
    """Everybody with a key for every door; the platform may speak for both providers."""
    keys = {
        i.key_id: SigningKey(i.key_id, name, i.public_key, frozenset(Door), frozenset(), LONG_AGO, None, None)
        for name, i in IDENTITIES.items()
    }
    delegations = tuple(
        DelegationRow(delegate="platform-1", principal=fsp, valid_from=LONG_AGO, valid_to=None)
        for fsp in ("fsp-1", "fsp-2")
    )
    members = {name: Member(name, kind, ()) for name, kind in KINDS.items()}
    return Directory(1, members, keys, {}, delegations, {})
