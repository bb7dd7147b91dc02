"""Who is asking, and may they: the dependencies that every route but the probes has.

A route names what it needs by the type of its key: `key: JobsReader`. What needs the key and no right of its own, such as
a limit, takes `CurrentKey`; the key is checked once for a request, however many ask for it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Final

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer, SecurityScopes

from app.errors import Code, ServiceError
from app.keys.key import Key
from app.keys.ring import KeyRing
from app.keys.scopes import ADMIN_ONLY, Scope
from app.keys.secret import parse, parse_foreign
from app.limits.enforcement import limit_key
from app.query_names import refuse_unknown_names
from telemetry import annotate

if TYPE_CHECKING:
    from app.services import Services

_CHALLENGE: Final = {"WWW-Authenticate": 'Bearer realm="plainview"'}
_HOW: Final = "Send `Authorization: Bearer pv_...`."
_ELSEWHERE: Final = ("api_key", "api-key", "apikey", "key", "token", "access_token")

#: Who everybody is while `PLAINVIEW_AUTH_REQUIRED=false`.
DEVELOPER: Final = Key("development", "development", "development", "admin", "standard", datetime.fromtimestamp(0, UTC))

_bearer: Final = HTTPBearer(
    auto_error=False,
    scheme_name="API key",
    description="An API key, as `Authorization: Bearer pv_...`.",
    bearerFormat="pv_...",
)


async def require_key(
    request: Request,
    needed: SecurityScopes,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> Key:
    """Return the key that the request carries, or refuse it: 401 without a good one, 429 over its limits, 403 without the scopes.

    Who may ask must ask by names that the route knows (422).
    """
    key: Key | None = getattr(request.state, "key", None)
    if key is None:
        key = request.state.key = await _known(request, credentials)
        await limit_key(request, key)
    for scope in needed.scopes:
        _allow(key, Scope(scope))
    refuse_unknown_names(request)
    return key


CurrentKey = Annotated[Key, Depends(require_key)]
JobsWriter = Annotated[Key, Security(require_key, scopes=[Scope.JOBS_WRITE])]
JobsReader = Annotated[Key, Security(require_key, scopes=[Scope.JOBS_READ])]
UsageReader = Annotated[Key, Security(require_key, scopes=[Scope.USAGE_READ])]
MetricsReader = Annotated[Key, Security(require_key, scopes=[Scope.METRICS_READ])]
KeysAdmin = Annotated[Key, Security(require_key, scopes=[Scope.KEYS_ADMIN])]
BudgetsAdmin = Annotated[Key, Security(require_key, scopes=[Scope.BUDGETS_ADMIN])]
#: For what administrators do that has no scope of its own.
AdminKey = KeysAdmin


def check_again(key: Key, moment: datetime, scope: Scope) -> None:
    """Refuse a key, as it is at `moment`, that no longer opens what it has opened, such as a stream.

    Raises:
        ServiceError: it has ended, or has lost the scope.
    """
    if (ended := _ended(key, moment)) is not None:
        raise ServiceError(*ended)
    _allow(key, scope)


async def require_reader(
    request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> None:
    """Refuse who reads the documentation without a key where that is needed."""
    if not request.app.state.services.settings.docs_public:
        await require_key(request, SecurityScopes(), credentials)


def _allow(key: Key, scope: Scope) -> None:
    if scope in ADMIN_ONLY and not key.is_admin:
        raise ServiceError(
            Code.ROLE_REQUIRED,
            f"This needs an admin key; {key.label}… has the role {key.role}.",
            context={"role": key.role, "required": "admin"},
        )
    if scope not in key.allowed:
        has = ", ".join(sorted(key.allowed)) or "none"
        raise ServiceError(
            Code.SCOPE_REQUIRED,
            f"This needs the scope {scope}; {key.label}… has {has}. An administrator can change that.",
            context={"scopes": sorted(key.allowed), "required": scope},
        )


async def _known(request: Request, credentials: HTTPAuthorizationCredentials | None) -> Key:
    services: Services = request.app.state.services
    if services.keys.required:
        async with services.failures.attempt(request):
            key = await _checked(services.keys, request, credentials)
    else:
        key = DEVELOPER
    annotate(customer=key.customer, key_id=key.id, tier=key.tier, role=key.role)
    return key


async def _checked(ring: KeyRing, request: Request, credentials: HTTPAuthorizationCredentials | None) -> Key:
    if credentials is None:
        raise _without(ring, request)
    if len(request.headers.getlist("authorization")) > 1:
        raise _refused(ring, Code.KEY_MALFORMED, f"There is more than one Authorization header. {_HOW}")
    secret = parse(credentials.credentials) or parse_foreign(credentials.credentials)
    if secret is None:
        raise _refused(ring, Code.KEY_MALFORMED, "A key begins with pv_ and is 55 characters long.")
    found = await ring.find(secret)
    if (key := found.key) is None:
        named = f"No key pv_{secret.prefix}… with this secret exists." if secret.prefix else "A key begins with pv_."
        raise _refused(ring, Code.KEY_UNKNOWN, named)
    moment = found.now()
    if (ended := _ended(key, moment)) is not None:
        raise _refused(ring, *ended)
    ring.attempts.labels(outcome="accepted").inc()
    ring.note_use(key, moment)
    return key


def _ended(key: Key, moment: datetime) -> tuple[Code, str] | None:
    match key.status(moment):
        case "revoked":
            return Code.KEY_REVOKED, f"The key {key.label}… was revoked."
        case "expired":
            why = "was replaced by a new one and " if key.replaced_by else ""
            at = f"{key.expires_at:%Y-%m-%d %H:%M:%S} UTC"
            return Code.KEY_EXPIRED, f"The key {key.label}… {why}expired at {at}."
        case _:
            return None


def _without(ring: KeyRing, request: Request) -> ServiceError:
    """Return the refusal of a request whose key is missing or somewhere else; a key in an address is read by many."""
    if "authorization" in request.headers:
        return _refused(ring, Code.KEY_MALFORMED, _HOW)
    query = next((name for name in _ELSEWHERE if name in request.query_params), None)
    if query is not None:
        detail = f"A key in the address is written to logs on its way: rotate it if {query} held one. {_HOW}"
    elif "x-api-key" in request.headers:
        detail = f"X-API-Key is not read. {_HOW}"
    else:
        detail = _HOW
    return _refused(ring, Code.KEY_MISSING, detail)


def _refused(ring: KeyRing, code: Code, detail: str) -> ServiceError:
    ring.attempts.labels(outcome=code.code.removeprefix("key_")).inc()
    return ServiceError(code, detail, headers=_CHALLENGE)
