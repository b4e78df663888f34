"""Who says what an asset shows, and how it came to be of the sightings that it is of, over HTTP."""

from typing import Any

from aiohttp import web
from pydantic_core import to_jsonable_python

from hub.api import answers, queries
from hub.problems import document
from hub.routes import GRANT, Handler, Route
from hub.rules.access import Action, Grant, Object
from hub.rules.claims import Claim
from hub.rules.matching.standing import Standing
from hub.rules.provenance import FieldSource, Saying
from hub.rules.telling import known_of, sees_evidence
from hub.rules.timeline import true_from
from hub.services.links import Link, Turn
from hub.services.provenance import Sources, Teller
from hub.services.reads import Reads
from hub.services.shown import Elsewhere


def routes(reads: Reads) -> list[Route]:
    """The sources of one asset, and its links."""

    async def sources(request: web.Request) -> web.Response:
        queries.only(request, queries.WHEN)
        found = await reads.sources(request[GRANT], queries.in_path(request, "asset_id"), queries.when(request))
        if found is None:
            return answers.no_asset()
        if isinstance(found, Elsewhere):
            return answers.elsewhere(request, found)
        return document(_sources(found, request[GRANT]))

    async def links(request: web.Request) -> web.Response:
        queries.only(request, queries.WHEN)
        asset_id = queries.in_path(request, "asset_id")
        found = await reads.links(request[GRANT], asset_id, queries.when(request))
        if found is None:
            return answers.no_asset()
        turns = [_turn(turn, request[GRANT]) for turn in found.turns]
        return document(
            {"asset_id": asset_id, "links": [_link(link, request[GRANT]) for link in found.links], "turns": turns}
        )

    fields = "For each field who said it, when and with which message, and who said otherwise"
    linked = "Which sightings an asset was made of and when; merges, splits, replacements"
    return [
        _route("/v1/assets/{asset_id}/sources", sources, fields),
        _route("/v1/assets/{asset_id}/links", links, linked),
    ]


def _route(path: str, handler: Handler, summary: str) -> Route:
    return Route("GET", path, Action.READ, Object.HISTORY, handler, summary, queries.WHEN)


def _sources(found: Sources, grant: Grant) -> dict[str, Any]:
    return {
        "asset_id": found.asset.asset_id,
        "version": found.asset.version,
        "fields": [_field(f, found, grant) for f in found.fields],
        "names": [_saying(name, found, grant) for name in found.names],
        "sightings": [_teller(teller, grant) for teller in found.tellers],
    }


def _field(field: FieldSource, found: Sources, grant: Grant) -> dict[str, Any]:
    return {
        "field": field.field,
        "value": to_jsonable_python(field.value),
        "said_by": [_saying(s, found, grant) for s in field.said_by],
        "otherwise": [_saying(s, found, grant) for s in field.otherwise],
        "believed": field.believed,
    }


def _saying(saying: Saying, found: Sources, grant: Grant) -> dict[str, Any]:
    claim = saying.claim
    known = known_of(saying.source, saying.kind, claim.sender, grant)
    return answers.told(
        {
            "kind": saying.kind if known.kind else None,
            "participant": saying.source if known.name else None,
            "value": to_jsonable_python(saying.value),
            "said_at": claim.said_until,
            "valid_from": true_from(claim),
            "recorded_at": found.recorded.get(claim.claim_id),
            "message_id": claim.message_id if known.message else None,
        }
    )


def _teller(teller: Teller, grant: Grant) -> dict[str, Any]:
    told, latest = teller.told, teller.told.latest
    return answers.told(
        {
            "participant": told.source,
            "kind": told.source_kind,
            "sender_asset_ref": latest.notification.sender_asset_ref,
            "since": teller.since.recorded_at,
            "decision": _decision(latest, grant),
            **(_standing(teller.standing, grant) if teller.standing is not None else {}),
        }
    )


def _decision(claim: Claim, grant: Grant) -> dict[str, Any]:
    """What was decided when the message arrived, in words. How each fact of it compared with what others have told is
    not for its sender, who could find those out by trying."""
    decision = claim.decision
    evidence = {"evidence": dict(decision.evidence)} if sees_evidence(grant) else {}
    return {"outcome": decision.outcome, "reasons": decision.reasons, **evidence}


def _standing(standing: Standing, grant: Grant) -> dict[str, Any]:
    """Why it stands where it does. Which others it was compared with is for those who may see whose they are."""
    everything = sees_evidence(grant)
    return {
        "links": [
            {
                "tier": j.tier.name.lower(),
                "reason": j.reason,
                **(
                    {"evidence": dict(j.evidence), "participant": j.other[0], "sender_asset_ref": j.other[1]}
                    if everything
                    else {}
                ),
            }
            for j in standing.joined
        ],
        "doubts": [{"reason": d.reason, **({"asset_id": d.asset_id} if everything else {})} for d in standing.doubted],
        "relations": [
            {"kind": b.kind, "reason": b.reason, **({"asset_id": b.asset_id} if everything else {})}
            for b in standing.belongs
        ],
    }


def _link(link: Link, grant: Grant) -> dict[str, Any]:
    source, reference = link.since.sighting
    return answers.told(
        {
            "participant": source,
            "sender_asset_ref": reference,
            "valid_from": link.valid_from,
            "since": link.since.recorded_at,
            "by": dict(zip(("participant", "message_id"), link.since.by, strict=True)),
            "decision": _decision(link.cause, grant) if link.cause else None,
            "until": link.until.recorded_at if link.until else None,
            "then_asset_id": link.until.asset_id if link.until else None,
        }
    )


def _turn(turn: Turn, grant: Grant) -> dict[str, Any]:
    row = turn.row
    return answers.told(
        {
            "version": row.version,
            "change": row.change,
            "valid_from": row.valid_from,
            "recorded_at": row.recorded_at,
            "message_id": row.message_id if grant.rows.everything else None,
            "merged_into": turn.merged_into,
            "related": [r.model_dump(mode="json") for r in turn.related],
        }
    )
