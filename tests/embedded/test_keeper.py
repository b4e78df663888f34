"""A part that has died is started again, however often that fails at first."""

import pytest

from hub.embedded import keeper
from hub.embedded.keeper import Keeper
from hub.embedded.part import PartUnavailable
from tests.support.wait import until


class Dead:
    """A part that comes to life at the third try."""

    name = "Dead"
    address = ""
    pid = None

    def __init__(self, *troubles: Exception) -> None:
        self._troubles = list(troubles)
        self._alive = False

    def start(self) -> None:
        if self._troubles:
            raise self._troubles.pop(0)
        self._alive = True

    def stop(self) -> None:
        self._alive = False

    kill = stop

    def alive(self) -> bool:
        return self._alive


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeper, "EVERY_SECONDS", 0.01)


def test_it_is_tried_again_when_there_is_no_room_and_when_it_does_not_come_up() -> None:
    told: list[str] = []
    part = Dead(OSError(28, "No space left on device"), PartUnavailable("not ready"))
    watching = Keeper([part], told.append)
    watching.start()
    until(part.alive, "the part is alive")
    watching.stop()
    assert [line for line in told if "does not start" in line] == [
        "Dead does not start: [Errno 28] No space left on device",
        "Dead does not start: not ready",
    ]
