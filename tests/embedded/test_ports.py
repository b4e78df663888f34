"""Addresses survive a restart; a port that another program has taken is not fought over."""

import socket
from pathlib import Path
from typing import NoReturn

import pytest

from hub.embedded import ports
from hub.embedded.part import PartUnavailable


def test_ports_are_the_same_next_time(tmp_path: Path) -> None:
    file = tmp_path / "ports.json"
    first = ports.remembered(file, ("broker", "controller"), print)
    assert ports.remembered(file, ("broker", "controller"), print) == first
    assert first["broker"] != first["controller"]


def test_a_port_taken_since_is_replaced_and_said(tmp_path: Path) -> None:
    file, told = tmp_path / "ports.json", list[str]()
    first = ports.remembered(file, ("broker",), told.append)
    assert told == []
    with socket.create_server(("127.0.0.1", first["broker"])):
        second = ports.remembered(file, ("broker",), told.append)
    assert second != first
    assert [str(first["broker"]) in line and str(second["broker"]) in line for line in told] == [True]


def test_a_port_asked_for_and_taken_is_refused_by_name() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PartUnavailable, match=f"port {port} .*HUB_KAFKA"):
            ports.insist_on(port, "HUB_KAFKA")


def test_ports_lie_below_those_of_outgoing_connections() -> None:
    assert all(ports.LOWEST <= ports.free_port() <= ports.HIGHEST for _ in range(50))


def test_what_is_remembered_already_is_not_written_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a full disk a file that is written anew is empty afterwards."""

    def no_room(*_: object) -> NoReturn:
        raise OSError(28, "No space left on device")

    first = ports.remembered(tmp_path / "ports.json", ("broker",), print)
    monkeypatch.setattr(Path, "write_text", no_room)
    assert ports.remembered(tmp_path / "ports.json", ("broker",), print) == first
