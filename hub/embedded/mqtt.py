"""A real MQTT 3.1.1 broker for a laptop: amqtt in its own process, with the hub's logins and topic rules."""

import signal
import socket
import sys
from pathlib import Path

from hub.embedded import mqtt_access, ports
from hub.embedded.part import PartUnavailable, Progress
from hub.embedded.process import OwnedProcess, ServerPart
from hub.embedded.progress import telling

READY_SECONDS = 20.0
STOP_SECONDS = 3.5
CONNECT_SECONDS = 1.0


class EmbeddedMqtt(ServerPart):
    """`address` is `mqtt://127.0.0.1:PORT`. `logins` is the file that `hub.embedded.mqtt_access.Logins`
    reads.

    Sessions and undelivered messages are kept in `data/mqtt` over `stop`, and lost by `kill`."""

    name = "MQTT broker"

    def __init__(self, data: Path, progress: Progress, logins: Path, port: int | None = None) -> None:
        self._home = data.absolute() / "mqtt"
        self._progress = progress
        self._logins = logins.absolute()
        self._wanted_port = port
        self._port: int | None = None
        self._process = OwnedProcess(self.name, self._home / "process.json")

    def start(self) -> None:
        if self._process.alive():
            return
        self._home.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._check_logins()
        self._process.clear_leftover(self._progress)
        if self._wanted_port is None:
            self._port = ports.remembered(self._home / "ports.json", ("broker",), self._progress)["broker"]
        else:
            self._port = ports.insist_on(self._wanted_port, "HUB_MQTT")
        log = self._home / "mqtt.log"
        if log.exists():
            log.replace(log.with_suffix(".log.1"))
        with telling(self._progress, "Starting the MQTT broker"):
            options = ["--port", str(self._port), "--logins", str(self._logins)]
            self._process.start(
                [
                    sys.executable,
                    "-m",
                    "hub.embedded.mqtt_broker",
                    *options,
                    "--state",
                    str(self._home / "state.json"),
                ],
                log,
            )
            self._wait_until(self._takes_connections, log, READY_SECONDS)

    def _check_logins(self) -> None:
        try:
            mqtt_access.parse(self._logins.read_text())
        except (OSError, ValueError) as error:
            raise PartUnavailable(f"the MQTT broker cannot use its logins {self._logins}: {error}") from error

    def _takes_connections(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self._port), CONNECT_SECONDS).close()
        except OSError:
            return False
        return True

    def stop(self) -> None:
        self._process.stop(signal.SIGTERM, STOP_SECONDS)

    @property
    def address(self) -> str:
        if self._port is None:
            raise RuntimeError("the MQTT broker has no address before its first start")
        return f"mqtt://127.0.0.1:{self._port}"
