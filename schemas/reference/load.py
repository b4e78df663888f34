"""The reference tables, typed, checked and kept: what every rule and check reads.

Each function takes an optional directory whose files stand in for the shipped ones, file by file. A table is
read once for each directory; a table that cannot be used raises `read.BadReferenceDataError`, which names the
file, the line and the column.
"""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from schemas.reference import tables
from schemas.reference.in_use import kept
from schemas.reference.market import primacy_rules, product_fits, products, provider_rules, stacking_pairs
from schemas.reference.read import BadReferenceDataError, Row, document, index, rows

__all__ = [
    "area_codes",
    "asset_categories",
    "code_lists",
    "company_suffixes",
    "distributors",
    "gsp_groups",
    "identifier_formats",
    "null_words",
    "placeholder_serials",
    "primacy_rules",
    "product_fits",
    "products",
    "provider_rules",
    "stacking_pairs",
    "statuses",
    "technologies",
    "visibility",
]

KINDS = ("generation", "demand", "storage", "both")
MARKS = ("source", "recalled", "computed", "proposed")

# Where asset categories come from: the published list, the codes its rules name but its list lacks, our own.
CATEGORY_NAMESPACES = ("FMAR_AssetCategory", "FMAR_AssetCategory_inconsistent", "HUB_extension_proposed")


@kept
def distributors(override: Path | None = None) -> Mapping[str, tables.Distributor]:
    """Network operators by the first two digits of their MPANs; ids not here are accepted with a warning."""
    columns = ("distributor_id", "type", "mpid", "gsp_group_default", "fmar_dno_code", "area", "licensee")
    read = rows("distributor_ids.csv", (*columns, "group", "status", "confidence", "provenance"), override)
    # The row "39+" says in words that more ids are being allocated; it is no operator.
    known = [row for row in read if not row.free("distributor_id").endswith("+")]
    return index(((row, row.free("distributor_id"), _distributor(row)) for row in known), "distributor_id")


def _distributor(row: Row) -> tables.Distributor:
    return tables.Distributor(
        distributor_id=row.matching("distributor_id", "[1-9][0-9]", "two digits, 10 or more"),
        kind=row.one_of("type", ("DNO", "IDNO")),
        mpid=row.matching("mpid", "[A-Z0-9]{4}", "four letters or digits"),
        gsp_group=row.optional("gsp_group_default"),
        fmar_dno_code=row.optional("fmar_dno_code"),
        area=row.text("area"),
        licensee=row.free("licensee"),
        group=row.free("group"),
        status=row.text("status"),
        confidence=row.one_of("confidence", ("high", "medium", "low")),
        provenance=row.text("provenance"),
    )


@kept
def gsp_groups(override: Path | None = None) -> Mapping[str, tables.GspGroup]:
    """GSP groups by id (`_A`), each with the DNO whose area it is."""
    columns = ("gsp_group_id", "name", "host_distributor_id", "dno_code", "provenance")
    return index(
        (
            (
                row,
                row.matching("gsp_group_id", "_[A-HJ-NP]", "_ and a letter other than I and O, up to P"),
                tables.GspGroup(**{column: row.text(column) for column in columns}),
            )
            for row in rows("gsp_groups.csv", columns, override)
        ),
        "gsp_group_id",
    )


@kept
def technologies(override: Path | None = None) -> Mapping[tuple[str, str], tables.Technology]:
    """Every technology code by (namespace, code)."""
    columns = ("namespace", "code", "label", "kind", "mpan_required", "maps_to", "note", "provenance")
    kinds = _category_kinds(override)
    entries = []
    for row in rows("technology_types.csv", columns, override):
        cells = {column: row.free(column) for column in columns}
        # The list leaves the kind of the hub's own categories open ("see label"); category_kinds.csv says it.
        if cells["kind"] not in KINDS:
            cells["kind"] = kinds.get(cells["code"], "")
        if cells["kind"] not in KINDS:
            row.wrong("kind", f"must be one of {', '.join(KINDS)}, here or in category_kinds.csv")
        entries.append((row, (row.text("namespace"), row.text("code")), tables.Technology(**cells)))
    return index(entries, "code")


def _category_kinds(override: Path | None) -> Mapping[str, str]:
    read = rows("category_kinds.csv", ("category", "kind", "mark", "provenance"), override)
    return index(((row, row.text("category"), row.one_of("kind", KINDS)) for row in read), "category")


