"""Endpoints of the query APIs: questions that cannot be understood or take too long become answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import wraps

from starlette.requests import Request
from starlette.responses import Response

from stack.native.tracestore.errors import BadQuery, QueryTimeout

Endpoint = Callable[[Request], Awaitable[Response]]


def guarded(endpoint: Endpoint, error_answer: Callable[[int, str], Response]) -> Endpoint:
    """Return the endpoint with its errors in the form of one API."""

    @wraps(endpoint)
    async def answer(request: Request) -> Response:
        try:
            return await endpoint(request)
        except BadQuery as error:
            return error_answer(400, str(error))
        except QueryTimeout as error:
            return error_answer(503, str(error))

    return answer
