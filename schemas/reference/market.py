"""Loaders of the market tables: products, their fit, stacking, primacy; `load` hands them on."""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

from schemas.reference import tables
from schemas.reference.in_use import kept
from schemas.reference.read import Row, index, rows

DIRECTIONS = ("generation_up", "generation_down", "demand_up", "demand_down")
MODES = ("co_delivery", "splitting", "jumping", "prohibited", "unknown_review")
FIRMNESS = ("firm", "confirm")
MARKS = ("source", "recalled", "computed", "proposed")


@kept
def products(override: Path | None = None) -> Mapping[str, tables.Product]:
    """Every product in the catalogue by code, those no longer procured among them."""
    columns = ("code", "name", "subset", "procurer", "state_2026", "fmar_2027_scope", "procurement_time")
    read = rows(
        "products.csv",
        (*columns, "utilisation_time", "minimum_size", "technical_or_note", "provenance"),
        override,
    )
    return index(((row, row.text("code"), _product(row)) for row in read), "code")


def _product(row: Row) -> tables.Product:
    return tables.Product(
        code=row.text("code"),
        name=row.text("name"),
        subset=row.text("subset"),
        procurer=row.free("procurer"),
        state=row.text("state_2026"),
        fmar_2027_scope=row.free("fmar_2027_scope"),
        procurement_time=row.free("procurement_time"),
        utilisation_time=row.free("utilisation_time"),
        minimum_size=row.free("minimum_size"),
        note=row.free("technical_or_note"),
        provenance=row.text("provenance"),
    )


@kept
def product_fits(override: Path | None = None) -> tuple[tables.ProductFit, ...]:
    """Which assets each live product may suit; every product named must be in the catalogue."""
    columns = ("product_code", "procurer", "direction", "categories", "areas", "minimum_asset_kw")
    read = rows("product_fit.csv", (*columns, "valid_from", "valid_to", "mark", "provenance"), override)
    codes = tuple(products(override))
    return tuple(_product_fit(row, codes) for row in read)


def _product_fit(row: Row, codes: tuple[str, ...]) -> tables.ProductFit:
    areas = frozenset(row.parts("areas"))
    if not areas or any(area != "GB" and not re.fullmatch("[1-9][0-9]", area) for area in areas):
        row.wrong("areas", "must be GB or distributor ids with | between them")
    categories = frozenset(row.parts("categories"))
    if not categories:
        row.wrong("categories", "names no asset category")
    first, last = row.day("valid_from"), row.day("valid_to")
    if first and last and last < first:
        row.wrong("valid_to", "lies before valid_from")
    return tables.ProductFit(
        product_code=row.one_of("product_code", codes),
        procurer=row.text("procurer"),
        direction=row.one_of("direction", DIRECTIONS),
        categories=categories,
        areas=areas,
        minimum_asset_kw=row.number("minimum_asset_kw"),
        valid_from=first,
        valid_to=last,
        mark=row.one_of("mark", MARKS),
        provenance=row.text("provenance"),
    )


@kept
def stacking_pairs(override: Path | None = None) -> Mapping[frozenset[str], tables.StackingPair]:
    """What is known of each pair of services, by the unordered pair of their codes."""
    columns = ("service_a", "service_b", "default_mode_evidence_only", "default_mode_stacking_by_default")
    evidence = (
        "firmness",
        "jumping_published",
        "splitting_evidence",
        "co_delivery_published",
        "direction_rule",
    )
    read = rows("stacking_matrix.csv", (*columns, *evidence, "conditions", "as_of", "provenance"), override)
    return index(((row, _pair(row), _stacking_pair(row)) for row in read), "service_b")


def _pair(row: Row) -> frozenset[str]:
    if row.text("service_a") == row.text("service_b"):
        row.wrong("service_b", "must differ from service_a")
    return frozenset((row.text("service_a"), row.text("service_b")))


