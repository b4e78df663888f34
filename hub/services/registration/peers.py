"""Stage: peers. Assets that no message speaks of, and that are to be looked at again since one beside them changed."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from hub.rules.claims import Claim
from hub.rules.stacking import Policy
from hub.services.registration import conflicts, neighbours, overlay
from hub.services.registration.conflicts import Change, Effect
from hub.services.registration.neighbours import Neighbours
from hub.services.registration.surroundings import Surroundings
from hub.services.registration.view import RegisterView
from registry_store import locks
from registry_store.engine import Connection


async def look_again(
    connection: Connection,
    matched: Neighbours,
    view: RegisterView,
    around: Surroundings,
    policy: Policy,
    causes: Mapping[UUID, Claim],
) -> list[tuple[Claim, Change]]:
    """What assets around the changed ones are now, each with the claim behind it. `causes` are claims by their ids.

    Bounded: at a meter point the largest units are looked at, of an installer's works the first and the last within
    the window, and of these only whose notices the change can change.
    """
    if not around.unsettled:
        return []
    outside, own_ids = await neighbours.groupings(connection, sorted(around.unsettled.keys() - view.accounts.keys()))
    view.overlay.add(await overlay.load(connection, own_ids))
    await view.read(connection, outside.values())
    accounts = [conflicts.drawn(grouping, view) for grouping in outside.values()]
    units = {u.asset_id: u for u in conflicts.units(accounts)}
    await around.look(connection, list(units.values()))
    found = []
    for asset_id, cause in sorted(around.unsettled.items()):
        grouping = outside.get(asset_id) or matched.grouping(asset_id)
        # What this batch has composed already is around as it has become.
        unit, claim = units.get(asset_id) or around.units.get(asset_id), causes[cause]
        change = conflicts.change(grouping, view.accounts.get(asset_id), unit, claim, view, around, policy)
        if change is not None:
            found.append((claim, change))
    return found


async def settle(
    connection: Connection,
    effects: Sequence[Effect],
    matched: Neighbours,
    view: RegisterView,
    around: Surroundings,
    policy: Policy,
) -> list[Effect]:
    """The effects with what they do to assets around theirs.

    Only here others are kept from changing works near by, and what they have changed meanwhile is looked at: held from
    the first decision on, these locks would leave one worker waiting for the other nearly always.
    """
    causes = {effect.claim.claim_id: effect.claim for effect in effects}
    others: dict[UUID, list[Change]] = defaultdict(list)
    found = await look_again(connection, matched, view, around, policy, causes)
    if works := around.works_changed():
        await locks.take(connection, {"\x1f".join(("works", w.installer, w.postcode_area)) for w in works})
        await around.look_once_more(connection)
    found += await look_again(connection, matched, view, around, policy, causes)
    for claim, change in found:
        others[claim.claim_id].append(change)
    return [replace(e, others=(*e.others, *others[e.claim.claim_id])) for e in effects]
