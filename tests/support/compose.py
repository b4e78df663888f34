"""`docker-compose.yml` as its tests read it."""

import re
from typing import Any

import yaml

from tests.house.sources import ROOT

FILE = ROOT / "docker-compose.yml"
COMPOSE: dict[str, Any] = yaml.safe_load(FILE.read_text("utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]

# An interpolated variable: its name, and what it is without a value.
VARIABLE = re.compile(r"\$\{([A-Z_]+)(?::[-?]([^}]*))?\}")


def environment(service: str) -> dict[str, str]:
    """A service's environment with sample values for what the user sets."""
    given: dict[str, str] = SERVICES[service].get("environment", {})
    return {name: VARIABLE.sub(_sample, value) for name, value in given.items()}


def _sample(variable: re.Match[str]) -> str:
    return "http://sample" if variable[1].endswith("_URL") else "0" * 32


def healthy(service: str) -> bool:
    """Whether somebody looks after its health."""
    return "test" in SERVICES[service].get("healthcheck", {})


def waits_for(service: str) -> dict[str, str]:
    return {name: how["condition"] for name, how in SERVICES[service].get("depends_on", {}).items()}
