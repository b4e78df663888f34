"""What an asset's neighbours ask for is the same whether they stand in the register or come in the same batch."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from hub.rules.forms.facts import FormFacts
from hub.rules.forms.hearing import Heard
from hub.services.registration import forms
from hub.services.registration.forms import Subject
from registry_store import due_clocks
from registry_store.engine import Engine, transaction
from schemas.outbound import Place
from schemas.vocabulary import ClockKind
from tests.support.claims import a_said
from tests.support.forms import COMMISSIONED, an_asset
from tests.support.notifications import T0, a_battery, a_claim, a_deregistration
from tests.support.premises import HOUSE, NEIGHBOUR


def place(home: Any = HOUSE) -> Place:
    return Place(import_mpan=home.import_mpan, uprn=home.uprn, postcode=home.postcode, gsp_group="_A")


def subject(number: int, category: str = "SOLAR_PV", sender: str = "installer-1", **facts: Any) -> Subject:
    state = an_asset(category, asset_id=UUID(int=number), **({"place": place()} | facts))
    return Subject(state, (Heard(a_said(a_battery(sender, f"ref-{number}")), T0),))


async def registered(engine: Engine, *subjects: Subject) -> dict[UUID, FormFacts]:
    """Puts a batch through the stage."""
    async with transaction(engine) as connection:
        beside = await forms.load(connection, subjects)
        found = forms.facts(subjects, beside)
        await forms.write(connection, subjects, found)
    return found


def rules(found: FormFacts) -> list[str]:
    return [concern.rule_id for concern in forms.concerns(found)]


SITES = {
    "one meter point": (subject(1, rated_capacity_kw="2"), subject(2, "BESS", rated_capacity_kw="3")),
    "one installer, two homes": (subject(1), subject(2, place=place(NEIGHBOUR))),
}


@pytest.mark.parametrize("pair", SITES.values(), ids=SITES)
async def test_together_or_one_after_the_other_is_the_same(engine: Engine, pair: tuple[Subject, Subject]) -> None:
    first, second = pair
    together = await registered(engine, first, second)
    alone = {**await registered(engine, first), **await registered(engine, second)}
    assert {k: rules(v) for k, v in together.items()} == {k: rules(v) for k, v in alone.items()}
    assert all(len(rules(v)) == 1 for v in together.values())


async def test_units_of_one_form_pass_the_ceiling_together(engine: Engine) -> None:
    found = await registered(engine, *SITES["one meter point"])
    assert [rules(f) for f in found.values()] == [["G98-CEILING"], ["G98-CEILING"]]


async def test_a_unit_that_was_removed_is_nobodys_neighbour(engine: Engine) -> None:
    one, other = SITES["one meter point"]
    gone = Subject(other.state.model_copy(update={"decommissioned_on": COMMISSIONED}), other.heard)
    await registered(engine, other)
    await registered(engine, gone)
    assert [rules(f) for f in (await registered(engine, one)).values()] == [[]]


async def test_works_of_one_installer_near_by_are_a_cluster(engine: Engine) -> None:
    found = await registered(engine, *SITES["one installer, two homes"])
    assert [rules(f) for f in found.values()] == [["G98-CLUSTER"], ["G98-CLUSTER"]]


async def test_works_of_another_installer_or_another_time_are_none(engine: Engine) -> None:
    later = COMMISSIONED + timedelta(days=29)
    await registered(
        engine,
        subject(2, sender="installer-2", place=place(NEIGHBOUR)),
        subject(3, place=place(NEIGHBOUR), commissioning_date=later),
    )
    assert [rules(f) for f in (await registered(engine, subject(1))).values()] == [[]]


async def test_what_nobody_has_told_of_is_due(engine: Engine) -> None:
    await registered(engine, subject(1, sender="oem-1"))
    async with transaction(engine) as connection:
        (row,) = await due_clocks.due(connection, T0 + timedelta(days=60), 9)
    assert (row.source, row.sender_asset_ref, row.kind) == ("oem-1", "ref-1", ClockKind.COMMISSIONING_NOTICE)
    assert row.due_on == COMMISSIONED + timedelta(days=28)


async def test_once_the_installer_tells_of_it_nothing_is_due(engine: Engine) -> None:
    cloud = subject(1, sender="oem-1")
    await registered(engine, cloud)
    both = Subject(cloud.state, (*cloud.heard, *subject(1).heard))
    await registered(engine, both)
    async with transaction(engine) as connection:
        assert await due_clocks.due(connection, T0 + timedelta(days=60), 9) == []


async def test_the_end_of_a_registration_to_come_is_due_under_its_own_reference(engine: Engine) -> None:
    ends = a_deregistration(ref="theirs", effective_from=date(2026, 7, 1))
    said = (a_battery("fsp-1", "theirs", market=a_claim()), ends)
    heard = tuple(Heard(a_said(notice), T0) for notice in said)
    await registered(engine, Subject(subject(1).state, (*subject(1).heard, *heard)))
    async with transaction(engine) as connection:
        (row,) = await due_clocks.due(connection, T0 + timedelta(days=90), 9)
    assert (row.source, row.sender_asset_ref, row.due_on) == ("fsp-1", "theirs", date(2026, 6, 30))
