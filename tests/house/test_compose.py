"""`docker-compose.yml` and its `Dockerfile` say the same as the code."""

import os
import re
import subprocess
import sys

import pytest

from hub.cli.serve import ROLES
from hub.services.prepare import read_participants
from hub.settings import PREFIX, Settings
from schemas.topics import JOURNAL_PARTITIONS
from tests.house.sources import ROOT
from tests.support import compose
from tests.support.compose import SERVICES, VARIABLE, environment, healthy, waits_for

OURS = {name: service for name, service in SERVICES.items() if service["image"].startswith("fmar-hub:")}
PROCESSES = {name: service for name, service in OURS.items() if service["command"][0] == "run"}
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
EXAMPLE = (ROOT / ".env.example").read_text("utf-8")


# The processes


def test_every_role_is_run_exactly_once() -> None:
    assert sorted(service["command"][1] for service in PROCESSES.values()) == sorted(ROLES)


def test_all_processes_come_from_one_image() -> None:
    assert len({(service["image"], service["build"]) for service in OURS.values()}) == 1
    version = re.search(r'^version = "(.+)"', (ROOT / "pyproject.toml").read_text("utf-8"), re.MULTILINE)
    assert version is not None
    assert next(iter(OURS.values()))["image"] == f"fmar-hub:{version.group(1)}"


@pytest.mark.parametrize("service", sorted(OURS))
def test_every_hub_variable_is_a_setting_with_a_value_it_takes(service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    given = {name: value for name, value in environment(service).items() if name.startswith(PREFIX)}
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    assert set(given) <= known
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    found = Settings()
    assert (found.kafka, found.replication) == ("kafka:9092", 1)
    assert found.database is not None
    assert found.secret is not None


def test_the_image_sets_only_variables_that_are_settings() -> None:
    assert {name.removeprefix(PREFIX).lower() for name in re.findall(r"\bHUB_[A-Z_]+", DOCKERFILE)} <= set(
        Settings.model_fields
    )


@pytest.mark.parametrize("service", sorted(PROCESSES))
def test_every_process_waits_until_all_is_prepared(service: str) -> None:
    assert waits_for(service)["prepare"] == "service_completed_successfully"


@pytest.mark.parametrize("service", sorted({*SERVICES} - {"prepare", "mosquitto-login"}))
def test_whatever_runs_on_is_started_again(service: str) -> None:
    assert SERVICES[service]["restart"] == "unless-stopped"


def test_preparing_is_done_once_when_kafka_and_postgresql_are_healthy() -> None:
    assert SERVICES["prepare"]["command"] == ["prepare"]
    assert SERVICES["prepare"]["restart"] == "no"
    assert waits_for("prepare") == {"kafka": "service_healthy", "postgres": "service_healthy"}
    assert healthy("kafka")
    assert healthy("postgres")


def test_only_preparing_reads_the_participants_and_they_are_mounted_where_it_looks() -> None:
    assert [name for name in OURS if "HUB_PARTICIPANTS" in environment(name)] == ["prepare"]
    (mount,) = SERVICES["prepare"]["volumes"]
    assert mount["target"] == environment("prepare")["HUB_PARTICIPANTS"]
    assert mount["bind"]["create_host_path"] is False, "an empty folder in its place would mean no participants"


def test_the_example_of_participants_can_be_read() -> None:
    assert read_participants(ROOT / "docker" / "participants.example.json").participants


def test_the_door_listens_beyond_its_container_and_is_asked_whether_it_is_ready() -> None:
    given = environment("door")
    assert given["HUB_BIND"] == "0.0.0.0"  # noqa: S104 (inside the container)
    assert SERVICES["door"]["ports"][0].endswith(f":{given['HUB_PORT']}")
    assert f":{given['HUB_PORT']}/readyz" in SERVICES["door"]["healthcheck"]["test"][-1]


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_nothing_is_published_beyond_this_machine_without_tls(service: str) -> None:
    assert all(port.startswith("127.0.0.1:") for port in SERVICES[service].get("ports", []))


def test_workers_can_be_scaled() -> None:
    assert "container_name" not in SERVICES["worker"]
    assert "ports" not in SERVICES["worker"]
    assert f"{JOURNAL_PARTITIONS} partitions" in compose.FILE.read_text("utf-8")


def test_no_secret_is_in_the_file_and_the_example_names_each_that_is_wanted() -> None:
    named = dict(VARIABLE.findall(compose.FILE.read_text("utf-8")))
    told = dict(line.split("=", 1) for line in EXAMPLE.splitlines() if line and not line.startswith("#"))
    assert set(named) == set(told)
    for name in ("HUB_SECRET", "POSTGRES_PASSWORD", "MQTT_PASSWORD"):
        assert told[name] == ""
        assert named[name] == f"set {name} in .env"


def test_no_image_names_a_registry_or_goes_without_a_version() -> None:
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    for image in [*(service["image"] for service in SERVICES.values()), *bases]:
        name, _, tag = image.partition(":")
        assert "." not in name
        assert tag not in ("", "latest")


# The image


def test_the_image_installs_hashed_packages_and_runs_without_rights() -> None:
    assert "--require-hashes" in DOCKERFILE
    assert DOCKERFILE.index("USER hub") > DOCKERFILE.rindex("FROM ")


def left_out() -> list[str]:
    found = re.search(r"skip = /\^\(([a-z0-9|-]+)\)==/", DOCKERFILE)
    assert found is not None
    return found.group(1).split("|")


def test_what_the_image_leaves_out_is_in_the_lock() -> None:
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    assert all(re.search(rf"^{name}==", lock, re.MULTILINE) for name in left_out())


def test_the_hub_starts_without_the_packages_that_the_image_leaves_out() -> None:
    missing = [name.replace("-", "_") for name in left_out()]
    script = f"""
import sys
sys.modules.update(dict.fromkeys({missing}))
from hub.cli import main
from streams import worker
"""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, **environment("worker")},
    )
    assert done.returncode == 0, done.stderr


def test_every_package_of_the_project_goes_into_the_image() -> None:
    let_in = {line[1:] for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line.startswith("!")}
    packages = re.search(r"^packages = \[(.+)\]", (ROOT / "pyproject.toml").read_text("utf-8"), re.MULTILINE)
    assert packages is not None
    assert let_in == {*re.findall(r'"(\w+)"', packages.group(1)), "pyproject.toml", "requirements.lock"}
