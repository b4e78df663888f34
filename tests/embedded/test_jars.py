"""Kafka's Java packages come from the repository that the user names, are checked, and are fetched once."""

import hashlib
import http.server
import socket
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from hub.embedded import jars
from hub.embedded.jars import Jar
from hub.embedded.part import PartUnavailable

CONTENT = b"a small package"
JAR = Jar("org.example", "small", "1.0", len(CONTENT), hashlib.sha256(CONTENT).hexdigest())


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A repository on this machine with one package, which jgo's configuration names; gives the file."""
    monkeypatch.setattr(jars, "locked", lambda: (JAR,))
    file = JAR.path(tmp_path / "mirror")
    file.parent.mkdir(parents=True)
    file.write_bytes(CONTENT)
    handler = partial(Quiet, directory=str(tmp_path / "mirror"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        use_mirror(tmp_path, monkeypatch, server.server_port)
        yield file
        server.shutdown()


def use_mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, port: int) -> None:
    config = tmp_path / "jgo.conf"
    config.write_text(f"[repositories]\ncentral = http://127.0.0.1:{port}\n")
    monkeypatch.setenv("JGO_CONFIG_FILE", str(config))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def unreachable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    use_mirror(tmp_path, monkeypatch, port)


def test_packages_are_fetched_once_and_then_need_no_network(
    mirror: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = list[str]()
    first = jars.class_path(tmp_path / "cache", told.append)
    assert Path(first).read_bytes() == CONTENT
    assert "1 files" in told[0]
    unreachable(tmp_path, monkeypatch)
    assert jars.class_path(tmp_path / "cache", told.append) == first
    assert len(told) == 2


def test_a_package_deleted_from_the_cache_is_fetched_again(mirror: Path, tmp_path: Path) -> None:
    first = jars.class_path(tmp_path / "cache", lambda _: None)
    Path(first).unlink()
    assert jars.class_path(tmp_path / "cache", lambda _: None) == first
    assert Path(first).read_bytes() == CONTENT


def test_what_an_interrupted_download_left_is_fetched_again(mirror: Path, tmp_path: Path) -> None:
    half = JAR.path(jars.repository(tmp_path / "cache"))
    half.parent.mkdir(parents=True)
    half.write_bytes(CONTENT[:5])
    assert Path(jars.class_path(tmp_path / "cache", lambda _: None)).read_bytes() == CONTENT


def test_a_package_with_other_bytes_is_refused_by_name(mirror: Path, tmp_path: Path) -> None:
    mirror.write_bytes(CONTENT[::-1])
    with pytest.raises(PartUnavailable, match=r"small-1\.0\.jar .*SHA-256"):
        jars.class_path(tmp_path / "cache", lambda _: None)
    assert not JAR.path(jars.repository(tmp_path / "cache")).exists()


def test_without_a_reachable_repository_the_message_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unreachable(tmp_path, monkeypatch)
    with pytest.raises(PartUnavailable) as refused:
        jars.class_path(tmp_path / "cache", lambda _: None)
    for help_with in ("HUB_KAFKA", "HTTPS_PROXY", "JGO_CONFIG_FILE", "[repositories]", "central ="):
        assert help_with in str(refused.value)


def test_the_lock_names_every_package_once_with_size_and_digest() -> None:
    locked = jars.locked()
    assert {"kafka_2.13", "kafka-clients", "slf4j-simple", "scala-library"} <= {jar.artifact for jar in locked}
    assert len({(jar.group, jar.artifact) for jar in locked}) == len(locked)
    assert all(jar.size > 0 and len(jar.sha256) == 64 for jar in locked)
