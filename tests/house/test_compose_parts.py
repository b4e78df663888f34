"""The Kafka, PostgreSQL and Mosquitto of `docker-compose.yml` are set up like the embedded ones."""

import pytest

from hub.embedded import jars, kafka, postgres
from hub.embedded.mqtt_access import Role, may_hear, may_publish
from schemas.signed_message import MAX_BODY_BYTES
from tests.house.sources import ROOT
from tests.support.compose import COMPOSE, SERVICES, environment, healthy, waits_for
from tests.support.mosquitto_rules import Access, acl, configuration

CONF = configuration(ROOT / "docker" / "mosquitto" / "mosquitto.conf")

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
    (volume,) = [one.split(":")[0] for one in SERVICES[service]["volumes"] if one.endswith(f":{folder}")]
    assert volume in COMPOSE["volumes"]


def test_kafka_keeps_its_log_in_its_volume() -> None:
    assert broker_settings()["log.dirs"] == "/var/lib/kafka/data"


def test_postgresql_is_of_the_embedded_major_version() -> None:
    assert SERVICES["postgres"]["image"] == f"postgres:{postgres.VERSION.removeprefix('pginstall')}"


def test_postgresql_has_the_settings_of_the_embedded_one() -> None:
    embedded = dict(line.split(" = ", 1) for line in postgres.SETTINGS.splitlines() if " = " in line)
    given = dict(option.split("=", 1) for option in SERVICES["postgres"]["command"] if "=" in option)
    # How it is reached, and what the image sets by itself.
    own = {"listen_addresses", "unix_socket_permissions", "timezone", "log_timezone", "log_checkpoints"}
    assert given == {name: value for name, value in embedded.items() if name not in own}


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
