"""The project can be built anywhere: no file names a package registry's host or a place on one machine."""

import re

import pytest

from tests.house.sources import ROOT, project_files, text_of

# Put together from parts, so that this file does not contain what it looks for.
REGISTRY_HOSTS = tuple(
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("".join(("python", "hosted")), "org"),
        ("repo1", "maven", "org"),
        ("repo", "maven", "apache", "org"),
        ("maven", "google", "com"),
        ("registry", "npmjs", "org"),
        ("registry", "yarnpkg", "com"),
        ("deb", "debian", "org"),
        ("archive", "ubuntu", "com"),
        ("proxy", "golang", "org"),
        ("static", "crates", "io"),
    )
)
MACHINE_FOLDERS = ("home", "Users", "work", "root", "workspace", "builds", "private/tmp", "opt/wheels")

HOST = re.compile("|".join(re.escape(host) for host in REGISTRY_HOSTS), re.IGNORECASE)
# An absolute path: not the tail of a longer one, and not part of an address.
MACHINE_PATH = re.compile(r"(?<![\w./~$})-])/(?:" + "|".join(MACHINE_FOLDERS) + r")/[\w.]")


@pytest.mark.parametrize("host", REGISTRY_HOSTS)
def test_a_registry_host_would_be_seen(host: str) -> None:
    assert HOST.search(f"--index-url https://{host}/simple")


@pytest.mark.parametrize("folder", MACHINE_FOLDERS)
def test_a_machine_path_would_be_seen(folder: str) -> None:
    assert MACHINE_PATH.search(f'DATA = "/{folder}/somebody/hub"')


@pytest.mark.parametrize("text", ["https://example.org/home/x", "../home/x", "docs/home/x", "~/home/x"])
def test_an_address_or_a_relative_path_is_no_machine_path(text: str) -> None:
    assert not MACHINE_PATH.search(text)


def test_no_file_names_a_registry_host_or_a_machine_path() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path in project_files()
        if (text := text_of(path)) is not None
        for match in (*HOST.finditer(text), *MACHINE_PATH.finditer(text))
    ]
    assert found == []
