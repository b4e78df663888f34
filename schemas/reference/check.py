"""A folder of reference tables, looked at before it comes into use."""

from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from schemas.reference import (
    addresses,
    aliases,
    categories,
    disputes,
    in_use,
    load,
    market,
    matching,
    serials,
    sources,
    weights,
)
from schemas.reference.read import BadReferenceDataError

ADDING = ("maker_aliases.csv", "model_aliases.csv")
"""Tables to which a folder's adds; every other stands in for the shipped one."""

_TABLES = (
    load.distributors,
    load.gsp_groups,
    load.technologies,
    load.code_lists,
    load.visibility,
    load.identifier_formats,
    load.null_words,
    load.company_suffixes,
    load.area_codes,
    load.placeholder_serials,
    market.products,
    market.product_fits,
    market.stacking_pairs,
    market.primacy_rules,
    market.provider_rules,
    sources.external_id_schemes,
    sources.survivorship,
    matching.limits,
    categories.category_groups,
    categories.category_relations,
    weights.identity_weights,
    weights.capacity_bases,
    aliases.maker_aliases,
    aliases.model_aliases,
    aliases.maker_qualifiers,
    aliases.model_variants,
    serials.shapes,
    addresses.address_words,
    disputes.rights,
    disputes.deadlines,
)
_STATUS_MODELS = ("asset_market_status", "mpan_resolution", "dedupe_outcome", "consent_status", "dispute_status")


@dataclass(frozen=True, slots=True)
class TableOfFolder:
    """One file of a folder: whether it adds to the shipped table or stands in for it, and its lines."""

    file: str
    adds: bool
    lines: int


def check(folder: Path) -> tuple[TableOfFolder, ...]:
    """Every table as it would be with this folder in use; the folder's own files, by name.

    Raises `BadReferenceDataError` for the first that cannot be used, with file, line and column, and for a file
    whose name no shipped table has, since nothing would read it.
    """
    if not folder.is_dir():
        raise BadReferenceDataError(f"{folder} is no folder")
    in_use.forget()  # the folder may have been looked at before and mended since
    shipped = {entry.name for entry in resources.files("schemas.reference").iterdir()}
    own = sorted(entry for entry in folder.iterdir() if entry.suffix in (".csv", ".json"))
    for entry in own:
        if entry.name not in shipped:
            raise BadReferenceDataError(f"{entry.name}: no reference table has this name")
    for table in _TABLES:
        table(folder)
    for kind in serials.CONFUSABLE_KINDS:
        serials.confusables(kind, folder)
    for kind in serials.WORD_KINDS:
        serials.words(kind, folder)
    for model in _STATUS_MODELS:
        load.statuses(model, folder)
    return tuple(TableOfFolder(entry.name, entry.name in ADDING, _lines(entry)) for entry in own)


def _lines(entry: Path) -> int:
    text = entry.read_text(encoding="utf-8-sig")
    return sum(1 for line in text.splitlines() if line.strip()) - (entry.suffix == ".csv")
