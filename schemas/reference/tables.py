"""One frozen class for each reference table; `load` makes them, each field is a column."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Distributor:
    """A network operator that issues MPANs, known by the first two digits of them."""

    distributor_id: str
    kind: str  # "DNO" or "IDNO"
    mpid: str
    gsp_group: str | None  # only a default, and only for a DNO: the prefix is not geography
    fmar_dno_code: str | None
    area: str
    licensee: str
    group: str
    status: str
    confidence: str
    provenance: str

    @property
    def operator_code(self) -> str:
        """The code its notices carry: FMAR's where FMAR gives one, else IDNO_ and the MPID."""
        return self.fmar_dno_code or f"IDNO_{self.mpid}"


@dataclass(frozen=True, slots=True)
class GspGroup:
    gsp_group_id: str
    name: str
    host_distributor_id: str
    dno_code: str
    provenance: str


@dataclass(frozen=True, slots=True)
class Technology:
    """A code of one of the technology lists; `kind` is generation, demand, storage or both."""

    namespace: str
    code: str
    label: str
    kind: str
    mpan_required: str
    maps_to: str
    note: str
    provenance: str


@dataclass(frozen=True, slots=True)
class CodeValue:
    catalogue: str
    code: str
    active: bool
    meaning: str
    provenance: str


@dataclass(frozen=True, slots=True)
class Product:
    code: str
    name: str
    subset: str
    procurer: str
    state: str
    fmar_2027_scope: str
    procurement_time: str
    utilisation_time: str
    minimum_size: str
    note: str
    provenance: str

    @property
    def live_in_scope(self) -> bool:
        return self.state.startswith("live") and self.fmar_2027_scope == "yes"


@dataclass(frozen=True, slots=True)
class ProductFit:
    """Which assets one procurer's product may suit, in one direction."""

    product_code: str
    procurer: str
    direction: str
    categories: frozenset[str]
    areas: frozenset[str]  # distributor ids of the host networks, or "GB"
    minimum_asset_kw: Decimal | None
    valid_from: date | None
    valid_to: date | None  # the last day
    mark: str
    provenance: str


@dataclass(frozen=True, slots=True)
class StackingPair:
    """What is published about one asset in two services; modes for the two policies that are shipped."""

    service_a: str
    service_b: str
    mode_evidence_only: str
    mode_stacking_by_default: str
    firmness: str
    jumping_published: str
    splitting_evidence: str
    co_delivery_published: str
    direction_rule: str
    conditions: str
    as_of: str
    provenance: str


@dataclass(frozen=True, slots=True)
class PrimacyRule:
    """A published or recommended rule on whose action wins, with the words that say when it matches.

    `neso_products` and the like come from the machine reading in primacy_match.csv and are empty for a rule
    that has none; such a rule is kept for the reader and never applied.
    """

    rule_id: str
    name: str
    conflict_condition: str
    priority: str
    effect_on_other_so: str
    data_exchange: str
    timescale: str
    status: str
    firmness: str
    provenance: str
    effective_from: date | None
    standing: bool  # the default and the published gap: they need no start date
    neso_products: frozenset[str]
    neso_directions: frozenset[str]
    dno_products: frozenset[str]
    dno_directions: frozenset[str]
    dno_products_excluded: frozenset[str]


@dataclass(frozen=True, slots=True)
class ProviderRule:
    """Services that one asset may give through one provider only at a time."""

    rule_id: str
    name: str
    products: frozenset[str]
    firmness: str
    sentence: str
    mark: str
    provenance: str


@dataclass(frozen=True, slots=True)
class VisibilityRow:
    """Who may see one kind of data: audience to the words of the policy."""

    data_item: str
    asset_owner: str
    fsp: str
    installer_or_oem: str
    platform_imp: str
    dno_idno_own_area: str
    neso: str
    ofgem_market_facilitator: str
    public: str
    provenance: str


@dataclass(frozen=True, slots=True)
class IdentifierFormat:
    identifier: str
    format: str
    structure: str
    handling: str
    confidence: str
    provenance: str
