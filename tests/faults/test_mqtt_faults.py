"""A real Mosquitto between makers' clouds and the hub: killed, stopped, and with too short a queue.

Its acknowledgement is not the hub's: who has no receipt sends again.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from schemas.vocabulary import Door
from tests.faults.checker import check
from tests.faults.flood import CLOUD, Flood
from tests.faults.pouring import pour_during
from tests.faults.rig import PATIENCE_SECONDS, Rig
from tests.faults.trial import Form, Trial
from tests.support.mosquitto_broker import MOSQUITTO, PASSWORDS, Broker
from tests.support.wait import until

pytestmark = pytest.mark.skipif(
    MOSQUITTO is None or PASSWORDS is None,
    reason="mosquitto is not installed (Debian: apt install mosquitto)",
)
LONG_SHARE, EACH_MESSAGES = 0.02, 1_000
DOOR = "door-at-mosquitto"
LIMITS = {"max_queued_messages": 3, "max_inflight_messages": 3}
"""A cloud of the flood has more under way than both together."""
PASSWORD = "of-the-hub"


@pytest.fixture
def broker(rig: Rig, tmp_path: Path) -> Iterator[Broker]:
    """A Mosquitto that keeps few messages for a subscriber that is slow or away, and the hub's door at it."""
    made = Broker(tmp_path, {"hub": PASSWORD, CLOUD: rig.identity(CLOUD).token}, LIMITS)
    made.start()
    rig.start_besides("mqtt", DOOR, mqtt=made.url("hub", PASSWORD))
    yield made
    rig.end_besides()
    made.kill()


@pytest.mark.fault("mqtt")
async def test_what_mosquitto_loses_is_sent_again_and_what_it_redelivers_has_one_effect(
    rig: Rig, broker: Broker, form: Form, trial: Trial
) -> None:
    flood = Flood("mosquitto", form.seed, form.size(LONG_SHARE, short=150), frozenset({Door.MQTT}))

    def overflow() -> None:
        until(lambda: broker.says(" as hub ("), "the door has its session", PATIENCE_SECONDS)
        rig.freeze(DOOR)
        until(lambda: broker.says("being dropped for client"), "the broker says that it drops", PATIENCE_SECONDS)
        rig.wake(DOOR)
        trial.tried("queue overflow")

    def kill_broker() -> None:
        broker.kill()
        broker.start()
        trial.tried("kill -9 Mosquitto")

    def restart_broker() -> None:
        broker.stop()
        broker.start()
        trial.tried("Mosquitto restarted")

    def kill_door() -> None:
        rig.kill(DOOR)
        trial.tried("kill -9 of its door")

    rounds = max(1, flood.size // EACH_MESSAGES)
    line = [overflow, kill_door, kill_broker, restart_broker]
    await pour_during(rig, flood, line * rounds, mqtt=broker.url(CLOUD, rig.identity(CLOUD).token))
    trial.found(await check(rig, flood))
