"""What a figure was measured on: without that it says nothing."""

import os
import platform
import re
import subprocess
from importlib import resources
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil

from hub.embedded import java

PACKAGES = ("aiohttp", "aiokafka", "asyncpg", "faust-streaming", "fastavro", "pydantic", "sqlalchemy", "uvloop")


def facts() -> dict[str, Any]:
    """Processor, memory, versions, and how busy the machine was when the bench began."""
    return {
        "cpu": _cpu_model(),
        "cores": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 2**30, 1),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "java": _java(),
        "kafka": _kafka(),
        "packages": {name: version(name) for name in PACKAGES},
        "load_before": round(os.getloadavg()[0], 2),
    }


def _cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _kafka() -> str:
    """The version in the lock of the broker's packages."""
    lock = resources.files("hub.embedded").joinpath("kafka_jars.lock").read_text("utf-8")
    found = re.search(r"org\.apache\.kafka:kafka_2\.13:(\S+)", lock)
    return found.group(1) if found else "unknown"


def _java() -> str:
    done = subprocess.run([str(java.find()), "-version"], capture_output=True, text=True)
    return (done.stderr or done.stdout).partition("\n")[0].strip()
