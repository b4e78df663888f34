"""Which fields of an asset each kind of participant sees, by the policy table."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from hub.rules.composition import compose
from hub.rules.visibility import Visibility, changes_seen, mask, visible_to
from schemas.asset import ExternalId
from schemas.outbound import AssetState, Concern
from schemas.vocabulary import ConsentStatus, ParticipantKind
from tests.support.claims import ASSET, REFUSED, a_said
from tests.support.notifications import COMMISSIONED_ON, T0, a_battery, a_claim, a_device, a_service
from tests.support.premises import HOUSE

TODAY = T0.date()
WHOLE = compose(
    ASSET,
    3,
    [
        a_said(
            a_device(
                "installer-1",
                "I1",
                location=HOUSE.location(address_line="1 Sample Street", meter_serial="M-123456"),
                external_ids=(ExternalId(scheme="OCPP", value="CP-1"),),
            )
        ),
        a_said(a_device("fsp-1", "F1", market=a_claim("fsp-1", "C-1", a_service("DC"), a_service("DC")))),
    ],
    "evidence_only",
).state
MPANS = {"place.import_mpan", "place.export_mpan"}
HOME = {"place.uprn", "place.address_line", "place.postcode", "place.meter_serial"}
MARKET = {"market.fsp", "consent"}
REFERENCE = {"market.consent_reference"}
SOURCES = {"sources"}

HIDDEN = {
    ParticipantKind.INSTALLER: MARKET | SOURCES,
    ParticipantKind.OEM: MARKET | SOURCES,
    ParticipantKind.PLATFORM: SOURCES,
    ParticipantKind.FSP: SOURCES,
    ParticipantKind.DNO: REFERENCE | SOURCES,
    ParticipantKind.IDNO: REFERENCE | SOURCES,
    ParticipantKind.NESO: HOME | REFERENCE | SOURCES,
    ParticipantKind.ADMIN: set(),
    ParticipantKind.REGULATOR: {*MPANS, *HOME, *SOURCES, "serial_number", "external_ids"},
    ParticipantKind.HUB: set(),
}
EVERY_FIELD = {"category", *MPANS, *HOME, *MARKET, *REFERENCE, *SOURCES, "serial_number", "external_ids", "concerns"}


def value(state: AssetState, name: str) -> Any:
    found: Any = state
    for part in name.split("."):
        found = getattr(found, part) if found is not None else None
    return found


def test_the_sample_has_something_in_every_field() -> None:
    fields = EVERY_FIELD - {"category", "place.export_mpan"}
    assert {name for name in fields if value(WHOLE, name) in (None, ())} == set()


@pytest.mark.parametrize("kind", ParticipantKind)
def test_each_kind_sees_what_the_policy_says(kind: ParticipantKind) -> None:
    shown = mask(WHOLE, visible_to(kind), TODAY)
    hidden = {n for n in EVERY_FIELD - {"category", "concerns"} if value(shown, n) != value(WHOLE, n)}
    gone_with_the_market = REFERENCE if HIDDEN[kind] >= MARKET else set()
    assert hidden == (HIDDEN[kind] | gone_with_the_market) - {"place.export_mpan"}
    assert all(value(shown, name) in (None, ()) for name in hidden)


@pytest.mark.parametrize("kind", ParticipantKind)
def test_the_technical_record_is_always_seen(kind: ParticipantKind) -> None:
    shown = mask(WHOLE, visible_to(kind), TODAY)
    for name in ("asset_id", "version", "asset_category", "rated_capacity_kw", "commissioning_date", "status"):
        assert value(shown, name) == value(WHOLE, name)


@pytest.mark.parametrize("kind", [ParticipantKind.INSTALLER, ParticipantKind.OEM])
@pytest.mark.parametrize(("days", "seen"), [(0, True), (365, True), (366, False), (3650, False)])
def test_who_installed_it_sees_the_address_for_a_year(kind: ParticipantKind, days: int, seen: bool) -> None:
    shown = mask(WHOLE, visible_to(kind), COMMISSIONED_ON + timedelta(days=days))
    assert {value(shown, name) is not None for name in HOME} == {seen}
    assert shown.place.import_mpan == WHOLE.place.import_mpan


def test_who_may_not_know_of_providers_is_not_told_by_concerns_either() -> None:
    assert {c.rule_id[:4] for c in WHOLE.concerns} >= {"STK-", "MPAN"}
    shown = mask(WHOLE, visible_to(ParticipantKind.INSTALLER), TODAY)
    assert {c.rule_id[:4] for c in shown.concerns} == {"MPAN"}


def of(fsp: str) -> Visibility:
    return replace(visible_to(ParticipantKind.FSP), only_providers=frozenset({fsp}))


class TestProviders:
    def test_its_own_market_part_is_seen(self) -> None:
        shown = mask(WHOLE, of("fsp-1"), TODAY)
        assert (shown.market, shown.consent) == (WHOLE.market, ConsentStatus.ACTIVE)

    def test_another_providers_is_not(self) -> None:
        shown = mask(WHOLE, of("fsp-2"), TODAY)
        assert (shown.market, shown.consent, shown.sources) == (None, None, ())
        assert {c.rule_id[:4] for c in shown.concerns} == {"MPAN"}

    def test_nor_that_another_had_no_consent(self) -> None:
        refused = compose(
            ASSET, 1, [a_said(a_battery("fsp-1", market=a_claim("fsp-1", "C-1")), REFUSED)], "evidence_only"
        ).state
        assert {c.rule_id for c in refused.concerns} & {"CONSENT-WITHDRAWN"}
        shown = mask(refused, of("fsp-2"), TODAY)
        assert shown.consent is None
        assert not {c.rule_id for c in shown.concerns} & {"CONSENT-WITHDRAWN"}

    def test_a_rival_is_not_named_to_who_controls(self) -> None:
        both = compose(
            ASSET,
            1,
            [
                a_said(a_device("fsp-1", "F1", market=a_claim("fsp-1", "C-1"))),
                a_said(a_device("fsp-2", "F2", market=a_claim("fsp-2", "C-2"), occurred_at=T0)),
            ],
            "evidence_only",
        ).state
        assert "FSP-SECOND_CLAIM" in {c.rule_id for c in both.concerns}
        assert "fsp-2" not in mask(both, of("fsp-1"), TODAY).model_dump_json()

    def test_nor_are_its_contracts(self) -> None:
        mine, theirs = a_service("DC"), a_service("LCM")
        both = compose(
            ASSET,
            1,
            [
                a_said(a_device("fsp-1", "F1", market=a_claim("fsp-1", "C-1", mine))),
                a_said(a_device("fsp-2", "F2", market=a_claim("fsp-2", "C-2", theirs), occurred_at=T0)),
            ],
            "evidence_only",
        ).state
        assert any("LCM" in c.sentence for c in both.concerns)
        assert "LCM" not in mask(both, of("fsp-1"), TODAY).model_dump_json()


@pytest.mark.parametrize(
    ("kind", "seen"),
    [
        (ParticipantKind.INSTALLER, ("model", "place")),
        (ParticipantKind.NESO, ("consent", "market", "model", "place")),
        (ParticipantKind.ADMIN, ("consent", "market", "model", "place", "sources")),
    ],
)
def test_that_a_hidden_field_changed_is_hidden_as_well(kind: ParticipantKind, seen: tuple[str, ...]) -> None:
    changed = ("consent", "market", "model", "place", "sources")
    assert changes_seen(changed, WHOLE, visible_to(kind), TODAY) == seen


def test_a_mask_changes_nothing_of_what_it_is_laid_over() -> None:
    before = WHOLE.model_dump()
    mask(WHOLE, visible_to(ParticipantKind.INSTALLER), date(2099, 1, 1))
    assert WHOLE.model_dump() == before


def test_an_administrator_sees_all() -> None:
    assert mask(WHOLE, visible_to(ParticipantKind.ADMIN), date(2099, 1, 1)) == WHOLE


def test_a_concern_about_the_market_is_told_by_its_rule() -> None:
    told = ("STK-SAME-PRODUCT", "FSP-SECOND_CLAIM", "CONSENT-EXPIRED", "PR-1", "H1")
    kept = ("MPAN-CONFLICT", "ID-NEEDS_REVIEW", "CAP-NOT_STATED", "LIFE-AFTER_REMOVAL")
    concerns = tuple(Concern(rule_id=r, severity="warning", sentence="s") for r in (*told, *kept))
    state = WHOLE.model_copy(update={"concerns": concerns, "rated_capacity_kw": Decimal(5)})
    shown = mask(state, visible_to(ParticipantKind.OEM), TODAY)
    assert tuple(c.rule_id for c in shown.concerns) == kept
