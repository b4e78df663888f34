"""References that stay the same whenever a register is imported again, in whatever order its rows come.

Rows of a register without ids of its own are known by what identifies a site. Where several rows of a file
share that, those rows are told apart by the further columns in which they differ.
"""

import hashlib
from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Known:
    """What one asset of a file is known by: `identity`, then further columns in the order of asking."""

    identity: tuple[str, ...]
    further: tuple[str, ...]


def references(prefix: str, assets: Sequence[Known]) -> list[str]:
    """A reference for each asset, in their order. Assets that are the same in every column share one."""
    keys: list[tuple[str, ...]] = [asset.identity for asset in assets]
    for column in range(max((len(asset.further) for asset in assets), default=0)):
        for members in _shared(keys):
            values = {assets[n].further[column] for n in members}
            if len(values) > 1:
                for n in members:
                    keys[n] = (*keys[n], f"{column}={assets[n].further[column]}")
    return [f"{prefix}:{_digest(key)}" for key in keys]


def _shared(keys: Sequence[Hashable]) -> list[list[int]]:
    groups: dict[Hashable, list[int]] = defaultdict(list)
    for n, key in enumerate(keys):
        groups[key].append(n)
    return [members for members in groups.values() if len(members) > 1]


def _digest(key: tuple[str, ...]) -> str:
    # A unit separator between the columns, so that "a", "bc" and "ab", "c" are not the same.
    return hashlib.sha256("\x1f".join(key).encode()).hexdigest()[:32]
