"""The reference of the type test register: whether there is one, and whether it can be one.

References are free text on the form, so that nothing is made of their shape but what they cannot be.
"""

import re
from collections.abc import Iterator

from hub.rules.forms.facts import ZERO, FormFacts
from hub.rules.notice import notice
from schemas.identifiers import is_null, normalise_serial
from schemas.outbound import AssetState, Concern
from schemas.reference import connection, sources

TYPE_TEST = "ENA_TYPE_TEST"
SHORTEST = 3
_MCS = re.compile(r"MCS[\s-]*[0-9]{4,12}([\s-]*[A-Z])?", re.IGNORECASE)
"""As certificates of installations look [source: goodenergy.co.uk]; an MCS number of a product is not one of these."""
_DEVICE = ("device", "vehicle", "type")


def notices(facts: FormFacts) -> Iterator[Concern]:
    """For a unit that may be connected first because its type was tested."""
    state, category = facts.state, facts.category
    if any(_MCS.fullmatch(text.strip()) for text in _names(state)):
        yield notice(
            "G98-TYPE_TEST_IS_MCS",
            "An MCS certificate is given where the device or its type is to be named; it is about the whole"
            " installation, so send it as the certificate of the installation and give the device its own number.",
        )
        return
    if category is None or not category.type_test or state.decommissioned_on is not None:
        return
    found = _references(state)
    if found and all(_is_no_reference(text, state) for text in found):
        yield notice(
            "G98-TYPE_TEST_SHAPE",
            "The type test reference can hardly be one; copy the system reference of this type from the ENA type test"
            " register.",
        )
    elif not found and _may_be_told_afterwards(facts):
        yield notice(
            "G98-TYPE_TEST_MISSING",
            "It may be connected before telling the network operator only if its type is tested; give its system"
            " reference in the ENA type test register.",
        )


def _names(state: AssetState) -> Iterator[str]:
    """Everything that is given as the name of a device or of its type."""
    yield state.serial_number or ""
    yield state.type_test_reference or ""
    schemes = sources.external_id_schemes()
    for external in state.external_ids:
        if external.scheme in schemes and schemes[external.scheme].names in _DEVICE:
            yield external.value


def _references(state: AssetState) -> list[str]:
    told = [state.type_test_reference, *(e.value for e in state.external_ids if e.scheme == TYPE_TEST)]
    return [text for text in told if text is not None and not is_null(text)]


def _is_no_reference(text: str, state: AssetState) -> bool:
    normal = normalise_serial(text).normal
    return normal is None or len(normal) < SHORTEST or normal == normalise_serial(state.serial_number).normal


def _may_be_told_afterwards(facts: FormFacts) -> bool:
    own = facts.own
    return ZERO < own.generating_kw / (own.phases or 1) <= connection.number("ceiling_per_phase", facts.on)