def _stacking_pair(row: Row) -> tables.StackingPair:
    return tables.StackingPair(
        service_a=row.text("service_a"),
        service_b=row.text("service_b"),
        mode_evidence_only=row.one_of("default_mode_evidence_only", MODES),
        mode_stacking_by_default=row.one_of("default_mode_stacking_by_default", MODES),
        firmness=row.one_of("firmness", FIRMNESS),
        jumping_published=row.text("jumping_published"),
        splitting_evidence=row.text("splitting_evidence"),
        co_delivery_published=row.text("co_delivery_published"),
        direction_rule=row.free("direction_rule"),
        conditions=row.free("conditions"),
        as_of=row.text("as_of"),
        provenance=row.text("provenance"),
    )


@kept
def primacy_rules(override: Path | None = None) -> Mapping[str, tables.PrimacyRule]:
    """The primacy rules by id, in the order in which they are tried: those with a match, then the rest."""
    columns = ("rule_id", "name", "conflict_condition", "priority", "effect_on_other_so", "data_exchange")
    read = rows("primacy_rules.csv", (*columns, "timescale", "status", "firmness", "provenance"), override)
    ruled = {row.text("rule_id"): row for row in read}
    matches = {match.one_of("rule_id", tuple(ruled)): match for match in _primacy_matches(override)}
    order = [*matches, *(rule_id for rule_id in ruled if rule_id not in matches)]
    return index(
        ((ruled[rule_id], rule_id, _primacy_rule(ruled[rule_id], matches.get(rule_id))) for rule_id in order),
        "rule_id",
    )


def _primacy_matches(override: Path | None) -> Iterator[Row]:
    columns = ("rule_id", "neso_products", "neso_directions", "dno_products", "dno_directions")
    for row in rows("primacy_match.csv", (*columns, "dno_products_excluded", "mark", "provenance"), override):
        for column in ("neso_directions", "dno_directions"):
            for direction in row.parts(column):
                if direction not in (*DIRECTIONS, "any", "opposite"):
                    row.wrong(column, f"holds {direction!r}, which is no direction")
        yield row


def _primacy_rule(row: Row, match: Row | None) -> tables.PrimacyRule:
    def parts(column: str) -> frozenset[str]:
        return frozenset(match.parts(column)) if match else frozenset()

    status = row.text("status")
    return tables.PrimacyRule(
        rule_id=row.matching("rule_id", "P[0-9]+", "P and a number"),
        name=row.text("name"),
        conflict_condition=row.text("conflict_condition"),
        priority=row.text("priority"),
        effect_on_other_so=row.free("effect_on_other_so"),
        data_exchange=row.free("data_exchange"),
        timescale=row.free("timescale"),
        status=status,
        firmness=row.text("firmness"),
        provenance=row.text("provenance"),
        effective_from=_effective_from(row, status),
        standing=status in ("active default", "gap"),
        neso_products=parts("neso_products"),
        neso_directions=parts("neso_directions"),
        dno_products=parts("dno_products"),
        dno_directions=parts("dno_directions"),
        dno_products_excluded=parts("dno_products_excluded"),
    )


def _effective_from(row: Row, status: str) -> date | None:
    """The day in a status such as "effective 2025-12-01, no end date"; None for a rule not in force."""
    if not status.startswith("effective"):
        return None
    stated = re.match(r"effective (\d{4}-\d{2}-\d{2})\b", status)
    try:
        return date.fromisoformat(stated[1]) if stated else row.wrong("status", "must say effective and a date")
    except ValueError:
        row.wrong("status", "holds a date that does not exist")


@kept
def provider_rules(override: Path | None = None) -> tuple[tables.ProviderRule, ...]:
    """Rules by which one asset gives certain services through one provider at a time."""
    columns = ("rule_id", "name", "products", "firmness", "sentence", "mark", "provenance")
    return tuple(
        tables.ProviderRule(
            rule_id=row.text("rule_id"),
            name=row.text("name"),
            products=frozenset(row.parts("products")),
            firmness=row.one_of("firmness", FIRMNESS),
            sentence=row.text("sentence"),
            mark=row.one_of("mark", MARKS),
            provenance=row.text("provenance"),
        )
        for row in rows("provider_rules.csv", columns, override)
    )
