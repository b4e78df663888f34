"""A participant may send so much a second, and a burst after a pause; nobody pays for another."""

from connectors.quota import Quota


class Clock:
    """A clock that tests move."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def taken(quota: Quota, participant: str, tries: int) -> int:
    return sum(quota.take(participant) for _ in range(tries))


def test_a_burst_is_taken_and_then_as_much_as_the_rate_fills() -> None:
    clock = Clock()
    quota = Quota(rate=10, burst=50, clock=clock)
    assert taken(quota, "oem-1", 80) == 50
    clock.now = 1.0
    assert taken(quota, "oem-1", 80) == 10
    clock.now = 1000.0
    assert taken(quota, "oem-1", 80) == 50


def test_nobody_pays_for_another() -> None:
    quota = Quota(rate=1, burst=5, clock=Clock())
    assert taken(quota, "oem-1", 10) == 5
    assert taken(quota, "installer-1", 10) == 5
