"""What somebody should look at in an asset: each concern with its rule and a sentence for that person."""

from collections.abc import Iterator, Sequence
from itertools import combinations

from hub.rules import disagreement, lifecycle, primacy, removal, stacking
from hub.rules.account import Account
from hub.rules.claims import Claim, Told
from hub.rules.lifecycle import LifecycleFacts
from hub.rules.matching.identity import Identity
from hub.rules.meter_point_facts import Resolution
from hub.rules.service import Finding, Service
from hub.rules.stacking import Policy
from schemas.identifiers import normalise_serial
from schemas.outbound import AssetState, Concern
from schemas.vocabulary import ConnectionStatus


def about(
    said: Account,
    policy: Policy,
    identity: Identity,
    facts: LifecycleFacts,
    forms: Sequence[Concern],
) -> tuple[Concern, ...]:
    """Every concern of an asset, each once, in an order that does not depend on that of the claims.

    `forms` is what the connection forms have to say of it.
    """
    found = [
        *identity.concerns,
        *forms,
        *lifecycle.notices(facts),
        *_serial_changed(said.claims),
        *_meter_point(said.resolution),
        *_missing(said.state),
        *_consent(said.registered),
        *_control(said.registered, said.controlling),
        *_services(said.state, said.registered, policy),
        *_removal(said.state, said.told),
        *disagreement.concerns(said.told),
    ]
    if len(found) < 2:
        return tuple(found)
    return tuple(sorted(dict.fromkeys(found), key=lambda c: (c.rule_id, c.sentence, str(c.with_asset_id))))


def _serial_changed(claims: Sequence[Claim]) -> Iterator[Concern]:
    if len(claims) < 2:
        return
    for serials in _serials(claims).values():
        if len(serials) > 1:
            yield Concern(
                rule_id="ID-SERIAL_CHANGED",
                severity="warning",
                # Nobody is named: a provider may not learn who else tells of its asset.
                sentence="One sender has given more than one serial number: a replacement, or a correction.",
            )


def _serials(claims: Sequence[Claim]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for claim in claims:
        serial = normalise_serial(getattr(claim.notification, "serial_number", None)).normal
        if serial is not None:
            found.setdefault(claim.source, set()).add(serial)
    return found


def _meter_point(resolution: Resolution) -> Iterator[Concern]:
    severity = "warning" if resolution.needs_query else "info"
    for reason in resolution.reasons:
        yield Concern(rule_id=f"MPAN-{resolution.outcome}", severity=severity, sentence=reason)


def _missing(state: AssetState) -> Iterator[Concern]:
    """What the published list requires and nobody has told: the asset stands all the same, so it is asked for."""
    if state.rated_capacity_kw is None:
        sentence = "Nobody has told the rated capacity of this asset; send an update with rated_capacity_kw."
        yield Concern(rule_id="CAP-NOT_STATED", severity="warning", sentence=sentence)
    if state.connection_status is ConnectionStatus.CONNECTED and state.commissioning_date is None:
        sentence = "It is connected, and nobody has told since when; send an update with commissioning_date."
        yield Concern(rule_id="LIFE-NO_DATE", severity="warning", sentence=sentence)


def _consent(registered: Sequence[Told]) -> Iterator[Concern]:
    for t in registered:
        if t.claimed and t.claimed.permission and not t.claimed.permission.market_visible:
            permission = t.claimed.permission
            sentence = f"A provider's claim is not shown to it: {permission.reason}"
            yield Concern(rule_id=f"CONSENT-{permission.status}", severity="warning", sentence=sentence)


def _control(registered: Sequence[Told], controlling: Told | None) -> Iterator[Concern]:
    if controlling is None:
        return
    rivals = {t.facts["market"].fsp for t in registered} - {controlling.facts["market"].fsp}
    if rivals:
        # Neither is named: each may see its own asset, but not who else wants it.
        sentence = (
            "A second provider claims this asset while another controls it; control stays where it is until the"
            " owner's switch is confirmed."
        )
        yield Concern(rule_id="FSP-SECOND_CLAIM", severity="blocking", sentence=sentence)


def _services(state: AssetState, registered: Sequence[Told], policy: Policy) -> Iterator[Concern]:
    """Every claimed service is looked at, also that of a claim without control: the promise exists all the same."""
    services = [
        Service(s.product_code, s.procurer, s.direction, s.starts, s.ends, s.capacity_kw, t.facts["market"].fsp)
        for t in registered
        for s in t.facts["market"].services
    ]
    if not services:
        return
    for finding in stacking.check(services, policy, state.rated_capacity_kw):
        yield _concern(finding)
    for one, other in combinations(services, 2):
        if (finding_or_none := primacy.check(one, other)) is not None:
            yield _concern(finding_or_none)


def _concern(finding: Finding) -> Concern:
    return Concern(rule_id=finding.rule_id, severity=finding.severity, sentence=finding.sentence)


def _removal(state: AssetState, told: Sequence[Told]) -> Iterator[Concern]:
    if removal.unconfirmed(told):
        sentence = (
            "It is told of as removed by one who knows less of it than another who has not said so; it stays until"
            " that one confirms the removal."
        )
        yield Concern(rule_id="LIFE-REMOVAL_UNCONFIRMED", severity="warning", sentence=sentence)
    removed = state.decommissioned_on
    for t in told:
        if removed is not None and t.commissioned is not None and t.commissioned.effective_from > removed:
            sentence = (
                "It is told of as standing after its removal; removal is final, register a new asset under a new"
                " reference."
            )
            yield Concern(rule_id="LIFE-AFTER_REMOVAL", severity="warning", sentence=sentence)
