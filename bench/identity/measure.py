"""How right an answer is: precision and recall of pairs across different senders, and which pairs went wrong.

A pair is two notifications of different senders. It is true if both are of one asset, and joined if the answer puts
both on one asset. Pairs are counted by group and never listed, so that an answer that joins everything can be
measured too; only false pairs, which ought to be few, are looked at one by one.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from bench.identity.answer import Answer
from simulators.corpus.assets import CHARGEPOINTS, VEHICLE
from simulators.corpus.record import Truth

KINDS = ("twins", "vehicle and chargepoint", "solar and battery", "estate neighbours", "other homes", "same home")


@dataclass(frozen=True)
class Counts:
    """`true` pairs there are, `found` of them joined, and `false` pairs joined besides."""

    true: int
    found: int
    false: int

    @property
    def precision(self) -> float:
        """1 where nothing was joined."""
        joined = self.found + self.false
        return self.found / joined if joined else 1.0

    @property
    def recall(self) -> float:
        """1 where there was nothing to find."""
        return self.found / self.true if self.true else 1.0


@dataclass(frozen=True)
class Score:
    """`automatic` counts what the answer joined by itself. `with_review` adds the true pairs that it asks a person
    about, who is taken to decide rightly; `asked_false` counts the wrong pairs he is asked about.

    `phenomena` counts the automatic pairs in which at least one notification has the tag; `false_kinds` the automatic
    false pairs by what they mix up.
    """

    automatic: Counts
    with_review: Counts
    asked_false: int
    review_share: float
    phenomena: Mapping[str, Counts]
    false_kinds: Mapping[str, int]


def score(truth: Sequence[Truth], answer: Answer) -> Score:
    """Raises KeyError if the answer leaves out a notification."""
    counts = count(truth, answer)
    asked_true, asked_false = _asked(truth, answer)
    return Score(
        automatic=counts,
        with_review=Counts(counts.true, counts.found + asked_true, counts.false),
        asked_false=asked_false,
        review_share=len(answer.review) / len(truth) if truth else 0.0,
        phenomena=by_phenomenon(truth, answer, counts),
        false_kinds=Counter(kind(one, other) for one, other in _false_pairs(truth, answer)),
    )


def count(truth: Iterable[Truth], answer: Answer) -> Counts:
    """Pairs of different senders, by groups of asset, of answer and of both."""
    told = list(truth)
    found = _pairs(told, lambda one: (one.asset, answer.assets[one.notification_id]))
    joined = _pairs(told, lambda one: answer.assets[one.notification_id])
    return Counts(_pairs(told, lambda one: one.asset), found, joined - found)


def by_phenomenon(truth: Sequence[Truth], answer: Answer, counts: Counts) -> dict[str, Counts]:
    """For each tag, the pairs in which at least one has it: all pairs less those in which neither has."""
    found = {}
    for tag in sorted({tag for one in truth for tag in one.phenomena}):
        without = count((one for one in truth if tag not in one.phenomena), answer)
        found[tag] = Counts(counts.true - without.true, counts.found - without.found, counts.false - without.false)
    return found


def kind(one: Truth, other: Truth) -> str:
    """What a false pair mixes up."""
    categories = {one.category, other.category}
    if VEHICLE in categories and categories & set(CHARGEPOINTS):
        return "vehicle and chargepoint"
    if categories == {"SOLAR_PV", "BESS"}:
        return "solar and battery"
    if one.home == other.home:
        both_twins = "twin" in one.phenomena and "twin" in other.phenomena
        return "twins" if both_twins and len(categories) == 1 else "same home"
    return "estate neighbours" if one.estate is not None and one.estate == other.estate else "other homes"


def _pairs(told: Iterable[Truth], group: Callable[[Truth], Hashable]) -> int:
    """Pairs of different senders within groups: all pairs of a group less those of each sender."""
    own = Counter((group(one), one.sender) for one in told)
    sizes: Counter[Hashable] = Counter()
    for (whole, _), size in own.items():
        sizes[whole] += size
    return sum(map(_two_of, sizes.values())) - sum(map(_two_of, own.values()))


def _two_of(n: int) -> int:
    return n * (n - 1) // 2


def _false_pairs(truth: Iterable[Truth], answer: Answer) -> Iterator[tuple[Truth, Truth]]:
    for members in _grouped(truth, answer).values():
        if len({one.asset for one in members}) > 1:
            for one, other in combinations(members, 2):
                if one.asset != other.asset and one.sender != other.sender:
                    yield one, other


def _asked(truth: Iterable[Truth], answer: Answer) -> tuple[int, int]:
    """True and false pairs that the answer asks a person about: one's review names the other's asset."""
    told = {one.notification_id: one for one in truth}
    groups = _grouped(told.values(), answer)
    asked = set()
    for name, assets in answer.review.items():
        for asset in assets - {answer.assets[name]}:
            for other in groups.get(asset, ()):
                if other.sender != told[name].sender:
                    asked.add(frozenset((name, other.notification_id)))
    right = sum(len({told[name].asset for name in pair}) == 1 for pair in asked)
    return right, len(asked) - right


def _grouped(truth: Iterable[Truth], answer: Answer) -> dict[str, list[Truth]]:
    groups: dict[str, list[Truth]] = {}
    for one in truth:
        groups.setdefault(answer.assets[one.notification_id], []).append(one)
    return groups
