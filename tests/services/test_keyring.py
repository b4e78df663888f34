"""Keys run out and are revoked, and stay so over the next start of the hub."""

from datetime import UTC, datetime

import pytest

from hub import clock, identity
from hub.embedded.development import public_key, token
from hub.services import directory, keyring
from registry_store.engine import Engine
from schemas.participants import Participant, Participants
from schemas.vocabulary import Door, ParticipantKind

SOMEBODY = identity.make("installer-9")
SEED = Participants(
    participants=(Participant(id="installer-9", kind=ParticipantKind.INSTALLER, name="Installer 9"),),
    keys=(public_key(SOMEBODY),),
    tokens=(token(SOMEBODY),),
)


async def test_a_revocation_outlives_the_seed_file(engine: Engine) -> None:
    await directory.seed(engine, SEED, clock.now())
    await keyring.revoke_key(engine, SOMEBODY.key_id, "me", clock.now())
    await directory.seed(engine, SEED, clock.now())

    key = (await directory.load(engine)).keys[SOMEBODY.key_id]
    assert key.refusal(Door.WEBHOOK, clock.now()) == "key revoked"


async def test_a_revocation_in_the_seed_file_takes_effect(engine: Engine) -> None:
    await directory.seed(engine, SEED, clock.now())
    revoked = SEED.keys[0].model_copy(update={"revoked_at": datetime(2026, 1, 1, tzinfo=UTC)})
    await directory.seed(engine, SEED.model_copy(update={"keys": (revoked,)}), clock.now())

    key = (await directory.load(engine)).keys[SOMEBODY.key_id]
    assert key.refusal(Door.WEBHOOK, clock.now()) == "key revoked"


async def test_a_rotated_key_is_good_until_its_day(engine: Engine) -> None:
    await directory.seed(engine, SEED, clock.now())
    until = datetime(2026, 6, 1, tzinfo=UTC)
    await keyring.expire_key(engine, SOMEBODY.key_id, until, "me", clock.now())

    key = (await directory.load(engine)).keys[SOMEBODY.key_id]
    assert key.refusal(Door.WEBHOOK, datetime(2026, 5, 31, tzinfo=UTC)) is None
    assert key.refusal(Door.WEBHOOK, until) == "key expired"


async def test_names_that_nobody_has_are_told(engine: Engine) -> None:
    with pytest.raises(keyring.UnknownName, match="hub keys list"):
        await keyring.revoke_key(engine, "no-such-key", "me", clock.now())
    with pytest.raises(keyring.UnknownName, match="no participant nobody"):
        await keyring.add_token(engine, "nobody", "x", "me", clock.now())
