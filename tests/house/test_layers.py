"""No module escapes the direction of imports by not being named in it."""

import tomllib

from tests.house.sources import PACKAGES, ROOT


def layered() -> set[str]:
    """The modules that pyproject.toml's layers name."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    contracts = project["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    return {name for layer in layers for name in layer.replace("|", ":").replace(" ", "").split(":")}


def test_every_module_of_the_hub_has_its_place_in_the_layers() -> None:
    modules = {f"hub.{path.stem}" for path in (ROOT / "hub").iterdir() if path.suffix == ".py"}
    packages = {f"hub.{path.parent.name}" for path in (ROOT / "hub").glob("*/__init__.py")}
    assert (modules | packages) - {"hub.__init__"} - layered() == set()


def test_every_package_has_its_place_in_the_layers() -> None:
    assert set(PACKAGES) - {"hub", "bench"} - layered() == set()


def test_every_module_of_the_bench_has_its_place_in_the_layers() -> None:
    modules = {f"bench.{path.stem}" for path in (ROOT / "bench").iterdir() if path.suffix == ".py"}
    packages = {f"bench.{path.parent.name}" for path in (ROOT / "bench").glob("*/__init__.py")}
    assert (modules | packages) - {"bench.__init__"} - layered() == set()
