"""What some messages of a batch came to."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

from hub.services.registration.conflicts import Effect
from hub.services.registration.dispute_desk import Step
from hub.services.registration.write import Changes
from schemas.vocabulary import ReceiptOutcome


@dataclass(frozen=True)
class Done:
    """Effects in the order of the journal, and how many messages ended how."""

    effects: tuple[Effect, ...] = ()
    outcomes: Counter[ReceiptOutcome] = field(default_factory=Counter)

    @classmethod
    def of(cls, changes: Changes, steps: Sequence[Step]) -> Self:
        """Of what is told and decided, and of the steps of disputes that it has brought about."""
        effects = (*changes.effects, *(step.effect for step in steps if step.effect is not None))
        said = Counter(step.receipt.outcome for step in steps if step.receipt is not None)
        return cls(effects, Counter(changes.outcomes()) + said)

    def __add__(self, other: "Done") -> "Done":
        return Done(self.effects + other.effects, self.outcomes + other.outcomes)
