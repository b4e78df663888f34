"""Bad wires between the hub's processes and Kafka and PostgreSQL: slow, broken, half open, answers lost on the way."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from urllib.parse import quote

import pytest

from hub.embedded.ports import free_port
from hub.embedded.postgres import SOCKET_NAME
from tests.faults import proxy
from tests.faults.checker import check
from tests.faults.flood import Flood, Hook
from tests.faults.pouring import pour_during
from tests.faults.proxy import Wire
from tests.faults.rig import PATIENCE_SECONDS, Rig
from tests.faults.trial import Form, Trial
from tests.support.wait import until

LONG_SHARE, EACH_MESSAGES = 0.04, 1_000
SLOW_SECONDS = 0.1
SHORT_HOLD_SECONDS, LONG_HOLD_SECONDS = 1.5, 12.0
"""How long a wire is bad: the longer one outlives sessions and time limits."""
LOST_ANSWERS = 3


@dataclass(frozen=True)
class Wired:
    """A door, a worker and a relay that reach Kafka and PostgreSQL over wires only."""

    url: str
    wires: dict[str, Wire]


@contextmanager
def wired(rig: Rig) -> Iterator[Wired]:
    port = free_port()
    there = Path(rig.postgres.socket_folder) / SOCKET_NAME
    here = rig.data / "wire"
    here.mkdir(exist_ok=True)
    with ExitStack() as stack:
        wires = {
            "Kafka": stack.enter_context(proxy.tcp(rig.far_port, rig.near_port)),
            "PostgreSQL": stack.enter_context(proxy.unix(here / SOCKET_NAME, there)),
        }
        address = rig.postgres.address.partition("?")[0] + f"?host={quote(str(here), safe='/')}"
        for role in ("door", "worker", "relay"):
            rig.start_besides(role, f"wired-{role}", kafka=f"127.0.0.1:{rig.far_port}", database=address, port=port)
        try:
            # What happens to a wire before anybody is at its end tries nothing.
            until(lambda: bool(rig.sharing("wired-worker")), "its worker has a share of the journal", PATIENCE_SECONDS)
            yield Wired(f"http://127.0.0.1:{port}", wires)
        finally:
            rig.end_besides()


def deeds(wired: Wired, trial: Trial, hold: float) -> list[Hook]:
    """Each kind of trouble on each of the wires; what has no end of its own lasts `hold` seconds."""

    def slow(wire: Wire) -> None:
        wire.delay = SLOW_SECONDS
        threading.Event().wait(hold)
        wire.delay = 0.0

    def half_open(wire: Wire) -> None:
        wire.silent = True
        threading.Event().wait(hold)
        wire.silent = False

    def lost_answers(wire: Wire) -> None:
        wire.swallow = LOST_ANSWERS
        until(lambda: wire.swallow == 0, "answers were lost", PATIENCE_SECONDS)

    kinds = {"slow": slow, "broken": Wire.reset, "half open": half_open, "answers lost": lost_answers}

    def deed(name: str, kind: str) -> Hook:
        def do() -> None:
            kinds[kind](wired.wires[name])
            trial.tried(f"wire to {name} {kind}")

        return do

    return [deed(name, kind) for name in wired.wires for kind in kinds]


@pytest.mark.fault("wires")
async def test_nothing_is_lost_or_repeated_over_bad_wires(rig: Rig, form: Form, trial: Trial) -> None:
    flood = Flood("wires", form.seed, form.size(LONG_SHARE, short=150))
    rounds = max(1, flood.size // EACH_MESSAGES)
    dice = Random(form.seed)
    with wired(rig) as over_wires:
        # The relay at the end of the wires is to lead.
        rig.supervisor.kill("relay")
        all_kinds = deeds(over_wires, trial, SHORT_HOLD_SECONDS if form.name == "short" else LONG_HOLD_SECONDS)
        line = [deed for _ in range(rounds) for deed in dice.sample(all_kinds, len(all_kinds))]
        await pour_during(rig, flood, line, url=over_wires.url)
        lost = {name: wire.swallowed for name, wire in over_wires.wires.items()}
        trial.found(await check(rig, flood))
    trial.note("answers lost on the way: " + ", ".join(f"{name} {count}" for name, count in lost.items()))
    assert min(lost.values()) >= LOST_ANSWERS * rounds
