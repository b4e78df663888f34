"""An import from file to summary, against a stand-in for the hub: every row ends in one way."""

from typing import Any

import pytest

from hub.cli.importing.sending import ImportProgress, import_file
from hub.cli.importing.summary import Ending, RowOutcome, summarise
from schemas import avro
from schemas.notifications import AssetCommissioned
from schemas.signed_message import SignedMessage
from simulators import client as client_module
from tests.importing.test_samples import FILES
from tests.simulators.hub_stand_in import StandIn, receipt, standing_in
from tests.simulators.town import IDENTITIES

WHO = IDENTITIES["capacity-register"]
R = RowOutcome


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "FIRST_PAUSE", 0.001)


class Register(StandIn):
    """Registers what it has not seen, queries wind, sets diesel aside and refuses gas."""

    def __init__(self) -> None:
        super().__init__(judge=self.decide)

    def decide(self, message: SignedMessage) -> tuple[int, str]:
        if message.id in self.outcomes:
            return 200, "duplicate"
        told = avro.decode(message.body, AssetCommissioned)
        if told.energy_source == "NATURAL_GAS":
            return 422, "payload_invalid"
        outcome = {"WIND": "queried", "DIESEL": "quarantined"}.get(str(told.energy_source), "registered")
        reason = f"because of {told.energy_source}"
        self.outcomes[message.id] = receipt(WHO.participant, message.id, outcome, reason)
        return 202, "accepted"


async def imported(hub: StandIn, seen: list[ImportProgress] | None = None) -> Any:
    note = (lambda _: None) if seen is None else seen.append
    return await import_file("ecr", FILES["ecr"], hub.url, WHO, note, patience=5)


async def test_every_row_ends_in_one_way_with_its_reasons() -> None:
    seen: list[ImportProgress] = []
    async with standing_in(Register()) as hub:
        summary = await imported(hub, seen)
    assert summary.rows == 54
    assert summary.registered + summary.duplicates + summary.queried + summary.refused == summary.rows
    assert summary.registered > 0 and summary.queried > 0 and summary.refused > 0 and summary.duplicates == 0
    assert summary.sent == len(hub.got)
    assert any("because of WIND" in reason for reason in summary.reasons)
    assert any("payload_invalid" in reason for reason in summary.reasons)
    assert {e.row for e in summary.endings} == set(range(1, 55))
    assert all(e.reasons for e in summary.endings if e.outcome is not R.REGISTERED)
    assert seen[-1] == ImportProgress(summary.sent, summary.sent, summary.sent)


async def test_imported_again_every_row_that_was_taken_is_a_duplicate() -> None:
    async with standing_in(Register()) as hub:
        first = await imported(hub)
        ids = {m.id for m in hub.got}
        second = await imported(hub)
    assert {m.id for m in hub.got} == ids
    assert (second.registered, second.queried) == (0, 0)
    assert second.duplicates > first.registered
    assert second.rows == second.duplicates + second.refused


async def test_what_is_accepted_and_never_registered_is_told() -> None:
    async with standing_in(StandIn()) as hub:
        summary = await import_file("ecr", FILES["ecr"], hub.url, WHO, lambda _: None, patience=0.01)
    assert summary.registered == 0
    assert any("not registered yet" in reason for reason in summary.reasons)


async def test_the_summary_as_json_has_the_keys_that_checks_read() -> None:
    async with standing_in(Register()) as hub:
        summary = (await imported(hub)).as_json()
    assert {"rows", "sent", "registered", "duplicates", "queried", "refused", "reasons"} <= set(summary)


@pytest.mark.parametrize(
    ("outcomes", "worst"),
    [
        ((R.REGISTERED, R.REFUSED), R.REFUSED),
        ((R.QUERIED, R.REGISTERED), R.QUERIED),
        ((R.DUPLICATE, R.REGISTERED), R.REGISTERED),
        ((R.DUPLICATE, R.DUPLICATE), R.DUPLICATE),
    ],
)
def test_a_row_of_several_assets_ends_as_the_worst_of_them(outcomes: tuple[RowOutcome, ...], worst: RowOutcome) -> None:
    summary = summarise([1], len(outcomes), [Ending(1, outcome, ("why",)) for outcome in outcomes])
    counts = {
        R.REGISTERED: summary.registered,
        R.DUPLICATE: summary.duplicates,
        R.QUERIED: summary.queried,
        R.REFUSED: summary.refused,
    }
    assert counts == {outcome: int(outcome is worst) for outcome in RowOutcome}
    assert summary.reasons == {"why": 1}
    assert summary.assets == sum(outcome is not R.REFUSED for outcome in outcomes)
