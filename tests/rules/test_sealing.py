"""What is sealed opens with its key, as what it is about, and not otherwise."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.rules.sealing import CannotOpenError, WrappingKey, name, seal, unseal

KEY, OTHER = b"k" * 32, b"o" * 32


@given(st.binary(max_size=200), st.text(max_size=20))
def test_what_is_sealed_opens_again(content: bytes, about: str) -> None:
    sealed = seal(KEY, content, about)
    assert unseal(KEY, sealed, about) == content
    assert seal(KEY, content, about) != sealed


@pytest.mark.parametrize(("key", "about"), [(OTHER, "me"), (KEY, "you")])
def test_another_key_or_another_subject_does_not_open_it(key: bytes, about: str) -> None:
    with pytest.raises(CannotOpenError):
        unseal(key, seal(KEY, b"content", "me"), about)


@given(st.integers(0, 34), st.integers(1, 255))
def test_what_was_changed_does_not_open(at: int, flipped: int) -> None:
    sealed = bytearray(seal(KEY, b"content", "me"))
    sealed[at] ^= flipped
    with pytest.raises(CannotOpenError):
        unseal(KEY, bytes(sealed), "me")


@pytest.mark.parametrize("sealed", [b"", b"short"])
def test_what_is_no_sealed_text_does_not_open(sealed: bytes) -> None:
    with pytest.raises(CannotOpenError):
        unseal(KEY, sealed, "me")


def test_a_secret_makes_one_key_and_another_secret_another() -> None:
    one, again, other = WrappingKey.of("secret"), WrappingKey.of("secret"), WrappingKey.of("other")
    assert one == again
    assert one.key != other.key and one.name != other.name
    assert one.key.hex() not in repr(one)


def test_a_name_is_the_same_for_the_same_value_under_the_same_key() -> None:
    assert name(KEY, "mpan", "1") == name(KEY, "mpan", "1")
    assert len({name(KEY, "mpan", "1"), name(KEY, "uprn", "1"), name(KEY, "mpan", "2"), name(OTHER, "mpan", "1")}) == 4
