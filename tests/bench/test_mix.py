"""The messages of the benches are those of a busy day, and every door would take them."""

from collections import Counter
from itertools import islice

from bench.latency.measure import installations
from bench.mix import SENDERS, Told, mix, premises_for
from schemas import body
from schemas.notifications import AssetCommissioned, AssetUpdated

COUNT = 6000


def messages(seed: int = 1, count: int = COUNT) -> list[Told]:
    return list(islice(mix(seed), count))


def test_the_same_seed_gives_the_same_messages_and_another_one_others() -> None:
    assert messages(3, 300) == messages(3, 300)
    assert messages(3, 300) != messages(4, 300)


def test_there_are_new_devices_others_that_tell_of_them_changes_and_repeats() -> None:
    told = messages()
    kinds = Counter(type(one.notification) for one in told)
    senders = {one.sender for one in told}
    repeats = len(told) - len({one.message_id for one in told})
    assert senders == set(SENDERS)
    assert kinds[AssetCommissioned] > kinds[AssetUpdated] > 0
    assert 0 < repeats < COUNT / 10


def test_a_repeat_is_the_same_message_and_comes_after_it() -> None:
    first: dict[str, bytes] = {}
    for one in messages():
        assert first.setdefault(one.message_id, one.body) == one.body


def test_a_change_comes_after_the_first_word_of_its_device() -> None:
    known = set()
    for one in messages():
        key = (one.sender, one.notification.sender_asset_ref)
        if isinstance(one.notification, AssetUpdated):
            assert key in known
        known.add(key)


def test_installers_name_many_meter_points_in_many_postcodes() -> None:
    places = [
        one.notification.location
        for one in messages()
        if isinstance(one.notification, AssetCommissioned) and one.sender.startswith("installer")
    ]
    assert len({place.postcode for place in places}) > 50
    assert len({place.import_mpan for place in places if place.import_mpan}) > COUNT / 8


def test_two_or_three_homes_of_a_postcode_are_spoken_of_and_the_registration_data_has_them_all() -> None:
    homes: dict[str, set[str]] = {}
    for one in messages():
        if isinstance(one.notification, AssetCommissioned) and one.sender.startswith("installer"):
            place = one.notification.location
            homes.setdefault(place.postcode or "", set()).add(place.address_line or "")
    assert 2 <= sum(map(len, homes.values())) / len(homes) <= 3


def test_bodies_decode_to_what_was_said() -> None:
    for one in messages(count=200):
        assert body.decode(one.body) == one.notification


def test_the_town_has_a_home_for_every_message() -> None:
    jobs = [
        one.notification.job_reference
        for one in messages()
        if isinstance(one.notification, AssetCommissioned) and one.notification.job_reference
    ]
    assert max(int(job.rpartition("-")[2]) for job in jobs) < premises_for(COUNT)


def test_an_installation_is_sent_once_since_a_repeat_tells_nobody_anything() -> None:
    told = list(islice(installations(1), 2000))
    assert len({one.message_id for one in told}) == len(told)
    assert {one.sender.partition("-")[0] for one in told} == {"installer"}
