"""The made-up town: right identifiers, one town for everybody, meter points that agree, conflict or lack."""

from collections import Counter
from datetime import date

import pytest

from hub.rules.meter_point import KnownMeterPoint, SuppliedLocation, resolve
from schemas.identifiers import canonical_postcode, canonical_uprn, parse_mpan
from schemas.reference import load
from schemas.vocabulary import ConsentStatus, MpanResolution
from simulators import premises
from simulators.premises import Premises, Standing

SEED = 7
MANY = 1500
TOWN = [premises.premises_at(SEED, n) for n in range(MANY)]
TODAY = date(2026, 11, 2)


def test_every_identifier_is_right() -> None:
    for place in TOWN:
        mpans = [m for m in (place.import_mpan, place.export_mpan) if m is not None]
        assert all(parse_mpan(m).core == m and not parse_mpan(m).warnings for m in mpans)
        assert canonical_postcode(place.postcode).canonical == place.postcode
        assert canonical_uprn(place.uprn).value == place.uprn


def test_no_identifier_is_there_twice() -> None:
    mpans = [m for place in TOWN for m in (place.import_mpan, place.export_mpan) if m is not None]
    for values in (mpans, [p.uprn for p in TOWN], [p.meter_serial for p in TOWN]):
        assert max(Counter(values).values()) == 1


def test_premises_are_the_same_however_many_are_asked_for() -> None:
    few = {row.mpan: row for row in premises.meter_points(SEED, 50)}
    many = {row.mpan: row for row in premises.meter_points(SEED, 100)}
    assert few.items() <= many.items()
    assert len(many) > len(few)


def test_seeds_give_different_towns() -> None:
    assert premises.premises_at(1, 0).import_mpan != premises.premises_at(2, 0).import_mpan


def test_every_network_area_and_independent_operators_are_there() -> None:
    kinds = Counter(load.distributors()[p.street.distributor_id].kind for p in TOWN)
    hosts = {p.street.host_distributor_id or p.street.distributor_id for p in TOWN}
    assert kinds["IDNO"] > 0
    assert hosts == set(premises.POSTCODE_AREAS)
    for place in TOWN:
        independent = load.distributors()[place.street.distributor_id].kind == "IDNO"
        assert independent == (place.street.host_distributor_id is not None)


def test_some_premises_are_flats_that_share_a_building() -> None:
    flats = [p for p in TOWN if p.address_line.startswith("Flat")]
    assert 0 < len(flats) < len(TOWN) / 2


@pytest.mark.parametrize(
    ("standing", "outcome"),
    [
        (Standing.KNOWN, MpanResolution.SUPPLIED_VERIFIED),
        (Standing.CONFLICTING, MpanResolution.CONFLICT),
        (Standing.UNKNOWN, MpanResolution.NOT_FOUND),
    ],
)
def test_a_supplied_mpan_is_resolved_as_its_standing_says(standing: Standing, outcome: MpanResolution) -> None:
    known = [KnownMeterPoint(**row.model_dump()) for row in premises.meter_points(SEED, MANY)]
    some = [place for place in TOWN if place.standing is standing][:20]
    assert {resolve(_supplied(place), known, "demand", TODAY).outcome for place in some} == {outcome}


def _supplied(place: Premises) -> SuppliedLocation:
    return SuppliedLocation(
        import_mpan=place.import_mpan,
        uprn=place.uprn,
        address_line=place.address_line,
        postcode=place.postcode,
    )


def test_shares_are_about_what_they_are_said_to_be() -> None:
    standings = Counter(place.standing for place in TOWN)
    assert standings[Standing.UNKNOWN] / MANY == pytest.approx(premises.UNKNOWN_SHARE, abs=0.03)
    assert standings[Standing.CONFLICTING] / MANY == pytest.approx(premises.CONFLICTING_SHARE, abs=0.03)
    assert sum(p.export_mpan is not None for p in TOWN) / MANY == pytest.approx(premises.EXPORT_SHARE, abs=0.05)


def test_consents_are_of_the_premises_and_some_have_lapsed() -> None:
    given = premises.consents(SEED, MANY)
    by_uprn = {place.uprn: place for place in TOWN}
    assert all(c.import_mpan == by_uprn[c.uprn or ""].import_mpan for c in given)
    assert {c.fsp for c in given} == set(premises.PROVIDERS)
    statuses = Counter(c.status for c in given)
    assert statuses[ConsentStatus.ACTIVE] > len(given) / 2
    assert statuses[ConsentStatus.WITHDRAWN] > 0
    assert len({c.reference for c in given}) == len(given)
