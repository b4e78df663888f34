"""A register of any size: made-up homes with a battery each, copied from the rows that the registration made of one."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import asyncpg

from hub.rules.forms import distance
from hub.services.registration.entry import JournalEntry
from schemas import topics
from schemas.asset import Location
from schemas.identifiers import check_digit
from schemas.notifications import AssetCommissioned
from schemas.signed_message import SignedMessage
from schemas.vocabulary import AssetCategory, ConnectionStatus, Door

INSTALLED = date(2026, 3, 2)
SAID = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)
CHUNK = 20_000
HOMES_A_POSTCODE = 3
"""Some 30 million homes have 1.7 million postcodes; of three million batteries no more than this share one."""
HOMES_AN_INSTALLER = 40
"""As many as one puts in at about the same time; a larger register has more installers, and none has more near by."""
AREAS = ("CB", "IP", "NR", "PE", "CM", "CO", "SG", "AL", "LU", "SS")


@dataclass(frozen=True)
class Home:
    """One of many homes; everything about it follows from its number."""

    number: int

    @property
    def import_mpan(self) -> str:
        first = f"10{self.number:010d}"
        return first + check_digit(first)

    @property
    def uprn(self) -> str:
        return str(100_000_000 + self.number)

    @property
    def postcode(self) -> str:
        rest, letters = self.number // HOMES_A_POSTCODE, "ABDEFGHJLNPQRSTUWXYZ"
        rest, area = divmod(rest, len(AREAS))
        rest, district = divmod(rest, 90)
        rest, sector = divmod(rest, 10)
        return f"{AREAS[area]}{district + 10} {sector}{letters[rest // 20 % 20]}{letters[rest % 20]}"

    @property
    def installer(self) -> str:
        """Who has put its battery in."""
        return f"installer-{self.number // HOMES_AN_INSTALLER + 1}"

    @property
    def serial(self) -> str:
        return f"BX{self.number * 7919 % 10**9:09d}"

    def told_by(self, sender: str) -> AssetCommissioned:
        """The battery of the home as an installer tells of it; a maker's cloud knows no more of the place than that."""
        place = {"import_mpan": self.import_mpan, "uprn": self.uprn} if sender != "oem-1" else {}
        return AssetCommissioned(
            sender=sender,
            sender_asset_ref=f"home-{self.number}",
            occurred_at=SAID,
            asset_category=AssetCategory.BESS,
            manufacturer="Sample Power Ltd",
            model="Store 5",
            serial_number=self.serial,
            rated_capacity_kw=Decimal("5.00"),
            connection_status=ConnectionStatus.CONNECTED,
            commissioning_date=INSTALLED,
            effective_from=INSTALLED,
            location=Location(postcode=self.postcode, **place),
        )


def entry(notification: AssetCommissioned, number: int, received_at: datetime = SAID) -> JournalEntry:
    """A notification as the journal holds it."""
    name = f"bench-{notification.sender}-{number:012d}"
    # Signatures are the doors' business; the registration does not look at them again.
    message = SignedMessage(id=name, timestamp=0, key_id="bench", signature="none", body=b"bench")
    return JournalEntry(message, notification, notification.sender, Door.WEBHOOK, topics.INTAKE, 0, number, received_at)


TABLES = ("asset", "sighting", "sighting_key", "source_claim", "membership", "inbox", "connection_unit")
"""What a look-up or the note of a message touches."""


async def fill(connection: asyncpg.Connection, homes: int, say: Callable[[str], None]) -> None:
    """Writes homes 1 to `homes` beside home 0, which must be registered already, then lets PostgreSQL take stock."""
    first = await connection.fetchval("SELECT asset_id FROM asset")
    called = _names(0, first)
    for table in TABLES:
        template = await connection.fetch(f"SELECT * FROM {table}")  # noqa: S608 - a name above
        left_out = {"membership_id"}
        names = [name for name in template[0].keys() if name not in left_out]  # noqa: SIM118 - a record, not a dict
        rows = [tuple(_with_gaps(row[name], called) for name in names) for row in template]
        for start in range(1, homes + 1, CHUNK):
            numbers = range(start, min(start + CHUNK, homes + 1))
            records = [record for number in numbers for record in _copies(rows, first, number)]
            await connection.copy_records_to_table(table, records=records, columns=names)
        say(f"{table}: {homes * len(rows):,} rows")
    await connection.execute("VACUUM ANALYZE")


@dataclass(frozen=True)
class Gaps:
    """A text with gaps where what home 0 is called stood."""

    text: str


def _with_gaps(value: Any, called: tuple[str, ...]) -> Any:
    if not isinstance(value, str) or not any(name in value for name in called):
        return value
    text = value.replace("%", "%%")
    for n, name in enumerate(called):
        text = text.replace(name, f"%({n})s")
    return Gaps(text)


def _copies(rows: list[tuple[Any, ...]], asset_id: UUID, number: int) -> Iterator[tuple[Any, ...]]:
    called = {str(n): name for n, name in enumerate(_names(number, asset_id))}
    for row in rows:
        yield tuple(_filled(value, called, number) for value in row)


def _filled(value: Any, called: dict[str, str], number: int) -> Any:
    if isinstance(value, Gaps):
        return value.text % called
    return _another(value, number) if isinstance(value, UUID) else value


def _names(number: int, asset_id: UUID) -> tuple[str, ...]:
    """What a home and its asset are called; what holds another of these comes before it."""
    home = Home(number)
    return (
        f"bench-{home.installer}-{number:012d}",
        str(_another(asset_id, number)) if number else str(asset_id),
        home.import_mpan,
        home.uprn,
        home.postcode,
        distance.area(home.postcode),
        home.serial,
        home.serial.translate(MISREAD),
        f"home-{number}",
        home.installer,
    )


MISREAD = str.maketrans("BOILSZ", "801152")
"""The form under which a serial number is looked up (`schemas/reference/serial_confusables.csv`)."""


def _another(value: UUID, number: int) -> UUID:
    """Another id, of the same moment; the ids of a home's rows go on agreeing with each other."""
    return UUID(int=value.int ^ (number + 1))
