"""The asset that claims add up to: the same in whatever order they came, each field from whom it is believed."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.rules.claims import Claim, Decision
from hub.rules.composition import Composed, compose
from schemas.asset import ExternalId, MarketClaim, ServiceClaim
from schemas.notifications import Notification
from schemas.outbound import AssetState
from schemas.vocabulary import AssetStatus, ConsentStatus, DedupeOutcome, MpanResolution
from tests.support.claims import ALLOWED, ASSET, REFUSED, a_said
from tests.support.notifications import (
    T0,
    YESTERDAY,
    a_battery,
    a_claim,
    a_device,
    a_removal,
    a_service,
    an_update,
)
from tests.support.premises import FLAT, HOUSE, NEIGHBOUR


def after(minutes: int) -> dict[str, Any]:
    return {"occurred_at": YESTERDAY + timedelta(minutes=minutes)}


def composed(*told: Notification | Claim) -> Composed:
    claims = [t if isinstance(t, Claim) else a_said(t) for t in told]
    return compose(ASSET, 1, claims, "evidence_only")


def asset(*told: Notification | Claim) -> AssetState:
    return composed(*told).state


def concerns(*told: Notification | Claim) -> set[str]:
    return {c.rule_id for c in asset(*told).concerns}


POOL = (
    a_said(a_device("installer-1", "I1", **after(0))),
    a_said(an_update("installer-1", "I1", phases=1, model="from the installer", **after(1))),
    a_said(an_update("installer-1", "I1", phases=3, **after(2))),
    a_said(an_update("installer-1", "I1", location=HOUSE.location(export_mpan=HOUSE.export_mpan), **after(3))),
    a_said(a_device("oem-1", "O1", model="M-1", source_seq=5, **after(9))),
    a_said(an_update("oem-1", "O1", storage_energy_kwh="9.50", source_seq=6, **after(4))),
    a_said(an_update("oem-1", "O1", storage_energy_kwh="9.60", source_seq=7, **after(3))),
    a_said(a_device("platform-1", "P1", external_ids=(ExternalId(scheme="OCPP", value="CP-1"),), **after(5))),
    a_said(a_device("fsp-1", "F1", market=a_claim("fsp-1", "C1", a_service("DC", "NESO")), **after(1))),
    a_said(an_update("fsp-1", "F1", market=a_claim("fsp-1", "C1", a_service("DM", "NESO")), **after(8))),
    a_said(a_device("fsp-2", "F2", market=a_claim("fsp-2", "C2", a_service("DC", "NESO")), **after(2))),
    a_said(a_device("fsp-2", "F3", market=a_claim("fsp-2", "C3"), **after(0)), REFUSED),
    a_said(a_device("installer-2", "I2", location=FLAT.location(), **after(6))),
    a_said(a_removal("installer-2", "I2", **after(7))),
    a_said(
        a_device("oem-2", "O2", **after(3)),
        decision=Decision(DedupeOutcome.NEEDS_REVIEW, ASSET, ("Look at it.",), (ASSET,)),
    ),
)
FIRST = POOL[0]


@given(
    st.lists(st.sampled_from(POOL[1:]), unique_by=lambda c: c.claim_id).flatmap(
        lambda c: st.tuples(st.just([FIRST, *c]), st.permutations([FIRST, *c]))
    )
)
def test_the_order_of_claims_does_not_matter(claims: tuple[list[Claim], list[Claim]]) -> None:
    one, other = (compose(ASSET, 1, c, "evidence_only") for c in claims)
    assert one == other


@given(st.permutations(POOL), st.data())
def test_a_source_that_goes_on_saying_the_same_changes_nothing(claims: list[Claim], data: st.DataObject) -> None:
    newest = {c.reference: c for c in sorted(POOL, key=lambda c: c.order)}
    again = data.draw(st.sampled_from(sorted(newest.values(), key=lambda c: c.reference)))
    longer = [replace(c, said_until=c.said_until + timedelta(hours=9)) if c is again else c for c in claims]
    before, now = (compose(ASSET, 1, c, "evidence_only").state for c in (claims, longer))
    assert (before.market, before.status, before.sources) == (now.market, now.status, now.sources)


@pytest.mark.parametrize(
    ("field", "order"),
    [
        ("serial_number", ["oem-1", "installer-1", "platform-1", "fsp-1"]),
        ("model", ["oem-1", "installer-1", "platform-1", "fsp-1"]),
        ("commissioning_date", ["installer-1", "eastern", "oem-1", "fsp-1"]),
        ("rated_capacity_kw", ["installer-1", "eastern", "oem-1", "fsp-1"]),
        ("phases", ["installer-1", "eastern", "oem-1", "fsp-1"]),
        ("connection_type", ["eastern", "installer-1", "fsp-1"]),
    ],
)
def test_each_field_comes_from_whom_it_is_believed(field: str, order: list[str]) -> None:
    values: dict[str, list[Any]] = {
        "serial_number": ["SN-1111111", "SN-2222222", "SN-3333333", "SN-4444444"],
        "model": ["a", "b", "c", "d"],
        "commissioning_date": [date(2026, 4, n) for n in range(1, 5)],
        "rated_capacity_kw": [Decimal(n) for n in range(1, 5)],
        "phases": [1, 2, 3, 1],
        "connection_type": ["FIRM", "DYNAMIC", "TIMED"],
    }
    told = {
        name: a_battery(name, f"ref of {name}", **after(n), **{field: values[field][n]}) for n, name in enumerate(order)
    }
    for number, name in enumerate(order):
        # Of those who are left, the most believed speaks, although all the others are newer.
        shown = getattr(asset(*(told[n] for n in order[number:])), field)
        assert shown == getattr(told[name], field)


def test_of_one_kind_of_source_the_newest_is_believed() -> None:
    older, newer = a_battery("installer-1", phases=1, **after(1)), a_battery("installer-2", phases=3, **after(2))
    assert asset(older, newer).phases == asset(newer, older).phases == 3


def test_a_late_message_changes_nothing_newer() -> None:
    whole, newer, late = (
        a_battery(**after(0)),
        an_update(phases=3, **after(5)),
        an_update(phases=1, model="M", **after(3)),
    )
    found = asset(whole, newer, late)
    assert (found.phases, found.model) == (3, "M")


def test_the_sources_own_counter_is_stronger_than_its_clock() -> None:
    first = an_update(phases=1, source_seq=8, **after(9))
    second = an_update(phases=3, source_seq=9, **after(1))
    assert asset(a_battery(), first, second).phases == 3


def test_a_commissioning_notice_states_all_anew() -> None:
    found = asset(a_battery(model="M", phases=3, **after(0)), a_battery(model="N", **after(1)))
    assert (found.model, found.phases) == ("N", None)


def test_an_update_lays_its_fields_over() -> None:
    found = asset(a_battery(model="M", phases=3, **after(0)), an_update(model="N", **after(1)))
    assert (found.model, found.phases) == ("N", 3)


def test_every_name_of_the_asset_is_kept_with_whose_it_is() -> None:
    found = asset(
        a_battery("installer-1", external_ids=(ExternalId(scheme="OCPP", value="1"),)),
        a_battery("oem-1", external_ids=(ExternalId(scheme="OCPP", value="1"), ExternalId(scheme="EVSE", value="2"))),
    )
    assert [(e.scheme, e.issuer, e.value) for e in found.external_ids] == [
        ("EVSE", "oem-1", "2"),
        ("OCPP", "installer-1", "1"),
        ("OCPP", "oem-1", "1"),
    ]


class TestPlace:
    def test_known_meter_points_are_verified(self) -> None:
        found = asset(a_battery())
        assert found.mpan_resolution is MpanResolution.SUPPLIED_VERIFIED
        assert (found.place.import_mpan, found.operators) == (HOUSE.import_mpan, ("UKPN_EPN",))

    def test_a_direction_that_one_source_lacks_comes_from_another(self) -> None:
        other = a_battery("oem-1", location=HOUSE.location(import_mpan=None, export_mpan=HOUSE.export_mpan))
        assert asset(a_battery(), other).place.export_mpan == HOUSE.export_mpan

    def test_two_meter_points_are_a_conflict_and_none_is_overwritten(self) -> None:
        found = asset(a_battery("installer-1"), a_battery("oem-1", location=NEIGHBOUR.location()))
        assert found.mpan_resolution is MpanResolution.CONFLICT
        assert found.place.import_mpan in (HOUSE.import_mpan, NEIGHBOUR.import_mpan)
        assert "MPAN-CONFLICT" in {c.rule_id for c in found.concerns}

    def test_a_place_in_nobodys_network_concerns_the_national_operator(self) -> None:
        found = composed(a_battery(location=HOUSE.location(import_mpan=None, uprn="999", postcode="AB1 2CD")))
        assert (found.state.operators, found.routes) == ((), {"NESO": "national"})


class TestMarket:
    def test_without_a_provider_it_is_notified(self) -> None:
        assert asset(a_battery()).status is AssetStatus.NOTIFIED

    def test_with_a_provider_and_consent_it_is_verified(self) -> None:
        found = asset(a_battery("fsp-1", market=a_claim()))
        assert (found.status, found.consent) == (AssetStatus.VERIFIED, ConsentStatus.ACTIVE)
        assert found.market == a_claim()

    def test_refused_consent_leaves_it_notified_and_without_a_market(self) -> None:
        found = asset(a_said(a_battery("fsp-1", market=a_claim()), REFUSED))
        assert (found.status, found.market, found.consent) == (AssetStatus.NOTIFIED, None, ConsentStatus.WITHDRAWN)
        assert {c.rule_id for c in found.concerns} & {"CONSENT-WITHDRAWN"}

    @pytest.mark.parametrize("place", [{"postcode": "CB1 2AB", "import_mpan": None, "uprn": None}])
    def test_while_the_meter_point_is_not_sure_it_is_pending_or_in_query(self, place: dict[str, Any]) -> None:
        found = asset(a_battery("fsp-1", market=a_claim(), location=HOUSE.location(**place)))
        assert found.status in (AssetStatus.PENDING_VALIDATION, AssetStatus.QUERY)

    def test_whoever_claims_first_controls(self) -> None:
        first, second = (
            a_battery(f"fsp-{n}", f"F{n}", market=a_claim(f"fsp-{n}", f"C{n}"), **after(n)) for n in (1, 2)
        )
        for told in ((first, second), (second, first)):
            found = asset(*told)
            assert found.market is not None and found.market.fsp == "fsp-1"
            assert found.status is AssetStatus.QUERY

    def test_an_earlier_date_does_not_take_an_asset_from_its_provider(self) -> None:
        theirs = a_said(a_battery("fsp-1", "F1", market=a_claim("fsp-1", "C1"), **after(2)))
        backdated = a_battery("fsp-2", "F2", market=a_claim("fsp-2", "C2"), **after(1))
        consented_later = replace(ALLOWED, since=theirs.notification.occurred_at + timedelta(hours=1))
        found = asset(theirs, a_said(backdated, consented_later))
        assert found.market is not None and found.market.fsp == "fsp-1"

    @pytest.mark.parametrize(
        "more",
        [
            an_update("fsp-1", "F1", market=a_claim("fsp-1", "C1", a_service()), **after(9)),
            an_update("fsp-1", "F1", phases=3, **after(9)),
            a_battery("fsp-1", "F1", phases=3, market=a_claim("fsp-1", "C1"), **after(9)),
        ],
        ids=["a new service", "another fact", "all stated anew"],
    )
    def test_whoever_controls_keeps_control_by_telling_more(self, more: Notification) -> None:
        first = a_battery("fsp-1", "F1", market=a_claim("fsp-1", "C1"), **after(1))
        rival = a_battery("fsp-2", "F2", market=a_claim("fsp-2", "C2"), **after(2))
        found = asset(first, rival, more)
        assert found.market is not None and found.market.fsp == "fsp-1"

    def test_control_goes_on_when_the_first_gives_up_its_claim(self) -> None:
        first = a_battery("fsp-1", "F1", market=a_claim("fsp-1", "C1"), **after(1))
        rival = a_battery("fsp-2", "F2", market=a_claim("fsp-2", "C2"), **after(2))
        found = asset(first, rival, a_battery("fsp-1", "F1", **after(3)))
        assert found.market is not None and found.market.fsp == "fsp-2"

    def test_a_claim_without_consent_does_not_stand_in_the_way(self) -> None:
        first = a_said(a_battery("fsp-1", "F1", market=a_claim("fsp-1", "C1"), **after(1)), REFUSED)
        second = a_battery("fsp-2", "F2", market=a_claim("fsp-2", "C2"), **after(2))
        found = asset(first, second)
        assert found.market is not None and found.market.fsp == "fsp-2"

    def test_services_of_every_claim_are_held_against_each_other(self) -> None:
        def claiming(n: int, *services: ServiceClaim) -> Notification:
            market = MarketClaim(fsp=f"fsp-{n}", consent_reference=f"C{n}", services=services)
            return a_battery(f"fsp-{n}", f"F{n}", market=market, **after(n))

        both = concerns(claiming(1, a_service("DC")), claiming(2, a_service("DC")))
        alone = concerns(claiming(1, a_service("DC")), claiming(2))
        assert "STK-SAME-PRODUCT" in both - alone


class TestRemoval:
    def test_it_is_final(self) -> None:
        found = asset(a_battery(**after(0)), a_removal(**after(1)), an_update(phases=3, **after(2)))
        assert (found.status, found.decommissioned_on) == (AssetStatus.DECOMMISSIONED, date(2026, 4, 30))

    def test_also_for_an_asset_in_the_market(self) -> None:
        assert asset(a_battery("fsp-1", market=a_claim()), a_removal("fsp-1")).status is AssetStatus.DECOMMISSIONED

    def test_telling_of_it_as_standing_afterwards_is_a_concern(self) -> None:
        later = a_battery(effective_from=date(2026, 5, 1), occurred_at=T0)
        assert asset(a_battery(), a_removal(), later).status is AssetStatus.DECOMMISSIONED
        assert "LIFE-AFTER_REMOVAL" in concerns(a_battery(), a_removal(), later)
        assert "LIFE-AFTER_REMOVAL" not in concerns(a_battery(), a_removal())

    def test_the_earliest_day_counts(self) -> None:
        found = asset(
            a_battery(),
            a_removal(),
            a_battery("oem-1", "O1"),
            a_removal("oem-1", "O1", effective_from=date(2026, 4, 25)),
        )
        assert found.decommissioned_on == date(2026, 4, 25)


class TestConcerns:
    def test_a_sound_asset_has_nothing_to_look_at(self) -> None:
        assert [c for c in asset(a_device()).concerns if c.severity != "info"] == []

    def test_no_capacity(self) -> None:
        assert "CAP-NOT_STATED" in concerns(a_battery(rated_capacity_kw=None))

    @pytest.mark.parametrize(
        ("serials", "told"),
        [
            (("SN-1111111", "SN-2222222"), True),
            (("SN-1111111", "sn 1111111"), False),
            (("TBC", "SN-1111111"), False),
            ((None, "SN-1111111"), False),
        ],
    )
    def test_a_source_that_changes_the_serial_number(self, serials: tuple[str | None, str], told: bool) -> None:
        first, second = (an_update(serial_number=s, **after(n)) for n, s in enumerate(serials))
        assert ("ID-SERIAL_CHANGED" in concerns(a_battery(), first, second)) is told
