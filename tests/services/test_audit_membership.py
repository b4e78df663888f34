"""Every change of who takes part is in the audit log: who did it, to whom, and no name or home in clear."""

import json
from datetime import date, timedelta

from hub.services import directory, keyring
from registry_store.engine import Engine
from schemas.participants import Consent, Participant, Participants, Token
from schemas.vocabulary import ConsentStatus, ParticipantKind
from tests.support import audit, people
from tests.support.notifications import T0
from tests.support.premises import HOUSE

KEY = people.identity("installer-1").key_id
NEW = Participants(
    participants=(Participant(id="smith", kind=ParticipantKind.INSTALLER, name="Ann Smith, electrician"),),
    tokens=(Token(participant="smith", sha256="ab" * 32),),
    consents=(
        Consent(
            reference="C-9",
            fsp="smith",
            import_mpan=HOUSE.import_mpan,
            status=ConsentStatus.ACTIVE,
            valid_from=date(2026, 1, 1),
        ),
    ),
)


async def told(engine: Engine) -> list[tuple[str, str]]:
    return [(row.kind, row.actor) for row in await audit.entries(engine)]


async def test_who_is_new_is_noted_without_name_and_home(engine: Engine) -> None:
    await directory.seed(engine, NEW, T0, "command:me")

    assert await told(engine) == [
        ("participant_added", "command:me"),
        ("token_added", "command:me"),
        ("consent_added", "command:me"),
    ]
    exported = b"".join(await audit.export_lines(engine)).decode()
    assert "Ann" not in exported and HOUSE.import_mpan not in exported


async def test_a_file_that_says_nothing_new_leaves_no_trace(engine: Engine) -> None:
    await directory.seed(engine, people.seed_file(), T0)
    assert await audit.entries(engine) == []


async def test_a_change_names_what_has_changed(engine: Engine) -> None:
    await directory.seed(engine, NEW, T0)
    renamed = NEW.participants[0].model_copy(update={"name": "Ann Jones, electrician"})
    await directory.seed(engine, NEW.model_copy(update={"participants": (renamed,)}), T0)

    (row,) = await audit.entries(engine, "participant_changed")

    assert json.loads(row.payload) == {"id": "smith", "kind": "installer", "changed": ["name"]}


async def test_keys_and_tokens_by_command(engine: Engine) -> None:
    await keyring.add_token(engine, "installer-1", "a token", "command:me", T0)
    await keyring.expire_key(engine, KEY, T0 + timedelta(days=7), "command:me", T0)
    await keyring.revoke_key(engine, KEY, "command:you", T0)

    assert await told(engine) == [
        ("token_added", "command:me"),
        ("key_changed", "command:me"),
        ("key_changed", "command:you"),
    ]
    expired, revoked = (json.loads(row.payload) for row in await audit.entries(engine, "key_changed"))
    assert (expired["changed"], expired["not_after"]) == (["not_after"], "2026-05-08T09:00:00.000000Z")
    assert (revoked["changed"], revoked["revoked_at"]) == (["revoked_at"], "2026-05-01T09:00:00.000000Z")
    assert "a token" not in str([row.payload for row in await audit.entries(engine)])
