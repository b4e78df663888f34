"""The cast of the tests: participants with keys that are the same in every run, and the directory that knows them."""

import base64
import hashlib
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hub.identity import Identity
from hub.rules.signature import SigningKey
from hub.services.directory import Directory, Member
from schemas.participants import Consent, Delegation, Participant, Participants, PublicKey, Token
from schemas.records.participants import AccessTokenRow, DelegationRow
from schemas.vocabulary import ConsentStatus, Door, ParticipantKind
from tests.support.premises import FLAT, HOUSE

LONG_AGO = datetime(2024, 1, 1, tzinfo=UTC)

EVERYBODY: tuple[tuple[str, ParticipantKind, tuple[str, ...]], ...] = (
    ("installer-1", ParticipantKind.INSTALLER, ()),
    ("installer-2", ParticipantKind.INSTALLER, ()),
    ("oem-1", ParticipantKind.OEM, ()),
    ("oem-2", ParticipantKind.OEM, ()),
    ("platform-1", ParticipantKind.PLATFORM, ()),
    ("platform-2", ParticipantKind.PLATFORM, ()),
    ("fsp-1", ParticipantKind.FSP, ()),
    ("fsp-2", ParticipantKind.FSP, ()),
    ("eastern", ParticipantKind.DNO, ("UKPN_EPN",)),
    ("london", ParticipantKind.DNO, ("UKPN_LPN",)),
    ("independent", ParticipantKind.IDNO, ("IDNO_ESP",)),
    ("neso", ParticipantKind.NESO, ("NESO",)),
    ("admin", ParticipantKind.ADMIN, ()),
)
KINDS = {name: kind for name, kind, _ in EVERYBODY}
DELEGATE, PRINCIPAL = "platform-1", "fsp-1"

CONSENT, OTHER_CONSENT, WITHDRAWN_CONSENT, FLAT_CONSENT = "C-HOUSE-1", "C-HOUSE-2", "C-HOUSE-W", "C-FLAT-1"
_CONSENTS = (
    (CONSENT, "fsp-1", HOUSE.import_mpan, ConsentStatus.ACTIVE),
    (OTHER_CONSENT, "fsp-2", HOUSE.import_mpan, ConsentStatus.ACTIVE),
    (WITHDRAWN_CONSENT, "fsp-1", HOUSE.import_mpan, ConsentStatus.WITHDRAWN),
    (FLAT_CONSENT, "fsp-1", FLAT.import_mpan, ConsentStatus.ACTIVE),
)


@cache
def identity(name: str) -> Identity:
    """A participant's own side. Its key is made from its name, so that what it signs can be made again."""
    seed = hashlib.sha256(f"test key of {name}".encode()).digest()
    return Identity(name, f"{name}.1", Ed25519PrivateKey.from_private_bytes(seed), f"read token of {name}")


def signing_key(name: str, **other: object) -> SigningKey:
    """A participant's registered key; keyword arguments replace what is said of it."""
    own = identity(name)
    key = SigningKey(
        own.key_id,
        name,
        own.public_key,
        frozenset(Door),
        frozenset(),
        LONG_AGO,
        not_after=None,
        revoked_at=None,
    )
    return replace(key, **other)  # type: ignore[arg-type]


def directory(*keys: SigningKey) -> Directory:
    """Everybody with a key and a read token; keys given take the place of those with their id."""
    registered = {identity(name).key_id: signing_key(name) for name in KINDS} | {k.key_id: k for k in keys}
    tokens = {
        digest: AccessTokenRow(sha256=digest, participant=name, not_after=None)
        for name in KINDS
        if (digest := _sha256(identity(name).token))
    }
    delegation = DelegationRow(delegate=DELEGATE, principal=PRINCIPAL, valid_from=LONG_AGO, valid_to=None)
    members = {name: Member(name, kind, codes) for name, kind, codes in EVERYBODY}
    operators = {code: name for name, _, codes in EVERYBODY for code in codes}
    return Directory(1, members, registered, tokens, (delegation,), operators)


def seed_file() -> Participants:
    """The same cast as the file that a hub is seeded with."""
    everybody = [identity(name) for name in KINDS]
    return Participants(
        participants=tuple(
            Participant(id=name, kind=kind, name=name, operator_codes=codes) for name, kind, codes in EVERYBODY
        ),
        keys=tuple(
            PublicKey(
                key_id=i.key_id,
                participant=i.participant,
                public_key=base64.b64encode(i.public_key).decode("ascii"),
                not_before=LONG_AGO,
            )
            for i in everybody
        ),
        tokens=tuple(Token(participant=i.participant, sha256=_sha256(i.token)) for i in everybody),
        delegations=(Delegation(delegate=DELEGATE, principal=PRINCIPAL, valid_from=LONG_AGO),),
        consents=tuple(
            Consent(reference=reference, fsp=fsp, import_mpan=mpan, status=status, valid_from=date(2025, 1, 1))
            for reference, fsp, mpan, status in _CONSENTS
        ),
    )


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
