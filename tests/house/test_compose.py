"""`docker-compose.yml` and its `Dockerfile` say the same as the code."""

import os
import re
import subprocess
import sys
from typing import Any

import pytest
import yaml

from hub.cli.serve import ROLES
from hub.embedded import jars, kafka, postgres
from hub.embedded.mqtt_access import Role, may_hear, may_publish
from hub.services.prepare import read_participants
from hub.settings import PREFIX, Settings
from schemas.signed_message import MAX_BODY_BYTES
from schemas.topics import JOURNAL_PARTITIONS
from tests.house.sources import ROOT
from tests.support.mosquitto_rules import Access, acl, configuration

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OUR_IMAGE = "fmar-hub:"
OURS = {name: service for name, service in SERVICES.items() if service["image"].startswith(OUR_IMAGE)}
PROCESSES = {name: service for name, service in OURS.items() if service["command"][0] == "run"}
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
EXAMPLE = (ROOT / ".env.example").read_text("utf-8")
CONF = configuration(ROOT / "docker" / "mosquitto" / "mosquitto.conf")

# An interpolated variable: its name, and what it is without a value.
VARIABLE = re.compile(r"\$\{([A-Z_]+)(?::[-?]([^}]*))?\}")


def environment(service: str) -> dict[str, str]:
    """A service's environment with sample values for what the user sets."""
    given: dict[str, str] = SERVICES[service].get("environment", {})
    return {name: VARIABLE.sub("0" * 32, value) for name, value in given.items()}


def healthy(service: str) -> bool:
    return "test" in SERVICES[service].get("healthcheck", {})


def waits_for(service: str) -> dict[str, str]:
    return {name: how["condition"] for name, how in SERVICES[service].get("depends_on", {}).items()}


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
    assert f"{JOURNAL_PARTITIONS} partitions" in (ROOT / "docker-compose.yml").read_text("utf-8")


def test_no_secret_is_in_the_file_and_the_example_names_each_that_is_wanted() -> None:
    named = dict(VARIABLE.findall((ROOT / "docker-compose.yml").read_text("utf-8")))
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


# Kafka and PostgreSQL


def test_kafka_is_of_the_version_of_the_embedded_one() -> None:
    embedded = {jar.version for jar in jars.locked() if jar.artifact == "kafka_2.13"}
    assert SERVICES["kafka"]["image"] == f"apache/kafka:{embedded.pop()}"


def broker_settings() -> dict[str, str]:
    given = environment("kafka")
    return {n.removeprefix("KAFKA_").lower().replace("_", "."): v for n, v in given.items() if n.startswith("KAFKA_")}


PLACES = {
    "listeners",
    "advertised.listeners",
    "listener.security.protocol.map",
    "controller.quorum.voters",
    "log.dirs",
}
"""What says where things are, and is another in a container."""


def test_kafka_has_the_settings_of_the_embedded_one() -> None:
    embedded = dict(line.split("=", 1) for line in kafka.SETTINGS.splitlines())
    given = broker_settings()
    own = {"inter.broker.listener.name"}
    shared = set(given) - PLACES - own
    assert shared <= set(embedded)
    assert {name: given[name] for name in shared} == {name: embedded[name] for name in shared}


def test_topics_are_made_by_preparing_alone() -> None:
    assert broker_settings()["auto.create.topics.enable"] == "false"


@pytest.mark.parametrize(
    ("service", "folder"),
    [("kafka", "/var/lib/kafka/data"), ("postgres", "/var/lib/postgresql"), ("mosquitto", "/mosquitto/data")],
)
def test_state_is_in_a_volume(service: str, folder: str) -> None:
    mounts = dict(reversed(str(volume).split(":")[:2]) for volume in SERVICES[service]["volumes"])
    assert mounts[folder] in COMPOSE["volumes"]


def test_kafka_keeps_its_log_in_its_volume() -> None:
    assert broker_settings()["log.dirs"] == "/var/lib/kafka/data"


