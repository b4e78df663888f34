"""A real Mosquitto with the configuration that docker-compose.yml gives it, its paths and port adapted."""

import os
import re
import shutil
import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path

from hub.embedded.ports import free_port
from tests.house.sources import ROOT
from tests.support.wait import until

CONFIG = ROOT / "docker" / "mosquitto"
SBIN = "/usr/sbin:/usr/local/sbin"
MOSQUITTO = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:{SBIN}")
PASSWORDS = shutil.which("mosquitto_passwd")


class Broker:
    """`logins` are passwords by user, `limits` settings that are to be otherwise.

    State is in `folder` and is there again after `stop` and `start`."""

    def __init__(self, folder: Path, logins: Mapping[str, str], limits: Mapping[str, int] | None = None) -> None:
        self._folder = folder
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        passwords = folder / "passwords"
        passwords.touch(mode=0o600)
        for user, password in logins.items():
            subprocess.run([str(PASSWORDS), "-b", str(passwords), user, password], check=True)
        text = (CONFIG / "mosquitto.conf").read_text("utf-8")
        for there, here in (
            ("listener 1883", f"listener {self.port} 127.0.0.1"),
            ("/mosquitto/logins/passwords", str(passwords)),
            ("/mosquitto/config/acl.conf", str(CONFIG / "acl.conf")),
            ("/mosquitto/data/", f"{folder}/"),
        ):
            assert text.count(there) == 1
            text = text.replace(there, here)
        for name, value in (limits or {}).items():
            text, count = re.subn(rf"^{name} .*$", f"{name} {value}", text, flags=re.MULTILINE)
            assert count == 1
        # Started by root, Mosquitto would become a user that cannot reach the test's folder.
        user = "user root\n" if os.geteuid() == 0 else ""
        (folder / "mosquitto.conf").write_text(text + user)

    def url(self, user: str, password: str) -> str:
        return f"mqtt://{user}:{password}@127.0.0.1:{self.port}"

    def start(self) -> None:
        with (self._folder / "broker.log").open("ab") as log:
            command = [str(MOSQUITTO), "-c", str(self._folder / "mosquitto.conf")]
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        until(self._answers, "Mosquitto answers")

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)

    def says(self, words: str) -> bool:
        """Whether it has written so into its log."""
        return words in (self._folder / "broker.log").read_text("utf-8", "replace")

    def _answers(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        except OSError:
            return False
        return True
