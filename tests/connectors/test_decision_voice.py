"""What people decide over HTTP is in the journal before they hear of it, signed by the hub on their behalf."""

from connectors.decision_voice import DecisionVoice
from connectors.journal import Journal
from hub.embedded.kafka import EmbeddedKafka
from hub.kafka import Publisher
from hub.rules import signature
from hub.services.registration.entry import JournalEntry
from schemas import topics
from streams.records import read
from tests.support import people
from tests.support.decisions import a_ruling
from tests.support.door import SECRET
from tests.support.notifications import T0
from tests.support.topic import as_journal_records, tail


async def test_a_decision_lies_in_the_journal_as_the_worker_reads_it(kafka_server: EmbeddedKafka) -> None:
    own, publisher = people.identity("admin"), Publisher(kafka_server.address)
    decision = a_ruling(("installer-1", "b"), ("oem-1", "c"), sender="admin", on_behalf_of="eastern")
    try:
        async with tail(kafka_server.address, topics.INTAKE) as incoming:
            voice = DecisionVoice(Journal(publisher, SECRET), own, lambda: T0)
            (mid,) = await voice.say([decision])
            (record,) = as_journal_records(await incoming.next(1))
    finally:
        await publisher.close()
    entry = read(record)
    assert isinstance(entry, JournalEntry)
    assert (entry.message.id, entry.notification, entry.sender) == (mid, decision, "admin")
    assert signature.verifies(entry.message, own.public_key)
