"""The one signed form of every door, after Standard Webhooks with its asymmetric signature."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from schemas.vocabulary import MessageId

MAX_BODY_BYTES = 64 * 1024
MAX_SIGNATURES = 4
SIGNATURE_VERSION = "v1a"


class SignedMessage(BaseModel):
    """Exact body bytes with who signed them and when.

    `signature` is a space-separated list of at most four `v1a,<base64 Ed25519 signature>` over
    `<id>.<timestamp>.<body>`; `timestamp` is in whole seconds since 1970 (UTC).
    """

    model_config = ConfigDict(frozen=True)

    id: MessageId
    timestamp: Annotated[int, Field(ge=0, lt=2**40)]
    key_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]
    signature: Annotated[str, Field(min_length=1, max_length=1024)]
    body: bytes

    def signing_input(self) -> bytes:
        """The bytes that are signed, never re-encoded."""
        return f"{self.id}.{self.timestamp}.".encode("ascii") + self.body
