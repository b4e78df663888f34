"""Where the devices of a job come from: a pallet for a whole street, or one carton at a time."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

from simulators.corpus.assets import VEHICLE
from simulators.corpus.catalogue import Bundle, Factory, Model, draw_model, models

MOST_ON_A_PALLET = 200


@dataclass(frozen=True)
class Delivery:
    """The identical units of one line of a job, with everything that lay on their pallet."""

    model: Model
    serials: tuple[str, ...]
    pallet: tuple[str, ...]


def draw_models(dice: Random, bundle: Bundle) -> tuple[Model, ...]:
    """A model for each line; the lines of one box have one maker."""
    if not bundle.one_box:
        return tuple(draw_model(dice, category) for category in bundle.categories)
    first, *others = bundle.categories
    both = [m for m in models()[first] if all(any(n.maker == m.maker for n in models()[c]) for c in others)]
    box = dice.choices(both, weights=[model.weight for model in both])[0]
    return (box, *(dice.choice([m for m in models()[c] if m.maker == box.maker]) for c in others))


@dataclass
class Cartons:
    """Each device from a carton of its own; identical units follow one another or not."""

    dice: Random
    factory: Factory

    def deliver(self, model: Model, units: int, consecutive: bool) -> Delivery:
        if consecutive:
            serials = self.factory.pallet(self.dice, model, units)
        else:
            serials = tuple(self.factory.pallet(self.dice, model, 1)[0] for _ in range(units))
        return Delivery(model, serials, ())


@dataclass
class Pallet:
    """Devices of one model for one street, taken in their order."""

    dice: Random
    factory: Factory
    _stock: dict[str, tuple[tuple[str, ...], Iterator[str]]] = field(default_factory=dict)

    def deliver(self, model: Model, units: int, consecutive: bool) -> Delivery:
        if model.category == VEHICLE:
            return Cartons(self.dice, self.factory).deliver(model, units, consecutive)
        if model.name not in self._stock:
            packed = self.factory.pallet(self.dice, model, MOST_ON_A_PALLET)
            self._stock[model.name] = (packed, iter(packed))
        packed, left = self._stock[model.name]
        return Delivery(model, tuple(next(left) for _ in range(units)), packed)
