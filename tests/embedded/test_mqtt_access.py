"""A participant speaks and hears below its own name alone, whatever it writes into a topic."""

import hashlib
import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.embedded.mqtt_access import Logins, Role, may_hear, may_publish, parse

HASH = hashlib.sha256(b"token").hexdigest()


@pytest.mark.parametrize(
    ("role", "topic", "allowed"),
    [
        (Role.PARTICIPANT, "in/oem-1/notifications", True),
        (Role.PARTICIPANT, "in/oem-1/a/b", True),
        (Role.PARTICIPANT, "in/oem-1/", False),
        (Role.PARTICIPANT, "in/oem-1", False),
        (Role.PARTICIPANT, "in/oem-10/notifications", False),
        (Role.PARTICIPANT, "in/oem-2/notifications", False),
        (Role.PARTICIPANT, "out/oem-1/receipts", False),
        (Role.PARTICIPANT, "/in/oem-1/notifications", False),
        (Role.PARTICIPANT, "in/oem-1/#", False),
        (Role.PARTICIPANT, "in/oem-1/+", False),
        (Role.PARTICIPANT, "$SYS/in/oem-1/x", False),
        (Role.HUB, "out/oem-1/receipts", True),
        (Role.HUB, "in/oem-1/notifications", False),
        (Role.HUB, "output/oem-1/receipts", False),
    ],
)
def test_who_may_publish(role: Role, topic: str, allowed: bool) -> None:
    assert may_publish("oem-1", role, topic) is allowed


@pytest.mark.parametrize(
    ("role", "topic_filter", "allowed"),
    [
        (Role.PARTICIPANT, "out/oem-1/#", True),
        (Role.PARTICIPANT, "out/oem-1/+", True),
        (Role.PARTICIPANT, "out/oem-1/receipts", True),
        (Role.PARTICIPANT, "#", False),
        (Role.PARTICIPANT, "+/#", False),
        (Role.PARTICIPANT, "out/#", False),
        (Role.PARTICIPANT, "out/+/receipts", False),
        (Role.PARTICIPANT, "+/oem-1/receipts", False),
        (Role.PARTICIPANT, "out/oem-2/receipts", False),
        (Role.PARTICIPANT, "in/oem-1/#", False),
        (Role.PARTICIPANT, "in/+/x", False),
        (Role.PARTICIPANT, "$share/group/out/oem-1/#", False),
        (Role.HUB, "in/#", True),
        (Role.HUB, "in/+/notifications", True),
        (Role.HUB, "#", False),
        (Role.HUB, "out/#", False),
    ],
)
def test_who_may_hear(role: Role, topic_filter: str, allowed: bool) -> None:
    assert may_hear("oem-1", role, topic_filter) is allowed


LEVEL = st.sampled_from(["in", "out", "oem-1", "oem-2", "+", "#", "", "receipts"])


@given(levels=st.lists(LEVEL, max_size=5))
def test_no_topic_whatsoever_leads_a_participant_out_of_its_own_name(levels: list[str]) -> None:
    topic = "/".join(levels)
    if may_hear("oem-1", Role.PARTICIPANT, topic):
        assert levels[:2] == ["out", "oem-1"]
    if may_publish("oem-1", Role.PARTICIPANT, topic):
        assert levels[:2] == ["in", "oem-1"]


def file_of(tmp_path: Path, **logins: str) -> Path:
    file = tmp_path / "logins.json"
    file.write_text(json.dumps({user: {"password_sha256": HASH, "role": role} for user, role in logins.items()}))
    return file


@pytest.mark.parametrize(
    ("user", "password", "accepted"),
    [
        ("oem", "token", True),
        ("oem", "other", False),
        ("oem", None, False),
        ("who", "token", False),
        (None, None, False),
    ],
)
def test_a_login_needs_its_name_and_its_password(
    tmp_path: Path, user: str | None, password: str | None, accepted: bool
) -> None:
    assert Logins(file_of(tmp_path, oem="participant")).accept(user, password) is accepted


def test_a_login_taken_out_of_the_file_has_no_rights_any_more(tmp_path: Path) -> None:
    logins = Logins(file_of(tmp_path, oem="participant"))
    assert logins.may_publish("oem", "in/oem/x")
    file = file_of(tmp_path, other="participant")
    os.utime(file, ns=(1, 1))
    assert not logins.may_publish("oem", "in/oem/x")
    assert not logins.accept("oem", "token")
    assert logins.accept("other", "token")


def test_a_half_written_file_leaves_the_last_good_one_in_force(tmp_path: Path) -> None:
    file = file_of(tmp_path, oem="participant")
    logins = Logins(file)
    file.write_text('{"oem": {')
    assert logins.accept("oem", "token")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('{"a/b": {"password_sha256": "00", "role": "hub"}}', "a/b"),
        ('{"+": {"password_sha256": "00", "role": "hub"}}', "letters"),
        ('{"oem": {"role": "hub"}}', "password_sha256"),
        ('{"oem": {"password_sha256": "00", "role": "admin"}}', "participant or hub"),
        ('{"oem": "secret"}', "oem"),
    ],
)
def test_a_wrong_entry_is_named(text: str, named: str) -> None:
    with pytest.raises(ValueError, match=named):
        parse(text)
