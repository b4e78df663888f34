"""Settings from the environment, prefix `HUB_`. A wrong value stops the start with a message that names it."""

import os
from pathlib import Path
from typing import Literal

import platformdirs
from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from hub.errors import SettingsInvalid
from schemas.reference import in_use
from schemas.reference.check import check

PREFIX = "HUB_"
DAY_SECONDS = 24 * 60 * 60


class Settings(BaseSettings):
    """Everything a process of the hub may be told from outside."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    kafka: str | None = Field(
        None, description="host:port[,host:port ...] of a Kafka cluster; unset: the embedded broker"
    )
    database: str | None = Field(None, description="postgresql:// URL; unset: the embedded PostgreSQL")
    mqtt: str | None = Field(None, description="mqtt://[user:password@]host:port; unset: the embedded broker")
    data: Path = Field(
        default_factory=lambda: Path(platformdirs.user_data_dir("fmar-hub", appauthor=False)),
        description="folder of everything that embedded parts and `hub up` keep",
    )
    backup: Path | None = Field(
        None, description="folder of backups; the embedded PostgreSQL keeps its write-ahead log there, too"
    )
    port: int = Field(8080, ge=0, le=65535, description="port of the HTTP door; 0 takes a free one")
    bind: str = Field("127.0.0.1", description="address that the HTTP door listens on")
    log: Literal["debug", "info", "warning", "error"] = "info"
    reference: Path | None = Field(
        None, description="folder of reference tables that stand in for the shipped ones or add to them"
    )
    participants: Path | None = Field(None, description="seed file of participants; unset: DATA/participants.json")
    secret: str | None = Field(None, min_length=32, description="key of keyed hashes; unset: made and kept in DATA")

    http_window_seconds: int = Field(300, ge=1, description="how far a signature's time may be from ours over HTTP")
    broker_window_seconds: int = Field(7 * DAY_SECONDS, ge=1, description="the same over MQTT and Kafka")
    max_in_flight: int = Field(2000, ge=1, description="messages one door holds at once before it answers 503")
    max_connections: int = Field(800, ge=1, description="connections that the HTTP door holds; more are answered 503")
    participant_rate: float = Field(5000, gt=0, description="messages a second that one participant may send to a door")
    participant_burst: int = Field(50_000, ge=1, description="messages that it may send at once after a pause")
    worker_batch: int = Field(500, ge=1, le=5000, description="messages in one transaction at the most")
    worker_within_ms: int = Field(5, ge=1, description="how long a worker waits for a batch to fill")
    replication: int = Field(1, ge=1, description="replicas of each topic that the hub creates")
    metrics_port: int = Field(0, ge=0, le=65535, description="where other processes than the door show metrics; 0: off")
    operator_notices: Literal["material", "all"] = Field(
        "material", description="which changes of an asset its network operators are told of"
    )
    review_days: int = Field(
        10, ge=1, description="days after which an open question for people wants attention (proposed)"
    )
    stacking_policy: Literal["evidence_only", "stacking_by_default"] = "evidence_only"

    enquiry_url: str | None = Field(None, description="http(s):// URL of an enquiry service; unset: nobody is asked")
    enquiry_token: str | None = Field(None, description="bearer token for the enquiry service")
    enquiry_timeout_seconds: float = Field(10, gt=0, description="how long one question to it may take")
    enquiry_in_flight: int = Field(8, ge=1, description="questions to it at once")
    enquiry_poll_seconds: float = Field(5, gt=0, description="how often is looked for places that are due")
    clock_poll_seconds: float = Field(30, gt=0, description="how often is looked for days that have passed")

    @field_validator("enquiry_url", "enquiry_token")
    @classmethod
    def is_set(cls, value: str | None) -> str | None:
        # A container's environment has a variable that nobody set as an empty one.
        return value or None

    @field_validator("enquiry_url")
    @classmethod
    def is_http(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(("http://", "https://")):
            raise ValueError("must begin with http:// or https://")
        return value

    @field_validator("database")
    @classmethod
    def is_postgres(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith("postgresql://"):
            raise ValueError("must begin with postgresql://")
        return value

    @field_validator("mqtt")
    @classmethod
    def is_mqtt(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith("mqtt://"):
            raise ValueError("must begin with mqtt://")
        return value

    @field_validator("kafka")
    @classmethod
    def is_address_list(cls, value: str | None) -> str | None:
        for address in (value or "").split(",") if value is not None else ():
            host, _, port = address.strip().rpartition(":")
            if not host or not port.isdigit():
                raise ValueError(f"must be host:port[,host:port ...]; {address!r} is not")
        return value

    @field_validator("reference")
    @classmethod
    def has_usable_tables(cls, value: Path | None) -> Path | None:
        if value is None:
            return None
        check(value)
        return value.resolve()

    @property
    def participants_file(self) -> Path:
        return self.participants or self.data / "participants.json"


def load(**overrides: object) -> Settings:
    """The settings of this process, which takes its reference tables from `reference` from now on.

    Keyword arguments win over the environment. Raises `SettingsInvalid` with a sentence for each wrong or unknown
    `HUB_` variable.
    """
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    unknown = sorted(name for name in os.environ if name.startswith(PREFIX) and name not in known)
    problems = [f"{name} is no setting of this version; unset it" for name in unknown]
    try:
        settings = Settings(**{k: v for k, v in overrides.items() if v is not None})  # type: ignore[arg-type]
    except ValidationError as error:
        problems += [f"{PREFIX}{str(e['loc'][0]).upper()}: {e['msg']}" for e in error.errors()]
        raise SettingsInvalid("; ".join(problems)) from None
    if problems:
        raise SettingsInvalid("; ".join(problems))
    in_use.use(settings.reference)
    return settings
