"""The README's first notification works as it is written there, with a shell, OpenSSL and curl alone."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.embedded.ports import free_port
from hub.embedded.stack import Stack
from hub.settings import Settings
from tests.house.sources import ROOT
from tests.support.readme import marked_blocks

TOOLS = ("openssl", "curl", "cat", "date", "sleep")
"""All that the example may call, besides the shell and `hub`."""

pytestmark = pytest.mark.skipif(
    any(shutil.which(tool) is None for tool in TOOLS), reason=f"one of {', '.join(TOOLS)} is not installed"
)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A hub as `hub up` starts it."""
    running = Stack(Settings(data=tmp_path_factory.mktemp("hub"), port=free_port()), lambda _: None)
    try:
        running.start()
        yield running
    finally:
        running.stop()


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """A folder with the commands that the example may call, and no other."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for tool in TOOLS:
        (folder / tool).symlink_to(str(shutil.which(tool)))
    hub = folder / "hub"
    hub.write_text(f'#!{shutil.which("bash")}\nPATH={os.environ["PATH"]} exec {sys.executable} -m hub.cli.main "$@"\n')
    hub.chmod(0o755)
    return folder


def test_the_readme_sends_a_first_notification(stack: Stack, tools: Path, tmp_path: Path) -> None:
    script = "set -euo pipefail\n" + "\necho\n".join(marked_blocks(ROOT / "README.md"))
    done = subprocess.run(
        [str(shutil.which("bash")), "-c", script],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={
            "PATH": str(tools),
            "HUB": stack.url,
            "HUB_DATA": str(stack.data),
            "PYTHONPATH": str(ROOT),
            "LANG": "C.UTF-8",
        },
    )
    assert done.returncode == 0, done.stderr
    decoder, answers, rest = json.JSONDecoder(), [], done.stdout.strip()
    while rest:
        answer, end = decoder.raw_decode(rest)
        answers.append(answer)
        rest = rest[end:].strip()
    accepted, receipt, found, changes, ready = answers
    assert (accepted["status"], accepted["code"]) == (202, "accepted")
    assert (receipt["message_id"], receipt["outcome"]) == (accepted["message_id"], "registered")
    assert [asset["asset_id"] for asset in found["assets"]] == [receipt["asset_id"]]
    assert [change["asset_id"] for change in changes["changes"]] == [receipt["asset_id"]]
    assert ready == {"status": "ready"}
