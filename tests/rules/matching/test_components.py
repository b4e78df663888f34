"""Components against a search from each thing."""

from hypothesis import given
from hypothesis import strategies as st

from hub.rules.matching.components import Components

pairs = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=20)


@given(pairs)
def test_a_component_holds_whatever_a_chain_of_pairs_leads_to(joined: list[tuple[int, int]]) -> None:
    found = Components[int]()
    for pair in joined:
        found.join(pair)
    for start in range(13):
        reached, left = {start}, [start]
        while left:
            thing = left.pop()
            new = {other for pair in joined if thing in pair for other in pair} - reached
            reached |= new
            left += new
        assert found.size(start) == len(reached)
