"""Kafka's Java packages: fetched once into the user's cache folder, each checked against `kafka_jars.lock`.

The lock names every package that `org.apache.kafka:kafka_2.13:4.1.0` needs to run, plus a logger, so that
nothing has to be resolved on the user's machine and everybody runs the same bytes."""

import hashlib
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import fasteners
import platformdirs

from hub.embedded.part import PartUnavailable, Progress
from hub.embedded.progress import telling

LOCK = "kafka_jars.lock"
AT_ONCE = 4


@dataclass(frozen=True)
class Jar:
    """One line of the lock. `size` in bytes."""

    group: str
    artifact: str
    version: str
    size: int
    sha256: str

    def path(self, repository: Path) -> Path:
        """Where it lies in a local repository, the usual layout."""
        folder = repository.joinpath(*self.group.split("."), self.artifact, self.version)
        return folder / f"{self.artifact}-{self.version}.jar"


@cache
def locked() -> tuple[Jar, ...]:
    lines = resources.files("hub.embedded").joinpath(LOCK).read_text().splitlines()
    jars = []
    for line in lines:
        if line and not line.startswith("#"):
            coordinates, size, sha256 = line.split()
            group, artifact, version = coordinates.split(":")
            jars.append(Jar(group, artifact, version, int(size), sha256))
    return tuple(jars)


def default_cache() -> Path:
    return Path(platformdirs.user_cache_dir("fmar-hub", appauthor=False)) / "java"


def class_path(cache_folder: Path, progress: Progress) -> str:
    """Kafka's class path, fetching what is missing. Raises `PartUnavailable` with what to do."""
    cache_folder.mkdir(parents=True, exist_ok=True)
    record = cache_folder / "kafka.classpath"
    known = checked_before(record, cache_folder)
    if known is not None:
        return known
    with alone(cache_folder / "fetching.lock", progress):
        known = checked_before(record, cache_folder)
        return known if known is not None else fetch(record, cache_folder, progress)


@contextmanager
def alone(file: Path, progress: Progress) -> Iterator[None]:
    """Two hubs that start at once must not write the same files."""
    guard = fasteners.InterProcessLock(file)
    if not guard.acquire(blocking=False):
        with telling(progress, "Waiting for another hub that is fetching Kafka's Java packages"):
            guard.acquire()
    try:
        yield
    finally:
        guard.release()


def checked_before(record: Path, cache_folder: Path) -> str | None:
    """The class path, if an earlier start fetched and checked these packages and all are still there."""
    paths = [jar.path(repository(cache_folder)) for jar in locked()]
    wanted = ":".join(str(path) for path in paths)
    if not record.is_file() or record.read_text() != wanted:
        return None
    complete = all(
        path.is_file() and path.stat().st_size == jar.size for path, jar in zip(paths, locked(), strict=True)
    )
    return wanted if complete else None


def repository(cache_folder: Path) -> Path:
    return cache_folder / "repository"


def fetch(record: Path, cache_folder: Path, progress: Progress) -> str:
    """Fetches and checks every package; what an interrupted attempt left broken is fetched again."""
    home, jars = repository(cache_folder), locked()
    total = sum(jar.size for jar in jars)
    what = f"Fetching Kafka's Java packages, once ({len(jars)} files, {megabytes(total)})"

    def so_far() -> str:
        have = sum(path.stat().st_size for jar in jars if (path := jar.path(home)).is_file())
        return f"{megabytes(have)} of {megabytes(total)}"

    began = time.monotonic()
    with telling(progress, what, so_far), ThreadPoolExecutor(AT_ONCE, "fetch") as pool:
        context = resolver(home)
        try:
            for _ in pool.map(lambda jar: fetch_one(context, jar, home), jars):
                pass
        except Exception as error:  # the resolver raises whatever its parts raise
            pool.shutdown(cancel_futures=True)
            raise PartUnavailable(advice(error)) from error
    progress(f"Kafka's Java packages are here ({time.monotonic() - began:.0f} s), kept in {home}")
    wanted = ":".join(str(jar.path(home)) for jar in jars)
    record.write_text(wanted)
    return wanted


def resolver(home: Path) -> Any:
    """jgo's view of the package repositories: mirrors that its configuration file names, and the default."""
    from jgo.config import GlobalSettings
    from jgo.constants import MAVEN_CENTRAL_URL
    from jgo.maven import MavenContext

    repositories = {**GlobalSettings.load().repositories}
    repositories.setdefault("central", MAVEN_CENTRAL_URL)
    return MavenContext(repo_cache=home, remote_repos=repositories)


def fetch_one(context: Any, jar: Jar, home: Path) -> None:
    """One package, checked: jgo writes in place and only warns of a wrong checksum."""
    path = jar.path(home)
    if is_whole(path, jar):
        return
    path.unlink(missing_ok=True)
    context.project(jar.group, jar.artifact).at_version(jar.version).artifact().resolve()
    if not is_whole(path, jar):
        path.unlink(missing_ok=True)
        raise ValueError(f"{path.name} is not the file that {LOCK} names (wrong size or SHA-256)")


def is_whole(path: Path, jar: Jar) -> bool:
    if not path.is_file() or path.stat().st_size != jar.size:
        return False
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == jar.sha256


def megabytes(size: int) -> str:
    return f"{size / 1e6:.0f} MB"


def advice(error: Exception) -> str:
    """What a person can do when the packages cannot be had."""
    jars = locked()
    return (
        f"Kafka's Java packages ({len(jars)} files, {megabytes(sum(jar.size for jar in jars))}) "
        f"could not be fetched: {error}. Do one of these and start again: "
        "set HUB_KAFKA to the host:port of a Kafka that already runs; "
        "or make the Java package repository reachable from here (HTTPS_PROXY is honoured); "
        "or name a mirror in ~/.config/jgo.conf (or the file that JGO_CONFIG_FILE names), as the line "
        "`central = https://your-mirror/path` under the heading `[repositories]`"
    )
