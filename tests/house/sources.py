"""The files of the project, as the tests of the house read them."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("bench", "hub", "connectors", "streams", "registry_store", "schemas", "simulators")
# What tools and runs leave in a clone; none of it is the project's own.
LEFT_BEHIND = frozenset(
    {
        ".git",
        ".hypothesis",
        ".import_linter_cache",
        ".mypy_cache",
        ".pytest_cache",
        ".ruff_cache",
        ".venv",
        "__pycache__",
        "build",
        "dist",
        "node_modules",
    }
)


def project_files(folder: Path = ROOT) -> Iterator[Path]:
    """Every file of a clone, without what tools have left behind."""
    for path in sorted(folder.iterdir()):
        if path.name in LEFT_BEHIND or (path.parent == ROOT and path.name == "data"):
            continue
        if path.is_dir():
            yield from project_files(path)
        else:
            yield path


def text_of(path: Path) -> str | None:
    """A file's text; None for one that is not text."""
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError:
        return None


def python_modules() -> Iterator[tuple[Path, ast.Module]]:
    """The modules of the packages (not the tests), parsed."""
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            yield path, ast.parse(path.read_text("utf-8"), str(path))
