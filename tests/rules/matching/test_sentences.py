"""What people read about identities is said in their words, and betrays nobody's home."""

import re
from collections.abc import Iterator

from hypothesis import given

from hub.rules.matching.asset_id import asset_id
from hub.rules.matching.judgement import judge
from hub.rules.matching.neighbourhood import Settled, Sightings
from hub.rules.matching.policy import Policy, shipped
from hub.rules.matching.relations import RelationKind, relations
from hub.rules.matching.sighting import Sighting
from hub.rules.matching.standing import standings
from schemas.reference import categories
from schemas.vocabulary import DedupeOutcome
from tests.rules.matching.neighbourhoods import neighbourhoods
from tests.support.sightings import NO_RULINGS

CODES = {*categories.category_groups(), *DedupeOutcome, *RelationKind}


def settled(sightings: list[Sighting], policy: Policy) -> Settled:
    known = Sightings(policy)
    touched = [i for sighting in sightings for i in known.put(sighting)]
    return known.settle(touched, NO_RULINGS)


def sentences(found: Settled) -> Iterator[str]:
    """All that is said of some sightings, also of each on its arrival."""
    stands = {i: asset_id(c.members) for c in found.clusters for i in c.ids}
    of_each = standings(found, stands)
    for cluster in found.clusters:
        device = {i: of_each[i] for i in cluster.ids}
        for sighting_id in cluster.ids:
            for again in (False, True):
                yield from judge(sighting_id, device, again=again).reasons
    yield from (link.reason for link in found.looked_at.links)
    yield from (doubt.reason for doubt in found.looked_at.doubts)
    yield from (relation.reason for relation in relations(found.looked_at.clusters))


@given(neighbourhoods())
def test_every_sentence_is_whole_and_holds_no_number_and_no_code(sightings: list[Sighting]) -> None:
    said = {*sentences(settled(sightings, shipped()))}
    assert said
    for sentence in said:
        assert re.fullmatch(r"[A-Z][^.]*\w\.", sentence), sentence
        assert not re.search(r"\d|_", sentence), sentence
        assert not CODES & {*re.findall(r"\w+", sentence)}, sentence


@given(neighbourhoods())
def test_the_evidence_that_is_kept_holds_no_value_either(sightings: list[Sighting]) -> None:
    for link in settled(sightings, shipped()).looked_at.links:
        assert not any(re.search(r"\d|_", word) for word in link.evidence.values())


@given(neighbourhoods())
def test_a_sighting_that_is_logged_does_not_show_the_home_or_the_serial_number(sightings: list[Sighting]) -> None:
    for sighting in sightings:
        private = (sighting.serial, sighting.import_mpan, sighting.uprn, sighting.address, sighting.postcode)
        assert not any(value in repr(sighting) for value in private if value is not None)
