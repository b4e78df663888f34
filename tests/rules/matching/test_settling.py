"""Devices follow from what was told alone: in whatever order, again, or taken back."""

from collections.abc import Iterable
from itertools import combinations
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from hub.rules.matching.asset_id import asset_id
from hub.rules.matching.cluster import alone
from hub.rules.matching.clustering import Rulings, partition
from hub.rules.matching.neighbourhood import Sightings
from hub.rules.matching.policy import Policy, shipped
from hub.rules.matching.sighting import Sighting, SightingId
from tests.rules.matching.neighbourhoods import facts, neighbourhoods
from tests.support.sightings import told, with_crowd

NO_RULINGS = Rulings()


class Register:
    """Of which asset each sighting is, kept up to date the way the registration does it: by what was settled anew."""

    def __init__(self, policy: Policy) -> None:
        self.sightings = Sightings(policy)
        self.stands: dict[SightingId, UUID] = {}

    def tell(self, *told_of: Sighting) -> None:
        for sighting in told_of:
            self.decide(self.sightings.put(sighting))

    def decide(self, touched: Iterable[SightingId], rulings: Rulings = NO_RULINGS) -> None:
        for cluster in self.sightings.settle(touched, rulings).clusters:
            self.stands |= dict.fromkeys(cluster.ids, asset_id(cluster.members))


def told_one_by_one(sightings: Iterable[Sighting], policy: Policy) -> Register:
    register = Register(policy)
    register.tell(*sightings)
    return register


def at_once(sightings: Iterable[Sighting], rulings: Rulings = NO_RULINGS) -> dict[SightingId, UUID]:
    found = partition(map(alone, sightings), shipped(), rulings)
    return {i: asset_id(c.members) for c in found.clusters for i in c.ids}


def ruled(*pair: Sighting) -> frozenset[frozenset[SightingId]]:
    return frozenset((frozenset(s.id for s in pair),))


@given(neighbourhoods(), st.data())
def test_one_by_one_in_any_order_gives_the_devices_of_all_at_once(
    sightings: list[Sighting], data: st.DataObject
) -> None:
    order = data.draw(st.permutations(sightings))
    assert told_one_by_one(order, shipped()).stands == at_once(sightings)


@given(neighbourhoods(), st.data())
def test_rulings_leave_the_devices_the_same_in_any_order(sightings: list[Sighting], data: st.DataObject) -> None:
    pairs = st.frozensets(st.sampled_from([*map(frozenset, combinations([s.id for s in sightings], 2))]), max_size=3)
    same = data.draw(pairs)
    rulings = Rulings(same, data.draw(pairs) - same)
    register = Register(shipped())
    for sighting in data.draw(st.permutations(sightings)):
        register.decide(register.sightings.put(sighting), rulings)
    assert register.stands == at_once(sightings, rulings)


@given(neighbourhoods(), st.integers(1, 3), st.data())
def test_one_by_one_in_any_order_gives_the_same_devices_where_keys_are_shared_by_crowds(
    sightings: list[Sighting], most: int, data: st.DataObject
) -> None:
    order = data.draw(st.permutations(sightings))
    policy = with_crowd(most)
    assert told_one_by_one(order, policy).stands == told_one_by_one(sightings, policy).stands


@given(neighbourhoods(), st.data())
def test_the_same_told_again_changes_nothing(sightings: list[Sighting], data: st.DataObject) -> None:
    register = told_one_by_one(sightings, shipped())
    before = dict(register.stands)
    register.tell(data.draw(st.sampled_from(sightings)))
    assert register.stands == before


@given(neighbourhoods(), facts(), st.data())
def test_what_is_corrected_and_corrected_back_leaves_the_devices_and_their_ids_as_they_were(
    sightings: list[Sighting], other: dict[str, object], data: st.DataObject
) -> None:
    register = told_one_by_one(sightings, shipped())
    before = dict(register.stands)
    original = data.draw(st.sampled_from(sightings))
    source, ref = original.id
    corrected = told(source, other, ref=ref)
    register.tell(corrected)
    assert register.stands == at_once([corrected, *(s for s in sightings if s is not original)])
    register.tell(original)
    assert register.stands == before


@given(neighbourhoods(), st.booleans(), st.data())
def test_a_ruling_holds_and_its_withdrawal_leaves_the_devices_and_their_ids_as_they_were(
    sightings: list[Sighting], same: bool, data: st.DataObject
) -> None:
    register = told_one_by_one(sightings, shipped())
    before = dict(register.stands)
    one, other = data.draw(st.lists(st.sampled_from(sightings), min_size=2, max_size=2, unique_by=lambda s: s.id))
    rulings = Rulings(same=ruled(one, other)) if same else Rulings(apart=ruled(one, other))
    register.decide([one.id, other.id], rulings)
    assert register.stands == at_once(sightings, rulings)
    assert (register.stands[one.id] == register.stands[other.id]) is same
    register.decide([one.id, other.id])
    assert register.stands == before
