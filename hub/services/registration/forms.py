"""Stage: connection forms. What is kept of the assets of a batch for their neighbours, and what is due by when."""

from collections.abc import Iterable, Iterator

from hub.rules.account import Account
from hub.rules.forms import clocks
from hub.rules.forms.clocks import DueClock
from hub.rules.forms.facts import FormFacts
from hub.services.registration.surroundings import Surroundings
from registry_store import due_clocks, neighbours
from registry_store.engine import Connection
from schemas.made import made
from schemas.records.assets import DueClockRow


async def write(connection: Connection, around: Surroundings, looked_at: Iterable[tuple[Account, FormFacts]]) -> None:
    """Keeps the units as neighbours see them, and the clocks of every reference of these assets."""
    await neighbours.put(connection, around.changed())
    found = list(looked_at)
    references = {claim.reference for said, _ in found for claim in said.claims}
    rows = [row for said, facts in found for row in _clock_rows(said, facts)]
    await due_clocks.replace(connection, sorted(references), rows)


def _clock_rows(said: Account, facts: FormFacts) -> Iterator[DueClockRow]:
    """Clocks of the asset hang on the first of its references; those of a registration on its own."""
    for clock in clocks.running(facts):
        yield clock_row(said.told[0].latest.reference, clock)
    for registration in said.lifecycle.registrations:
        name = (registration.provider, registration.sender_asset_ref)
        yield from (clock_row(name, clock) for clock in clocks.of_registration(registration))


def clock_row(name: tuple[str, str], clock: DueClock) -> DueClockRow:
    """A clock under the reference on which it hangs."""
    source, sender_asset_ref = name
    return made(
        DueClockRow,
        source=source,
        sender_asset_ref=sender_asset_ref,
        kind=clock.kind,
        due_on=clock.due_on,
        due_at=clock.due_at,
        fired_at=None,
    )
