"""Participants for a hub on a laptop: one of each kind with keys and tokens made here, and every network operator."""

import base64
import hashlib
import json
import secrets
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from hub import identity, running
from hub.identity import Identity
from schemas.participants import Consent, Delegation, Participant, Participants, PublicKey, Token
from schemas.reference import load
from schemas.vocabulary import ParticipantKind

BEGINNING = datetime(2020, 1, 1, tzinfo=UTC)

_SENDERS = {
    ParticipantKind.INSTALLER: ("installer-1", "installer-2", "installer-3"),
    ParticipantKind.OEM: ("oem-1", "oem-2"),
    ParticipantKind.PLATFORM: ("platform-1", "chargepoint-registry"),
    ParticipantKind.FSP: ("fsp-1", "fsp-2"),
    ParticipantKind.DNO: ("capacity-register",),
    ParticipantKind.ADMIN: ("admin",),
}
_DELEGATIONS = (("platform-1", "fsp-1"), ("platform-1", "fsp-2"))


def participants() -> list[Participant]:
    """Development participants and the network operators of the reference table."""
    senders = [
        Participant(id=name, kind=kind, name=f"Development {kind} {name}")
        for kind, names in _SENDERS.items()
        for name in names
    ]
    operators = [
        Participant(
            id=d.operator_code.lower(),
            kind=ParticipantKind(d.kind.lower()),
            name=d.licensee,
            operator_codes=(d.operator_code,),
        )
        for d in load.distributors().values()
    ]
    neso = Participant(
        id="neso", kind=ParticipantKind.NESO, name="National Energy System Operator", operator_codes=("NESO",)
    )
    return [*senders, *operators, neso]


def ensure(data: Path, file: Path, consents: Iterable[Consent] = ()) -> None:
    """Makes identities and the seed file at the first start; later starts keep what is there."""
    if file.exists():
        return
    everybody = participants()
    made = [_identity(data, p.id) for p in everybody]
    content = Participants(
        participants=tuple(everybody),
        keys=tuple(public_key(i) for i in made),
        tokens=tuple(token(i) for i in made),
        delegations=tuple(Delegation(delegate=d, principal=p, valid_from=BEGINNING) for d, p in _DELEGATIONS),
        consents=tuple(consents),
    )
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_suffix(".partial")
    partial.touch(mode=0o600)
    partial.write_text(content.model_dump_json(indent=1))
    partial.replace(file)


def _identity(data: Path, participant: str) -> Identity:
    file = running.identity_file(data, participant)
    if file.exists():
        return identity.load(file)
    made = identity.make(participant)
    made.save(file)
    return made


def public_key(of: Identity) -> PublicKey:
    encoded = base64.b64encode(of.public_key).decode("ascii")
    return PublicKey(key_id=of.key_id, participant=of.participant, public_key=encoded, not_before=BEGINNING)


def token(of: Identity) -> Token:
    return Token(participant=of.participant, sha256=hashlib.sha256(of.token.encode()).hexdigest())


def secret(data: Path) -> str:
    """The key of this hub's keyed hashes, made once and kept: message keys must stay the same over restarts."""
    return _kept(data / "secret")


def mqtt_logins(data: Path, known: Participants, file: Path) -> tuple[str, str]:
    """Writes the broker's logins: each participant by its read token, and the hub. Gives the hub's own."""
    password = _kept(data / "mqtt-password")
    logins = {t.participant: {"password_sha256": t.sha256, "role": "participant"} for t in known.tokens}
    logins["hub"] = {"password_sha256": _sha256(password), "role": "hub"}
    file.touch(mode=0o600)
    file.write_text(json.dumps(logins, indent=1))
    return "hub", password


def _kept(file: Path) -> str:
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_text(secrets.token_hex(32))
    return file.read_text()


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
