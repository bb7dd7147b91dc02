"""What cannot be a request of this service is refused before anything else looks at it, in the shape of all errors."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.errors.codes import Code
from app.errors.problem import ServiceError, problem_response

_METHODS: Final = frozenset({"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY", "TRACE"})
#: What proxies in front usually allow.
_MOST_ADDRESS_BYTES: Final = 8 * 1024
_MOST_HEADER_BYTES: Final = 32 * 1024
#: Most bytes of a body that is read whole.
_MOST_BODY_BYTES: Final = 64 * 1024
_PER_HEADER: Final = 4  # colon, space, line end
#: No text of ours has it, and PostgreSQL does not take it.
_NUL: Final = b"%00"


class ShapelessRequests:
    """Refuses unknown methods, endless addresses, headers and bodies, and NUL in addresses; all else passes.

    The framework reads a body whole before anybody looks at the key; only what the paths `streamed` get is read in parts.
    """

    def __init__(self, app: ASGIApp, streamed: Collection[str]) -> None:
        self._app = app
        self._streamed = streamed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif refused := _refused(scope):
            await problem_response(refused)(scope, receive, send)
        else:
            bounded = receive if scope["path"] in self._streamed else _bounded(receive)
            await self._app(scope, bounded, send)


def _bounded(receive: Receive) -> Receive:
    left = _MOST_BODY_BYTES

    async def receive_some() -> Message:
        nonlocal left
        message = await receive()
        left -= len(message.get("body", b""))
        if left < 0:
            # The framework takes any other exception for a body that it cannot read.
            raise HTTPException(
                413, f"The body is larger than {_MOST_BODY_BYTES // 1024} KiB, which is all that may be."
            )
        return message

    return receive_some


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
