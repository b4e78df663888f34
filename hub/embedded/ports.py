"""Ports of embedded servers: chosen once, then remembered, so that addresses survive a restart."""

import json
import random
import socket
from collections.abc import Collection
from pathlib import Path

from hub.embedded.part import PartUnavailable, Progress

# Below the ports that systems hand to outgoing connections: a client that keeps trying a dead port in that
# range can end up connected to itself, and then holds the port.
LOWEST, HIGHEST = 20_000, 32_000
TRIES = 200


def is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port(besides: Collection[int] = ()) -> int:
    """A free port on 127.0.0.1."""
    for _ in range(TRIES):
        port = random.randint(LOWEST, HIGHEST)
        if port not in besides and is_free(port):
            return port
    raise PartUnavailable(f"no free port found between {LOWEST} and {HIGHEST} on 127.0.0.1; end some servers and retry")


def remembered(file: Path, names: tuple[str, ...], progress: Progress) -> dict[str, int]:
    """A port for each name: those of last time where they are still free, and new ones otherwise."""
    try:
        before: dict[str, int] = json.loads(file.read_text())
    except (FileNotFoundError, ValueError):
        before = {}
    ports: dict[str, int] = {}
    for name in names:
        port = before.get(name)
        if port is None or not is_free(port):
            ports[name] = free_port({*before.values(), *ports.values()})
            if port is not None:
                progress(f"Port {port} ({name}) is taken by another program; using {ports[name]} from now on")
        else:
            ports[name] = port
    if ports != before:
        # Never half written: on a full disk the file would be emptied, and the next start would take other ports.
        partial = file.with_suffix(".partial")
        partial.write_text(json.dumps(ports))
        partial.replace(file)
    return ports


def insist_on(port: int, setting: str) -> int:
    """The port that somebody asked for. Raises `PartUnavailable` when another program has it."""
    if not is_free(port):
        raise PartUnavailable(f"port {port} of 127.0.0.1 is taken; free it, or set {setting} to the server that has it")
    return port