@kept
def asset_categories(override: Path | None = None) -> Mapping[str, tables.Technology]:
    """The categories an asset may have, by code: the published ones and the hub's extensions."""
    return MappingProxyType(
        {code: entry for (space, code), entry in technologies(override).items() if space in CATEGORY_NAMESPACES}
    )


@kept
def code_lists(override: Path | None = None) -> Mapping[str, tuple[tables.CodeValue, ...]]:
    """The published code lists by name, values in their order."""
    columns = ("catalogue", "code", "active_in_published_list", "meaning", "provenance")
    entries = [
        (
            row,
            (row.text("catalogue"), row.text("code")),
            tables.CodeValue(
                catalogue=row.text("catalogue"),
                code=row.text("code"),
                active=row.one_of("active_in_published_list", ("0", "1")) == "1",
                meaning=row.free("meaning"),
                provenance=row.text("provenance"),
            ),
        )
        for row in rows("code_catalogue.csv", columns, override)
    ]
    lists: dict[str, tuple[tables.CodeValue, ...]] = {}
    for value in index(entries, "code").values():
        lists[value.catalogue] = (*lists.get(value.catalogue, ()), value)
    return MappingProxyType(lists)


@kept
def visibility(override: Path | None = None) -> Mapping[str, tables.VisibilityRow]:
    """Who may see which data item, in the words of the policy, by data item."""
    columns = tuple(tables.VisibilityRow.__dataclass_fields__)
    read = rows("visibility_matrix.csv", columns, override)
    return index(
        (
            (
                row,
                row.text("data_item"),
                tables.VisibilityRow(**{column: row.text(column) for column in columns}),
            )
            for row in read
        ),
        "data_item",
    )


@kept
def identifier_formats(override: Path | None = None) -> Mapping[str, tables.IdentifierFormat]:
    """The shape of each kind of identifier, in words, by its name."""
    columns = ("identifier", "format", "algorithm_or_structure", "handling", "confidence", "provenance")
    return index(
        (
            (row, row.text("identifier"), tables.IdentifierFormat(*(row.free(column) for column in columns)))
            for row in rows("identifier_formats.csv", columns, override)
        ),
        "identifier",
    )


@kept
def null_words(override: Path | None = None) -> frozenset[str]:
    """Words that senders write where there is no value, case-folded."""
    return _words("nulls.csv", "word", override)


@kept
def company_suffixes(override: Path | None = None) -> frozenset[str]:
    """Legal forms at the end of a maker's name that do not tell makers apart, case-folded."""
    return _words("company_suffixes.csv", "suffix", override)


def _words(file: str, column: str, override: Path | None) -> frozenset[str]:
    read = rows(file, (column, "mark", "provenance"), override)
    entries = ((row, row.text(column).casefold(), row.one_of("mark", MARKS)) for row in read)
    return frozenset(index(entries, column))


@kept
def area_codes(override: Path | None = None) -> Mapping[str, str]:
    """Every way to name a network operator's area, case-folded, to its distributor id.

    Besides the names of area_codes.csv: the ids themselves, MPIDs and FMAR codes of distributor_ids.csv.
    """
    known = distributors(override)
    entries = []
    for row in rows("area_codes.csv", ("name", "distributor_id", "mark", "provenance"), override):
        row.one_of("mark", MARKS)
        entries.append((row, row.text("name").casefold(), row.one_of("distributor_id", tuple(known))))
    names = dict(index(entries, "name"))
    for distributor in known.values():
        for code in (distributor.distributor_id, distributor.mpid, distributor.operator_code):
            names[code.casefold()] = distributor.distributor_id
    return MappingProxyType(names)


@kept
def placeholder_serials(override: Path | None = None) -> frozenset[str]:
    """What people type where a serial number is asked for and they have none, as in the matching policy."""
    return frozenset(_texts("placeholder_serials", override))


@kept
def statuses(model: str, override: Path | None = None) -> tuple[str, ...]:
    """The values of one status model, such as `mpan_resolution`."""
    models = document("status_models.json", override)
    if model not in models:
        raise BadReferenceDataError(f"status_models.json: has no model {model}")
    values = models[model]["values"] if isinstance(models[model], dict) else models[model]
    return tuple(str(value) for value in values)


def _texts(key: str, override: Path | None) -> list[str]:
    values = document("matching_policy.json", override).get(key)
    if not isinstance(values, list) or not values or not all(isinstance(value, str) for value in values):
        raise BadReferenceDataError(f"matching_policy.json, {key}: must be a list of texts")
    return values
