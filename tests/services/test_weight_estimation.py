"""Weights follow from what one device's tellers agree in, and two devices' do not."""

import pytest

from hub.rules.matching import policy
from hub.services.weight_estimation import FACTS, LEVELS, estimate
from schemas.flat_notification import FlatNotification
from simulators.corpus import generate


def corpus(seed: int) -> list[FlatNotification]:
    return [FlatNotification.model_validate(vars(told)) for told, _ in generate.generate(seed, 1500)]


def test_agreement_speaks_for_one_device_and_difference_against() -> None:
    found, pairs = estimate(corpus(1), policy.shipped(), seed=1)
    assert pairs > 100
    assert found.keys() == {(fact, level.name.lower()) for fact in FACTS for level in LEVELS}
    for fact in FACTS:
        assert found[fact, "same"] > 0 > found[fact, "differs"]


def test_the_same_file_and_seed_give_the_same_weights() -> None:
    assert estimate(corpus(2), policy.shipped(), seed=7) == estimate(corpus(2), policy.shipped(), seed=7)


def test_a_file_without_one_device_told_twice_gives_none() -> None:
    alone = [FlatNotification(notification_id="1", sender="a", category="BESS")]
    with pytest.raises(ValueError, match="larger file"):
        estimate(alone, policy.shipped(), seed=1)
