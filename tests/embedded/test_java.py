"""Kafka runs on the Java that came with the hub, else on the machine's, and says so when there is none."""

from pathlib import Path

import pytest

from hub.embedded import java
from hub.embedded.part import PartUnavailable


@pytest.fixture
def no_bundled_java(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(java, "bundled", lambda: None)
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def put_java(folder: Path, version: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / "java"
    program.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\" 2025-01-01' >&2\n")
    program.chmod(0o755)
    return program


def test_the_bundled_java_comes_first() -> None:
    assert java.find() == java.bundled()
    assert (java.version_of(java.find()) or 0) >= java.OLDEST


def test_java_home_comes_before_the_path(no_bundled_java: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    on_path = put_java(no_bundled_java, "21.0.1")
    assert java.find() == on_path
    at_home = put_java(no_bundled_java / "jdk" / "bin", "17.0.9")
    monkeypatch.setenv("JAVA_HOME", str(no_bundled_java / "jdk"))
    assert java.find() == at_home


@pytest.mark.parametrize("version", ["1.8.0_392", "11.0.2", "16"])
def test_an_old_java_is_named_and_refused(no_bundled_java: Path, version: str) -> None:
    old = put_java(no_bundled_java, version)
    with pytest.raises(PartUnavailable) as refused:
        java.find()
    assert all(part in str(refused.value) for part in (str(old), "JAVA_HOME", "HUB_KAFKA", "17"))


def test_no_java_at_all_is_told_with_what_to_do(no_bundled_java: Path) -> None:
    with pytest.raises(PartUnavailable, match=r"looked at: nothing.*JAVA_HOME.*HUB_KAFKA"):
        java.find()
