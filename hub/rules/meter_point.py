"""Which meter point an asset hangs on, and which network operators must therefore be told.

A policy of the hub's own [proposed]: nothing is picked from several candidates, nothing that a sender gave is
overwritten, and a notification is kept even where its MPAN is wrong.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from hub.rules.meter_evidence import Finding, by_number, judge_supplied, look_up
from hub.rules.meter_point_facts import (
    KnownMeterPoint,
    MeterDirection,
    Resolution,
    RoutedOperator,
    SuppliedLocation,
)
from hub.rules.network import NetworkChain, NetworkLink, chain
from hub.rules.routing import distributor_named, operators_for
from schemas.identifiers import ParsedMpan, Region, canonical_postcode, canonical_uprn, parse_mpan
from schemas.reference import load
from schemas.vocabulary import MpanResolution, NetworkLevel

__all__ = [
    "KnownMeterPoint",
    "NetworkLink",
    "Resolution",
    "RoutedOperator",
    "SuppliedLocation",
    "distributor_named",
    "operators_for",
    "resolve",
    "searches_street",
]

# The worst outcome of the two directions is that of the whole.
_GRAVITY = (
    MpanResolution.INVALID_FORMAT,
    MpanResolution.CONFLICT,
    MpanResolution.AMBIGUOUS,
    MpanResolution.RESOLVED_PROBABLE,
    MpanResolution.NOT_FOUND,
    MpanResolution.PENDING_EXPORT_MPAN,
    MpanResolution.RESOLVED_EXACT,
    MpanResolution.SUPPLIED_VERIFIED,
)
_QUERIED = frozenset(_GRAVITY[:4])
_FIRM = frozenset((MpanResolution.RESOLVED_EXACT, MpanResolution.SUPPLIED_VERIFIED))


@dataclass(frozen=True, slots=True)
class _Network:
    distributor_id: str | None = None
    host_distributor_id: str | None = None
    gsp_group: str | None = None


def resolve(
    supplied: SuppliedLocation,
    candidates: Sequence[KnownMeterPoint],
    category_kind: str,
    as_of: date,
    links: Sequence[NetworkLink] = (),
    effective_on: date | None = None,
) -> Resolution:
    """Find the meter points of an asset, and how they are fed.

    `candidates` are all meter points that the registry copy holds under any of the supplied keys;
    `category_kind` is generation, demand, storage or both (`reference.load.asset_categories`); `as_of` is the
    day on which they must be live; `links` are what is known of the network around, of which those of the day
    `effective_on` count (of `as_of` when not given).
    """
    imports, exports = _found(supplied, candidates, category_kind, as_of)
    if imports.mpan is not None and imports.mpan == exports.mpan:
        reason = "The import and the export MPAN are the same number; they must differ."
        imports, exports = _contradicted(imports, reason), _contradicted(exports, reason)
    postcode = canonical_postcode(supplied.postcode)
    region = postcode.region
    fed = chain(links, imports.mpan or exports.mpan, postcode.canonical, effective_on or as_of)
    imports = _in_its_place(imports, supplied.dno_code, region, fed)
    exports = _in_its_place(exports, supplied.dno_code, region, fed)
    outcome = min((f.outcome for f in (imports, exports) if f.outcome is not None), key=_GRAVITY.index)
    network = _network(imports, exports, candidates, fed)
    return Resolution(
        outcome=outcome,
        import_mpan=imports.mpan,
        export_mpan=exports.mpan,
        import_outcome=imports.outcome,
        export_outcome=exports.outcome,
        candidates=tuple(dict.fromkeys((*imports.candidates, *exports.candidates))),
        reasons=tuple(dict.fromkeys((*imports.reasons, *exports.reasons, *_about_location(supplied)))),
        distributor_id=network.distributor_id,
        host_distributor_id=network.host_distributor_id,
        gsp_group=network.gsp_group,
        region=region,
        needs_query=outcome in _QUERIED or imports.needs_query or exports.needs_query,
        network=fed,
    )


def searches_street(
    supplied: SuppliedLocation, known: Sequence[KnownMeterPoint], category_kind: str, as_of: date
) -> bool:
    """Whether other homes of the postcode can matter to `resolve`; `known` is what stands under the given numbers."""
    import_given, export_given = parse_mpan(supplied.import_mpan), parse_mpan(supplied.export_mpan)

    def settled(direction: MeterDirection, given: ParsedMpan) -> bool:
        if given.absent:
            return by_number(direction, supplied, known, as_of) is not None
        return judge_supplied(given, direction, supplied, known, as_of).outcome in _FIRM

    # As `_found` has it, a direction that nobody gave counts beside a given one only where a number leads to it.
    import_counts = category_kind == "demand" or export_given.absent or not import_given.absent
    export_counts = category_kind == "generation" or not export_given.absent
    return (import_counts and not settled("import", import_given)) or (
        export_counts and not settled("export", export_given)
    )


def _found(
    supplied: SuppliedLocation, known: Sequence[KnownMeterPoint], category_kind: str, as_of: date
) -> tuple[Finding, Finding]:
    """What each direction came to, less what a look-up brought in a direction that the asset does not need.

    Demand needs import; generation needs export, for which import stands in until the operator has raised it;
    storage and what goes both ways need one of the two.
    """
    import_given = parse_mpan(supplied.import_mpan)
    export_given = parse_mpan(supplied.export_mpan)
    nothing_given = import_given.absent and export_given.absent

    def in_direction(direction: MeterDirection, given: ParsedMpan) -> Finding:
        if given.absent:
            return look_up(direction, supplied, known, as_of, by_postcode_alone=nothing_given)
        return judge_supplied(given, direction, supplied, known, as_of)

    def if_firm(direction: MeterDirection) -> Finding:
        # What an address leads to is never firm.
        found = by_number(direction, supplied, known, as_of)
        return found if found is not None and found.outcome in _FIRM else Finding()

    if category_kind == "demand":
        exports = Finding() if export_given.absent else in_direction("export", export_given)
        return in_direction("import", import_given), exports
    if not export_given.absent:
        exports = in_direction("export", export_given)
        return if_firm("import") if import_given.absent else in_direction("import", import_given), exports
    if category_kind == "generation":
        exports = in_direction("export", export_given)
        if import_given.absent and exports.outcome is not MpanResolution.NOT_FOUND:
            return if_firm("import"), exports
        return _awaiting_export(in_direction("import", import_given), exports)
    imports, exports = in_direction("import", import_given), if_firm("export")
    if import_given.absent and imports.outcome is MpanResolution.NOT_FOUND and exports.outcome in _FIRM:
        return Finding(), exports
    return imports, exports


def _awaiting_export(imports: Finding, exports: Finding) -> tuple[Finding, Finding]:
    """Export MPANs are raised only once the operator has confirmed the installation; none yet is no fault."""
    if exports.outcome is not MpanResolution.NOT_FOUND or imports.mpan is None:
        return imports, exports
    reason = "There is no export MPAN yet; the import MPAN stands until one is issued."
    return imports, Finding(MpanResolution.PENDING_EXPORT_MPAN, reasons=(reason,))


def _in_its_place(finding: Finding, dno_code: str | None, region: Region | None, fed: NetworkChain) -> Finding:
    """Compare an MPAN with the operator that the sender declared and with the region of the postcode."""
    if finding.mpan is None:
        return finding
    if region not in (None, "GB"):
        return _contradicted(finding, "The MPAN is of Great Britain but the postcode lies outside it.")
    declared = distributor_named(dno_code) if dno_code else None
    if declared is None:
        return finding
    network = _network_of(finding, fed)
    if declared in (network.distributor_id, network.host_distributor_id):
        return finding
    operator = load.distributors().get(network.distributor_id or "")
    # Installers name the DNO around an independent network; without a registry entry that may well be right.
    embedded = operator is None or operator.kind == "IDNO"
    if embedded and network.host_distributor_id is None and load.distributors()[declared].kind == "DNO":
        return finding
    reason = "The network operator that was declared is not the one that the MPAN belongs to; check both."
    return _contradicted(finding, reason)


def _contradicted(finding: Finding, reason: str) -> Finding:
    return replace(finding, outcome=MpanResolution.CONFLICT, reasons=(*finding.reasons, reason))


def _network(imports: Finding, exports: Finding, known: Sequence[KnownMeterPoint], fed: NetworkChain) -> _Network:
    for finding in (imports, exports):
        if finding.mpan is not None:
            return _network_of(finding, fed)
    # The operator can be told before anyone knows which candidate it is, where all of them are its own.
    mpans = {*imports.candidates, *exports.candidates}
    keys = {_network_keys(point.mpan, point) for point in known if point.mpan in mpans} if mpans else set()
    shared = {_network_by(*key, fed) for key in keys}
    return shared.pop() if len(shared) == 1 else _Network()


def _network_of(finding: Finding, fed: NetworkChain) -> _Network:
    """Registration data first, then how the place is fed; the prefix is the last resort."""
    return _network_by(*_network_keys(finding.mpan, finding.point), fed)


def _network_keys(mpan: str | None, point: KnownMeterPoint | None) -> tuple[str, str | None, str | None]:
    """Distributor, GSP group and host distributor as registration data has them; of the first else the prefix."""
    if point is None:
        return (mpan or "")[:2], None, None
    return point.distributor_id or (mpan or "")[:2], point.gsp_group, point.host_distributor_id


def _network_by(distributor_id: str, group_id: str | None, host: str | None, fed: NetworkChain) -> _Network:
    operator = load.distributors().get(distributor_id)
    # A postcode's edge is not the network's: it does not put a DNO's own meter point into another DNO's area.
    trusted = fed.basis is NetworkLevel.METER_POINT or operator is None or operator.kind == "IDNO"
    if group_id is None and fed.gsp_group is not None and trusted:
        group_id = fed.gsp_group.location_id
    group = load.gsp_groups().get(group_id or "")
    if host is None and group is not None:
        host = group.host_distributor_id
    # The prefix tells the area by default only for a DNO, and only where nothing else tells it.
    if group_id is None and host is None and operator is not None:
        group_id = operator.gsp_group
    return _Network(distributor_id, host if host != distributor_id else None, group_id)


def _about_location(supplied: SuppliedLocation) -> tuple[str, ...]:
    postcode = canonical_postcode(supplied.postcode)
    sentences = [postcode.sentence, canonical_uprn(supplied.uprn).sentence]
    match postcode.region:
        case "NI":
            sentences.append("The postcode is in Northern Ireland: other meter numbers and another market.")
        case "CROWN_DEPENDENCY":
            sentences.append("The postcode is in Jersey, Guernsey or the Isle of Man, outside Great Britain.")
        case "GB" | None:
            pass
    return tuple(sentence for sentence in sentences if sentence is not None)
