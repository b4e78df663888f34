"""What stands in the town's premises: one job a home, one or more devices a job, and who tells of it.

Home number n of a seed is always the same. An installer, the makers' clouds and a platform all speak of the
same homes, so that the same device is told of more than once, under each teller's own ids and references.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random

from simulators import devices, premises
from simulators.devices import Device
from simulators.premises import Premises

FIRST_DAY = date(2025, 1, 6)
DAYS = 350
"""Jobs lie in the past of any right clock, so that a seed gives the same messages whenever it is run."""
MOST_LINES = 4


@dataclass(frozen=True)
class Home:
    """One job at one premises: its devices are the lines of one form."""

    number: int
    premises: Premises
    job_reference: str
    commissioned_on: date
    devices: tuple[Device, ...]

    @property
    def told_at(self) -> datetime:
        """The evening of the day of commissioning."""
        return datetime(self.commissioned_on.year, self.commissioned_on.month, self.commissioned_on.day, 18, tzinfo=UTC)

    def later(self, days: int) -> datetime:
        return self.told_at + timedelta(days=days)


def home_at(seed: int, number: int) -> Home:
    """Home `number` (from 0) of the town; it stands in the premises of the same number."""
    dice = Random(f"home {seed} {number}")
    lines = dice.choices((1, 2, 3, MOST_LINES), weights=(60, 25, 10, 5))[0]
    return Home(
        number=number,
        premises=premises.premises_at(seed, number),
        job_reference=f"JOB-{seed:02d}-{number:06d}",
        commissioned_on=FIRST_DAY + timedelta(days=dice.randrange(DAYS)),
        devices=tuple(devices.make(dice, number * MOST_LINES + line + 1) for line in range(lines)),
    )
