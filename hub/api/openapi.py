"""The HTTP interface as an OpenAPI 3.1 document, made from the routes and the shapes."""

import re
from collections.abc import Sequence
from importlib import metadata
from typing import Any

from pydantic.json_schema import models_json_schema

from hub.routes import Route
from hub.rules.access import Action, Object
from schemas.notifications import NOTIFICATIONS
from schemas.outbound import AssetChanged, AssetState, Receipt

_REF = "#/components/schemas/{model}"
_MODELS = (*NOTIFICATIONS, AssetState, AssetChanged, Receipt)
_ANSWERS = {Object.ASSET: "AssetState", Object.RECEIPT: "Receipt", Object.CHANGE: "AssetChanged"}
_WEBHOOK_HEADERS = (
    ("webhook-id", "16 to 64 of A-Z a-z 0-9 _ -; the same again for a retry"),
    ("webhook-timestamp", "whole seconds since 1970"),
    ("webhook-signature", "v1a,<base64 Ed25519 signature of id.timestamp.body>"),
    ("webhook-key-id", "the registered key"),
)


def document(routes: Sequence[Route]) -> dict[str, Any]:
    """The whole document."""
    _, definitions = models_json_schema([(m, "validation") for m in _MODELS], ref_template=_REF)
    paths: dict[str, Any] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {"title": "FMAR hub", "version": metadata.version("fmar-hub")},
        "paths": paths,
        "components": {
            "schemas": {**definitions["$defs"], "Problem": _PROBLEM},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


_PROBLEM = {
    "type": "object",
    "description": "RFC 9457 problem document",
    "required": ["type", "title", "status", "code", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "detail": {"type": "string"},
        "fields": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"field": {"type": "string"}, "problem": {"type": "string"}},
            },
        },
    },
}


_MAY_BE_ELSEWHERE = ("/v1/assets/{asset_id}", "/v1/assets/{asset_id}/sources")
_ELSEWHERE = {
    "description": "The asset has turned out to be another, which is at Location; a split may bring this id back",
    "headers": {"Location": {"schema": {"type": "string"}}},
    "content": {"application/problem+json": {"schema": {"$ref": _REF.format(model="Problem")}}},
}


_BULK = ("/v1/reviews/decisions",)
_TAKEN = {"202": {"description": "Taken; it takes effect shortly"}}
_IN_BULK = {"207": {"description": "An answer for each, in order"}}


def _operation(route: Route) -> dict[str, Any]:
    in_path = [_parameter(name, "path", "", required=True) for name in re.findall(r"{(\w+)}", route.path)]
    in_query = [_parameter(name, "query", text, required=False) for name, text in route.query]
    found: dict[str, Any] = {
        "summary": route.summary,
        "parameters": in_path + in_query,
        "responses": {"default": {"description": "An error", "content": _problem()}},
    }
    if route.on is Object.NOTIFICATION:
        found |= _sending(route)
    elif route.action is not Action.READ:
        found["requestBody"] = {"required": True, "content": _json(None)}
        found["responses"] |= _IN_BULK if route.path in _BULK else _TAKEN
    else:
        found["responses"]["200"] = {"description": route.summary, "content": _json(_ANSWERS.get(route.on))}
        if route.path in _MAY_BE_ELSEWHERE:
            found["responses"]["307"] = _ELSEWHERE
    if route.on not in (Object.SERVICE, Object.NOTIFICATION):
        found["security"] = [{"token": []}]
    return found


def _sending(route: Route) -> dict[str, Any]:
    single = not route.path.endswith("/batch")
    headers = [_parameter(n, "header", text, required=False) for n, text in _WEBHOOK_HEADERS] if single else []
    any_of = {"anyOf": [{"$ref": _REF.format(model=n.__name__)} for n in NOTIFICATIONS]}
    schema = (
        any_of
        if single
        else {"type": "object", "required": ["messages"], "properties": {"messages": {"type": "array"}}}
    )
    answers = (
        {"202": "Accepted", "200": "Accepted before"} if single else {"207": "An answer for each message, in order"}
    )
    return {
        "parameters": headers,
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
        "responses": {
            **{code: {"description": text} for code, text in answers.items()},
            "default": {"description": "An error", "content": _problem()},
        },
    }


def _parameter(name: str, place: str, text: str, *, required: bool) -> dict[str, Any]:
    return {
        "name": name,
        "in": place,
        "required": required,
        "description": text,
        "schema": {"type": "string"},
    }


def _json(model: str | None) -> dict[str, Any]:
    schema = {"$ref": _REF.format(model=model)} if model else {}
    return {"application/json": {"schema": schema}}


def _problem() -> dict[str, Any]:
    return {"application/problem+json": {"schema": {"$ref": _REF.format(model="Problem")}}}
