"""The seed file of participants: who they are, their keys, tokens, delegations, and consents given.

It stands in for real market entry, which will write the same tables.
"""

from datetime import date
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from schemas.vocabulary import AssetCategory, ConsentStatus, Door, ParticipantId, ParticipantKind

HUB = "hub"
"""The participant that the hub itself is: for what it finds out, and where nobody asked it to act."""


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", from_attributes=True)


class Participant(_Row):
    """One organisation that the hub knows. `operator_codes` are the FMAR codes of the networks that it runs."""

    id: ParticipantId
    kind: ParticipantKind
    name: str
    operator_codes: tuple[str, ...] = ()


class PublicKey(_Row):
    """A public key as registered: raw Ed25519 bytes in base64; no doors or categories means all."""

    key_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]
    participant: ParticipantId
    public_key: Annotated[str, Field(pattern=r"^[A-Za-z0-9+/]{43}=$")]
    doors: tuple[Door, ...] = ()
    categories: tuple[AssetCategory, ...] = ()
    not_before: AwareDatetime
    not_after: AwareDatetime | None = None
    revoked_at: AwareDatetime | None = None


class Token(_Row):
    """A bearer token for reads, as the SHA-256 of its text in hex."""

    participant: ParticipantId
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    not_after: AwareDatetime | None = None


class Delegation(_Row):
    """`delegate` (a platform or an OEM cloud) may speak for `principal`."""

    delegate: ParticipantId
    principal: ParticipantId
    valid_from: AwareDatetime
    valid_to: AwareDatetime | None = None


class Consent(_Row):
    """A consumer's consent as the consent service would hold it; a place that is absent is not checked."""

    reference: str
    fsp: ParticipantId
    import_mpan: str | None = None
    uprn: str | None = None
    status: ConsentStatus
    valid_from: date
    valid_to: date | None = None


class Participants(_Row):
    """The whole file."""

    participants: tuple[Participant, ...]
    keys: tuple[PublicKey, ...] = ()
    tokens: tuple[Token, ...] = ()
    delegations: tuple[Delegation, ...] = ()
    consents: tuple[Consent, ...] = ()

    @model_validator(mode="after")
    def names_are_known(self) -> "Participants":
        known = {p.id for p in self.participants}
        named = [
            *((f"key {k.key_id}", k.participant) for k in self.keys),
            *(("a token", t.participant) for t in self.tokens),
            *(("a delegation", d.delegate) for d in self.delegations),
            *(("a delegation", d.principal) for d in self.delegations),
            *((f"consent {c.reference}", c.fsp) for c in self.consents),
        ]
        for where, name in named:
            if name not in known:
                raise ValueError(f"{where} names participant {name!r}, which the file does not list")
        return self