def test_postgresql_is_of_the_embedded_major_version() -> None:
    assert SERVICES["postgres"]["image"] == f"postgres:{postgres.VERSION.removeprefix('pginstall')}"


def test_postgresql_has_the_settings_of_the_embedded_one() -> None:
    embedded = dict(line.split(" = ", 1) for line in postgres.SETTINGS.splitlines() if " = " in line)
    given = dict(option.split("=", 1) for option in SERVICES["postgres"]["command"] if "=" in option)
    assert given == {name: embedded[name] for name in given}
    assert {
        "max_connections",
        "max_locks_per_transaction",
        "log_min_error_statement",
        "log_error_verbosity",
    } <= set(given)


def test_the_database_and_its_user_are_those_of_the_hubs_url() -> None:
    url = environment("door")["HUB_DATABASE"]
    given = environment("postgres")
    assert url.endswith(f"/{given['POSTGRES_DB']}")
    assert url.startswith(f"postgresql://{given['POSTGRES_USER']}:")
    assert given["POSTGRES_DB"] == postgres.DATABASE


# Mosquitto


def test_mosquitto_is_of_major_version_2_and_healthy_before_its_door_starts() -> None:
    assert SERVICES["mosquitto"]["image"].startswith("eclipse-mosquitto:2.")
    assert SERVICES["mosquitto"]["image"] == SERVICES["mosquitto-login"]["image"]
    assert waits_for("mosquitto") == {"mosquitto-login": "service_completed_successfully"}
    assert waits_for("mqtt")["mosquitto"] == "service_healthy"
    assert healthy("mosquitto")


def test_mosquitto_keeps_more_for_who_is_away_than_by_default() -> None:
    assert int(CONF["max_queued_messages"]) > 1000
    assert int(CONF["max_inflight_messages"]) > 20
    assert int(CONF["message_size_limit"]) > 2 * MAX_BODY_BYTES
    assert "max_queued_bytes" not in CONF


def test_mosquitto_writes_sessions_to_its_volume() -> None:
    assert CONF["persistence"] == "true"
    assert CONF["persistence_location"] == "/mosquitto/data/"
    assert 0 < int(CONF["autosave_interval"]) <= 60
    assert CONF["set_tcp_nodelay"] == "true"


def test_mosquitto_lets_nobody_in_without_a_login_and_finds_its_files() -> None:
    assert CONF["allow_anonymous"] == "false"
    targets = [volume.split(":")[1] for volume in SERVICES["mosquitto"]["volumes"]]
    assert CONF["acl_file"] in targets
    assert CONF["password_file"].rsplit("/", 1)[0] in targets


TOPICS = [
    f"{direction}/{who}{rest}"
    for direction in ("in", "out", "elsewhere")
    for who in ("oem-1", "oem-2", "oem-1x")
    for rest in ("/notifications", "/receipts", "/state/7")
]


@pytest.mark.parametrize(
    ("user", "role"), [("hub", Role.HUB), ("oem-1", Role.PARTICIPANT), ("oem-2", Role.PARTICIPANT)]
)
@pytest.mark.parametrize("topic", [*TOPICS, "$SYS/broker/version"])
def test_mosquitto_allows_what_the_embedded_broker_allows(user: str, role: Role, topic: str) -> None:
    rules = acl(ROOT / "docker" / "mosquitto" / "acl.conf")
    assert rules.allow(user, topic, Access.WRITE) is may_publish(user, role, topic)
    assert rules.allow(user, topic, Access.READ) is may_hear(user, role, topic)


def test_the_patterns_for_participants_are_not_for_the_hub() -> None:
    rules = acl(ROOT / "docker" / "mosquitto" / "acl.conf")
    assert not rules.allow("hub", "in/hub/notifications", Access.WRITE)
    assert not rules.allow("hub", "out/hub/receipts", Access.READ)
