"""Stage: peers. Assets that no message speaks of, and that are to be looked at again since one beside them changed."""

from collections.abc import Sequence
from dataclasses import replace

from hub.rules.stacking import Policy
from hub.services.registration import conflicts, neighbours, unit
from hub.services.registration.conflicts import Effect
from hub.services.registration.neighbours import Neighbours
from hub.services.registration.surroundings import Surroundings
from hub.services.registration.view import RegisterView
from registry_store.engine import Connection


async def settle(
    connection: Connection,
    effects: Sequence[Effect],
    matched: Neighbours,
    view: RegisterView,
    around: Surroundings,
    policy: Policy,
) -> list[Effect]:
    """The effects with what they do to assets around theirs.

    Bounded: at a meter point the largest units are looked at, of an installer's works the first and the last within
    the window, and of these only whose notices the change can change.
    """
    by_claim = {effect.claim.claim_id: number for number, effect in enumerate(effects)}
    found = list(effects)
    outside = await neighbours.groupings(connection, sorted(around.unsettled.keys() - view.accounts.keys()))
    await view.read(connection, outside.values())
    said = [view.account(grouping) for grouping in outside.values()]
    await around.look(connection, [unit.of(s) for s in said if s is not None])
    for asset_id, cause in sorted(around.unsettled.items()):
        number = by_claim[cause]
        grouping = outside.get(asset_id) or matched.grouping(asset_id)
        claim = found[number].claim
        change = conflicts.change(grouping, view.accounts.get(asset_id), claim, view, around, policy)
        if change is not None:
            found[number] = replace(found[number], others=(*found[number].others, change))
    return found
