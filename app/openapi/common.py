"""Answers that many operations share, told once and referred to."""

from __future__ import annotations

from typing import Any, Final

from app.errors.codes import Code
from app.errors.documented import answers
from app.errors.problem import MEDIA_TYPE

#: By status: the name in the document, and the codes. Whatever is asked may be answered so.
EVERYWHERE: Final = {
    "400": ("BadRequest", (Code.BAD_REQUEST,)),
    "414": ("AddressTooLong", (Code.ADDRESS_TOO_LONG,)),
    "421": ("HostUnknown", (Code.HOST_UNKNOWN,)),
    "429": ("TooManyRequests", (Code.RATE_LIMITED, Code.TOO_MANY_FAILURES)),
    "431": ("HeadersTooLarge", (Code.HEADERS_TOO_LARGE,)),
    "500": ("InternalError", (Code.INTERNAL,)),
    "503": (
        "Unavailable",
        (
            Code.DATABASE_UNAVAILABLE,
            Code.STORAGE_UNAVAILABLE,
            Code.UPSTREAM_UNAVAILABLE,
            Code.OVERLOADED,
            Code.SHUTTING_DOWN,
        ),
    ),
}
WITH_KEY: Final = {
    "401": (
        "Unauthorized",
        (Code.KEY_MISSING, Code.KEY_MALFORMED, Code.KEY_UNKNOWN, Code.KEY_REVOKED, Code.KEY_EXPIRED),
    ),
    "403": ("Forbidden", (Code.SCOPE_REQUIRED, Code.ROLE_REQUIRED)),
}
WITH_BODY: Final = {
    "408": ("RequestTimeout", (Code.REQUEST_TIMEOUT,)),
    "413": ("BodyTooLarge", (Code.BODY_TOO_LARGE,)),
}
#: Statuses whose answer is the same for all, whatever codes a route names.
_WHOLE: Final = frozenset(WITH_KEY)

_TEXT: Final = {"type": "string"}
HEADERS: Final[dict[str, dict[str, Any]]] = {
    "X-Request-ID": {
        "description": "The request's id, yours if you sent one: in every log line of the request.",
        "schema": _TEXT,
        "example": "5f0c4c2f0b7a4d3c9d2e1f00a1b2c3d4",
    },
    "traceparent": {
        "description": "The request's trace, in W3C form.",
        "schema": _TEXT,
        "example": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    },
    "Retry-After": {"description": "Seconds after which to try again.", "schema": {"type": "integer"}, "example": 5},
    "WWW-Authenticate": {"description": "How to authenticate.", "schema": _TEXT, "example": 'Bearer realm="plainview"'},
    "X-RateLimit-Limit": {
        "description": "Requests that the limit allows which ends first; absent where nothing limits you.",
        "schema": {"type": "integer"},
        "example": 60,
    },
    "X-RateLimit-Remaining": {"description": "What is left of it.", "schema": {"type": "integer"}, "example": 59},
    "X-RateLimit-Reset": {
        "description": "When there is more of it, in seconds since 1970.",
        "schema": {"type": "integer"},
        "example": 1795349400,
    },
    "RateLimit-Policy": {
        "description": "All limits that count for the request, as draft-ietf-httpapi-ratelimit-headers-10 writes them.",
        "schema": _TEXT,
        "example": '"status";q=60;w=60, "total";q=1000;w=60',
    },
    "RateLimit": {
        "description": "What is left of each, and in how many seconds there is more.",
        "schema": _TEXT,
        "example": '"status";r=59;t=42, "total";r=999;t=42',
    },
}
_LIMITS: Final = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "RateLimit-Policy", "RateLimit")
ON_ALL: Final = ("X-Request-ID", "traceparent", *_LIMITS)
_ON: Final = {"401": ("WWW-Authenticate",), "429": ("Retry-After",), "503": ("Retry-After",)}


def components() -> dict[str, dict[str, Any]]:
    """Return what the document's `components` get."""
    responses = {
        name: answers(*codes)[int(status)] | {"headers": headers(status)}
        for shared in (EVERYWHERE, WITH_KEY, WITH_BODY)
        for status, (name, codes) in shared.items()
    }
    return {"responses": responses, "headers": HEADERS}


def headers(status: str) -> dict[str, Any]:
    """Return references to the headers that answers of this status have."""
    return {name: {"$ref": f"#/components/headers/{name}"} for name in (*ON_ALL, *_ON.get(status, ()))}


def add_common(operation: dict[str, Any]) -> None:
    """Add to an operation what it may answer besides what its route says."""
    shared = dict(EVERYWHERE)
    if operation.get("security"):
        shared |= WITH_KEY
    if "requestBody" in operation:
        shared |= WITH_BODY
    own = operation["responses"]
    for status, answer in own.items():
        answer["headers"] = headers(status) | answer.get("headers", {})
    for status, (name, codes) in shared.items():
        if status in own and status not in _WHOLE:
            _merge(own[status], answers(*codes)[int(status)])
        else:
            own[status] = {"$ref": f"#/components/responses/{name}"}
    operation["responses"] = dict(sorted(own.items()))


def _merge(answer: dict[str, Any], common: dict[str, Any]) -> None:
    content = answer.setdefault("content", {}).setdefault(MEDIA_TYPE, common["content"][MEDIA_TYPE])
    content["examples"] = content.get("examples", {}) | common["content"][MEDIA_TYPE]["examples"]
    said = [*answer["description"].removesuffix(".").split("; "), *common["description"].split("; ")]
    answer["description"] = "; ".join(dict.fromkeys(said))
