"""The hub's own key: the same in every process, known to the register, good for nothing but its own messages."""

from datetime import UTC, datetime

from connectors.admission import Arrival, Refused, check
from hub.rules import signature
from hub.services import directory, own_voice
from registry_store.engine import Engine
from schemas import avro
from schemas.findings import MeterPointsAnswered
from schemas.vocabulary import Door, ParticipantKind
from tests.support.people import directory as people_directory
from tests.support.people import identity

T0 = datetime(2026, 5, 1, 9, tzinfo=UTC)
SECRET = "a secret of thirty-two characters"
FINDING = MeterPointsAnswered(
    sender="hub", about_source="installer-1", sender_asset_ref="a", occurred_at=T0, service="enquiry"
)


def test_every_process_with_the_secret_has_the_same_key_and_no_other_has() -> None:
    one, same, other = (own_voice.identity(s) for s in (SECRET, SECRET, SECRET + "!"))
    assert (one.key_id, one.public_key) == (same.key_id, same.public_key)
    assert one.key_id != other.key_id
    assert SECRET not in repr(one.public_key)


async def test_it_is_registered_once_and_a_former_one_stays(engine: Engine) -> None:
    await own_voice.register(engine, SECRET, T0)
    first = await directory.load(engine)
    await own_voice.register(engine, SECRET, T0)
    assert (await directory.load(engine)).revision == first.revision
    await own_voice.register(engine, SECRET + "!", T0)
    known = await directory.load(engine)
    assert {own_voice.identity(s).key_id for s in (SECRET, SECRET + "!")} <= set(known.keys)
    assert known.members["hub"].kind is ParticipantKind.HUB


async def test_what_it_signs_is_verified_by_its_registered_key(engine: Engine) -> None:
    await own_voice.register(engine, SECRET, T0)
    own = own_voice.identity(SECRET)
    key = (await directory.load(engine)).keys[own.key_id]
    message = own.sign(avro.encode(FINDING), timestamp=int(T0.timestamp()))
    assert signature.verifies(message, key.public_key)
    assert key.refusal(Door.HUB, T0) is None


async def test_no_door_takes_its_messages_even_with_its_key(engine: Engine) -> None:
    await own_voice.register(engine, SECRET, T0)
    known = await directory.load(engine)
    message = own_voice.identity(SECRET).sign(avro.encode(FINDING), timestamp=int(T0.timestamp()))
    for door in (Door.WEBHOOK, Door.MQTT, Door.PLATFORM):
        refused = check(Arrival(message, T0), door, known, 300)
        assert isinstance(refused, Refused)
        assert refused.answer.code == "unauthenticated"


def test_no_participant_can_speak_for_the_hub() -> None:
    for sender in ("hub", "installer-1"):
        finding = FINDING.model_copy(update={"sender": sender})
        message = identity("installer-1").sign(avro.encode(finding), timestamp=int(T0.timestamp()))
        refused = check(Arrival(message, T0), Door.WEBHOOK, people_directory(), 300)
        assert isinstance(refused, Refused)
        assert refused.answer.code == "schema_unknown"
