"""What a figure was measured on: without that it says nothing."""

import os
import platform
import re
import statistics
import subprocess
import time
from importlib import resources
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hub.embedded import java

PACKAGES = ("aiohttp", "aiokafka", "asyncpg", "faust-streaming", "fastavro", "pydantic", "sqlalchemy", "uvloop")

VERIFIED = 200


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
        "verify_us": round(_verify_us(), 1),
        "load_before": round(os.getloadavg()[0], 2),
    }


def _verify_us() -> float:
    """Microseconds of one Ed25519 verification: a yardstick for how fast a core is, and a part of every message."""
    key, message = Ed25519PrivateKey.generate(), b"x" * 400
    public, signature = key.public_key(), key.sign(message)
    taken = []
    for _ in range(5):
        began = time.process_time()
        for _ in range(VERIFIED):
            public.verify(signature, message)
        taken.append((time.process_time() - began) / VERIFIED * 1e6)
    return statistics.median(taken)


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
