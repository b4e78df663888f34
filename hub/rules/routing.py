"""Which network operators must be told of an asset."""

from hub.rules.meter_point_facts import Resolution, RoutedOperator
from schemas.cleaning import clean
from schemas.reference import load
from schemas.reference.in_use import remembered

_NESO = RoutedOperator("NESO", "national", "The national operator is told of every asset in Great Britain.")
NATIONAL = {_NESO.code: _NESO.basis}
"""Who is told, and on what basis, wherever an asset stands."""


def distributor_named(text: str | None) -> str | None:
    """The distributor id behind any name of a network operator: FMAR code, MPID, id or name of its area."""
    return load.area_codes().get(clean(text).casefold())


def operators_for(resolution: Resolution, declared_dno_code: str | None) -> tuple[RoutedOperator, ...]:
    """The operators to tell, each once, with why; NESO last.

    An independent operator's site concerns the DNO around it as well. Outside Great Britain, with no MPAN,
    nobody is told.
    """
    abroad = resolution.region not in (None, "GB")
    return _operators(resolution.distributor_id, resolution.host_distributor_id, abroad, declared_dno_code)


@remembered
def _operators(
    distributor_id: str | None, host_id: str | None, abroad: bool, declared_dno_code: str | None
) -> tuple[RoutedOperator, ...]:
    declared = _operator_code(distributor_named(declared_dno_code))
    if distributor_id is None and abroad:
        return ()
    own = _operator_code(distributor_id)
    if own is None:
        return (*_declared(declared, distributor_id is not None), _NESO)
    host = _operator_code(host_id)
    independent = load.distributors()[str(distributor_id)].kind == "IDNO"
    if host is not None:
        routed = (
            RoutedOperator(own, "meter_point", "The MPAN is of this operator."),
            RoutedOperator(host, "host_network", "The network lies inside this operator's area."),
        )
        return (*routed, _NESO)
    if not independent:
        return (RoutedOperator(own, "meter_point", "The MPAN is of this operator."), _NESO)
    if declared is not None and declared != own:
        return (
            RoutedOperator(own, "meter_point", "The MPAN is of this independent operator."),
            RoutedOperator(
                declared, "declared", "Declared by the sender; the registry does not tell the host network."
            ),
            _NESO,
        )
    alone = "The MPAN is of this independent operator; the network around it is not known yet."
    return (RoutedOperator(own, "meter_point", alone), _NESO)


def _declared(code: str | None, has_mpan: bool) -> tuple[RoutedOperator, ...]:
    if code is None:
        return ()
    why = "the MPAN's operator is not in the reference table" if has_mpan else "there is no MPAN to tell it by"
    return (RoutedOperator(code, "declared", f"Declared by the sender; {why}."),)


def _operator_code(distributor_id: str | None) -> str | None:
    operator = load.distributors().get(distributor_id or "")
    return operator.operator_code if operator else None
