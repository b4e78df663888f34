"""Makes database and broker fit for this version: tables, participants, topics. Doing it again changes nothing."""

from pathlib import Path

from pydantic import ValidationError

from hub import clock, kafka
from hub.errors import SettingsInvalid
from hub.services import directory, journal_identity, own_voice
from hub.services.registration.backfill import backfill
from hub.settings import Settings
from registry_store import migrate
from registry_store.engine import Engine
from schemas.participants import Participants
from schemas.topics import Topic, topics_for
from schemas.vocabulary import ParticipantKind

OPERATORS = (ParticipantKind.DNO, ParticipantKind.IDNO, ParticipantKind.NESO)


async def prepare(settings: Settings, engine: Engine) -> None:
    """Migrates, seeds from the participants' file where there is one, works out what an older version did not keep, and
    makes what topics are missing."""
    await migrate.migrate(engine)
    if settings.participants_file.exists():
        await directory.seed(engine, read_participants(settings.participants_file), clock.now())
    if settings.secret is not None:
        await own_voice.register(engine, settings.secret, clock.now())
    await backfill(engine, await directory.load(engine), settings.stacking_policy, clock.now())
    await kafka.ensure_topics(settings.kafka or "", await topics(engine), settings.replication)
    await journal_identity.check(engine, settings.kafka or "")


async def topics(engine: Engine) -> tuple[Topic, ...]:
    """Every topic that the participants of this hub need."""
    current = await directory.load(engine)
    operators = [p for p in current.of_kind(*OPERATORS) if current.members[p].operator_codes]
    return topics_for(operators, current.of_kind(ParticipantKind.FSP), current.of_kind(ParticipantKind.PLATFORM))


def read_participants(file: Path) -> Participants:
    """The seed file. Raises `SettingsInvalid` naming what is wrong where."""
    try:
        return Participants.model_validate_json(file.read_bytes())
    except OSError as error:
        raise SettingsInvalid(f"HUB_PARTICIPANTS: {file} cannot be read ({error.strerror})") from None
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise SettingsInvalid(f"HUB_PARTICIPANTS: {file}: {where}: {first['msg']}") from None
