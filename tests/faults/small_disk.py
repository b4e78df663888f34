"""A disk of a test's own that can be filled: a file system in memory, mounted where the test is allowed to."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

CHUNK = bytes(256 * 1024)


class SmallDisk:
    """`folder` is on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._filling = folder / "filling"

    def fill(self) -> None:
        """Takes what room there is, down to the last block."""
        with self._filling.open("ab", buffering=0) as file:
            for size in (len(CHUNK), 4096, 1):
                try:
                    while True:
                        file.write(CHUNK[:size])
                except OSError:
                    continue

    def is_full(self) -> bool:
        found = os.statvfs(self.folder)
        return found.f_bavail == 0

    def make_room(self) -> None:
        self._filling.unlink()


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[SmallDisk]:
    """Skips the test where nothing may be mounted."""
    folder.mkdir(parents=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0711", "tmpfs", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        pytest.skip("a disk of one's own to fill cannot be mounted here (it takes root)")
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
