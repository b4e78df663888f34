"""The two plain yardsticks: exact maker and serial, and an oracle that knows every shared key."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from itertools import combinations

from bench.identity.answer import Answer, of_groups
from bench.identity.joined import Joined
from hub.rules.address import Agreement, compare_addresses
from schemas.identifiers import canonical_uprn, normalise_maker, normalise_serial, parse_mpan
from simulators.corpus.record import FlatNotification, Truth


def exact_serial(corpus: Iterable[FlatNotification]) -> Answer:
    """One asset for each maker and serial as the hub's identifiers read them; all else stands alone."""
    groups = {}
    for one in corpus:
        maker, serial = normalise_maker(one.manufacturer), normalise_serial(one.serial_number).normal
        groups[one.notification_id] = f"{maker} {serial}" if maker and serial else one.notification_id
    return of_groups(groups)


def oracle(corpus: Iterable[FlatNotification], truth: Sequence[Truth]) -> Answer:
    """Joins what is of one asset and shares a key of the device or of its home; joins lead on.

    No rule on the same keys can find more, and this one is never wrong: it is told the truth.
    """
    asset = {one.notification_id: one.asset for one in truth}
    joined: Joined[str] = Joined()
    members: dict[str, list[FlatNotification]] = defaultdict(list)
    sharing: dict[Hashable, list[str]] = defaultdict(list)
    for one in corpus:
        members[asset[one.notification_id]].append(one)
        for key in _keys(one):
            sharing[(asset[one.notification_id], key)].append(one.notification_id)
    for names in sharing.values():
        joined.join_all(names)
    for told in members.values():
        for one, other in combinations(told, 2):
            if _same_address(one, other):
                joined.join(one.notification_id, other.notification_id)
    return of_groups({name: joined.find(name) for name in asset})


def _keys(one: FlatNotification) -> Iterator[Hashable]:
    if one.sender and one.sender_asset_ref:
        yield "reference", one.sender, one.sender_asset_ref
    named = {
        "serial": normalise_serial(one.serial_number).normal,
        "vin": one.vin,
        "ocpp": one.ocpp_identity,
        "mac": one.mac and one.mac.replace(":", ""),
        "import": parse_mpan(one.import_mpan).core,
        "export": parse_mpan(one.export_mpan).core,
        "uprn": canonical_uprn(one.uprn).value,
    }
    yield from ((name, value) for name, value in named.items() if value)


def _same_address(one: FlatNotification, other: FlatNotification) -> bool:
    agreement = compare_addresses(one.address_line, one.postcode, other.address_line, other.postcode)
    return agreement >= Agreement.HOUSE_NUMBER
