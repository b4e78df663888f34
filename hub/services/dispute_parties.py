"""Whom an asset concerns, by the directory."""

from hub.rules.disputes import Concerned, Parties
from hub.services.directory import Directory
from schemas.outbound import AssetState

_NATIONAL = "NESO"


def parties(directory: Directory, state: AssetState) -> Parties:
    """Its sources, the operators of its networks (NESO among them), and its provider in control."""
    operators = {directory.operators.get(code) for code in (*state.operators, _NATIONAL)}
    return Concerned(
        frozenset(state.sources),
        frozenset(name for name in operators if name is not None),
        state.market.fsp if state.market is not None else None,
    ).parties()
