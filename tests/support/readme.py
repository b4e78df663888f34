"""What the README shows: the shell blocks that are marked to be run, and the tables."""

import re
from pathlib import Path

MARKED = re.compile(r"^<!-- run -->\n```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def marked_blocks(file: Path) -> list[str]:
    """The blocks under `<!-- run -->`, in their order; together they are one shell session."""
    return MARKED.findall(file.read_text("utf-8"))


def table(file: Path, heading: str) -> list[tuple[str, ...]]:
    """The rows of the first table under a heading, without the table's head."""
    _, found, rest = file.read_text("utf-8").partition(f"\n{heading}\n")
    assert found, f"{file.name} has no heading {heading!r}"
    lines = re.search(r"(?:^\|.*\n)+", rest, re.MULTILINE)
    assert lines is not None, f"no table under {heading!r}"
    rows = [line.strip().strip("|").split(" | ") for line in lines.group().splitlines()]
    return [tuple(cell.strip() for cell in row) for row in rows[2:]]
