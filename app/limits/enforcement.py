"""The limits on the way of a request: what routes depend on, what errors pass through, what answers carry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fastapi import Depends, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.errors import Code, ServiceError
from app.keys.key import Key
from app.limits.caller import address_id, is_local, key_id
from app.limits.classes import NEVER_REFUSED, class_of
from app.limits.standing import Standing
from app.limits.table import Tier
from app.limits.waited import waited_by

if TYPE_CHECKING:
    from app.services import Services

_STANDING: Final = "plainview_limits"


async def limit_key(request: Request, key: Key) -> None:
    """Count the request for its key, or refuse it with 429; whatever finds out who asks calls it."""
    services: Services = request.app.state.services
    tier: Tier = "admin" if key.is_admin else key.tier
    kind = class_of(request.method, request.scope["route"].path)
    policies = services.limits.policies(tier, kind, key.rate_limit)
    standing = await services.limits.check(key_id(key), tier, policies, waited_by(request))
    _note(request, standing)
    if standing is not None and standing.refused_by is not None:
        raise _refused(standing)


async def limit_address(request: Request) -> None:
    """Count the request for its address, or refuse it with 429; what needs no key depends on it."""
    services: Services | None = getattr(request.app.state, "services", None)
    if services is None:
        return  # asked before the service is up, of a page that needs none of it
    path = request.scope["route"].path
    standing = await _count_address(request, services, path)
    lenient = path in NEVER_REFUSED or (class_of(request.method, path) == "health" and is_local(request))
    if standing is not None and standing.refused_by is not None and not lenient:
        raise _refused(standing)


async def unless_too_many(request: Request, error: ServiceError) -> ServiceError:
    """Return `error`, or the refusal of a caller who gets too many: requests that end before any limit was asked.

    They came without a good key, or to no address of the service.
    """
    services: Services | None = getattr(request.app.state, "services", None)
    if services is None or _STANDING in request.scope.get("state", {}) or error.code is Code.TOO_MANY_FAILURES:
        return error
    standing = await _count_address(request, services, "")
    return error if standing is None or standing.refused_by is None else _refused(standing)


def limit_headers(scope: Scope) -> dict[str, str]:
    """Return the headers that tell how the caller of a request stands; none where nothing limits it."""
    standing: Standing | None = scope.get("state", {}).get(_STANDING)
    return {} if standing is None else standing.headers()


class LimitHeaders:
    """Adds to each answer how its caller stands."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope.setdefault("state", {})

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                added = [(name.lower().encode(), value.encode()) for name, value in limit_headers(scope).items()]
                message = {**message, "headers": [*message.get("headers", ()), *added]}
            await send(message)

        await self._app(scope, receive, sending)


LimitedByAddress: Final = Depends(limit_address)


async def _count_address(request: Request, services: Services, path: str) -> Standing | None:
    policies = services.limits.policies("anonymous", class_of(request.method, path))
    standing = await services.limits.check(address_id(request), "anonymous", policies, waited_by(request))
    _note(request, standing)
    return standing


def _note(request: Request, standing: Standing | None) -> None:
    setattr(request.state, _STANDING, standing)


def _refused(standing: Standing) -> ServiceError:
    policy, wait = standing.tightest.policy, standing.retry_after
    return ServiceError(
        Code.RATE_LIMITED,
        f"The limit {policy.name} of {policy.item} is used up. Try again in {wait} s.",
        context={
            "limit": policy.name,
            "amount": policy.amount,
            "window_seconds": policy.window_seconds,
            "retry_after_seconds": wait,
        },
        headers={"Retry-After": str(wait)},
    )
