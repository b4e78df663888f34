"""The Makefile sets itself up, or says what is missing and how to get it."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.house.sources import ROOT

TARGETS = ("demo", "test", "lint", "bench", "faults", "lock", "clean", "help")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone in which nothing has been set up; its path holds a space, as a user's may."""
    folder = tmp_path / "a clone"
    folder.mkdir()
    for name in ("Makefile", "pyproject.toml", "requirements.lock", "requirements-dev.lock"):
        shutil.copy(ROOT / name, folder / name)
    return folder


def make(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["make", *arguments], cwd=folder, capture_output=True, text=True, check=False)


def python_that(folder: Path, script: str) -> str:
    """A stand-in for an interpreter."""
    path = folder / "python-stand-in"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return f"PYTHON={path}"


@pytest.mark.parametrize("target", TARGETS)
def test_help_names_every_target(clone: Path, target: str) -> None:
    assert f"make {target} " in make(clone, "help").stdout


def test_without_python_it_says_which_ones_it_looked_for(clone: Path) -> None:
    done = make(clone, "demo", "PYTHON=")
    assert done.returncode != 0
    assert "No Python 3.11 or newer was found" in done.stderr


def test_without_the_venv_module_it_names_the_package(clone: Path) -> None:
    done = make(clone, "demo", python_that(clone, "exit 1"))
    assert done.returncode != 0
    assert "apt install python3-venv" in done.stderr


def test_a_failed_installation_is_not_taken_for_done(clone: Path) -> None:
    # The first call, for the modules, succeeds; the one that makes the environment does not.
    done = make(clone, "demo", python_that(clone, '[ "$1" = -c ]'))
    assert done.returncode != 0
    assert "Setting up: Python packages into .venv" in done.stdout
    assert not (clone / ".venv" / ".ready").exists()
