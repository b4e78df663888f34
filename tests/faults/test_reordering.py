"""Messages in any order and any number of times, transactions that fail, and two relays that race."""

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.faults.checker import check
from tests.faults.flood import Flood, Hook
from tests.faults.pouring import pour_during
from tests.faults.rig import Rig
from tests.faults.trial import Form, Trial
from tests.services.test_register_machine import Register

LONG_SHARE, EACH_MESSAGES = 0.02, 500
SHORT_EXAMPLES, LONG_EXAMPLES = 4, 300
STEPS = 12
LOSE_THE_LEAD = (
    "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted AND pid <> pg_backend_pid()"
)


@pytest.mark.fault("reordering")
def test_the_register_ends_up_the_same(database: str, form: Form, trial: Trial) -> None:
    class OnThisDatabase(Register):
        url = database

    examples = SHORT_EXAMPLES if form.name == "short" else LONG_EXAMPLES
    run_state_machine_as_test(
        OnThisDatabase,
        settings=settings(
            max_examples=examples,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    trial.tried("orders, repeats and failed transactions", examples)


@pytest.mark.fault("reordering")
async def test_two_relays_that_take_the_lead_from_each_other(rig: Rig, form: Form, trial: Trial) -> None:
    flood = Flood("relays", form.seed, form.size(LONG_SHARE, short=150))
    rig.start_besides("relay", "rival")

    def lose_the_lead() -> None:
        rig.ask(LOSE_THE_LEAD)
        trial.tried("the leading relay loses its connection")

    def kill() -> None:
        rig.supervisor.kill("relay")
        trial.tried("kill -9 of a relay")

    line: list[Hook] = [lose_the_lead, kill, lose_the_lead]
    await pour_during(rig, flood, line * max(1, flood.size // EACH_MESSAGES))
    trial.found(await check(rig, flood))
