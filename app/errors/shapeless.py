"""What cannot be a request of this service is refused before anything else looks at it, in the shape of all errors."""

from __future__ import annotations

from typing import Any, Final

from starlette.types import ASGIApp, Receive, Scope, Send

from app.errors.codes import Code
from app.errors.problem import ServiceError, problem_response

_METHODS: Final = frozenset({"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY", "TRACE"})
#: What proxies in front usually allow.
_MOST_ADDRESS_BYTES: Final = 8 * 1024
_MOST_HEADER_BYTES: Final = 32 * 1024
_PER_HEADER: Final = 4  # colon, space, line end
#: No text of ours has it, and PostgreSQL does not take it.
_NUL: Final = b"%00"


class ShapelessRequests:
    """Refuses unknown methods, endless addresses and headers, and NUL in addresses; all else passes."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refused = _refused(scope) if scope["type"] == "http" else None
        await (problem_response(refused) if refused else self._app)(scope, receive, send)


def _refused(scope: Scope) -> ServiceError | None:
    if scope["method"] not in _METHODS:
        method = scope["method"][:20]
        return ServiceError(
            Code.METHOD_UNKNOWN, f"{method} is not a method of this service.", context={"method": method}
        )
    path, query = scope.get("raw_path") or b"", scope["query_string"]
    if (size := len(path) + len(query)) > _MOST_ADDRESS_BYTES:
        return _too_large(Code.ADDRESS_TOO_LONG, "The address has", size, _MOST_ADDRESS_BYTES)
    if (size := sum(len(name) + len(value) + _PER_HEADER for name, value in scope["headers"])) > _MOST_HEADER_BYTES:
        return _too_large(Code.HEADERS_TOO_LARGE, "The headers have", size, _MOST_HEADER_BYTES)
    if _NUL in path or _NUL in query:
        return ServiceError(Code.BAD_REQUEST, "The address has the character %00, which no text may have.")
    return None


def _too_large(code: Code, what: str, size: int, limit: int) -> ServiceError:
    context: dict[str, Any] = {"limit_bytes": limit}
    return ServiceError(code, f"{what} {size} bytes; up to {limit} are allowed.", context=context)
