"""Who is asking: `require_key` and `require_admin`, the dependencies that every route but the probes has."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Final

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from app.clock import utc_now
from app.errors import Code, ServiceError
from app.keys.key import Key
from app.keys.ring import KeyRing
from app.keys.secret import parse
from telemetry import annotate

_CHALLENGE: Final = {"WWW-Authenticate": 'Bearer realm="plainview"'}

#: Who everybody is while `PLAINVIEW_AUTH_REQUIRED=false`.
DEVELOPER: Final = Key("development", "development", "development", "admin", "standard", datetime.fromtimestamp(0, UTC))

_bearer: Final = HTTPBearer(
    auto_error=False,
    scheme_name="API key",
    description="An API key, as `Authorization: Bearer pv_...`.",
    bearerFormat="pv_...",
)


async def require_key(
    request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> Key:
    """Return the key that the request carries, or refuse it with 401."""
    ring: KeyRing = request.app.state.services.keys
    if not ring.required:
        annotate(customer=DEVELOPER.customer)
        return DEVELOPER
    key = await _checked(ring, request, credentials)
    annotate(customer=key.customer)
    ring.note_use(key)
    return key


async def require_admin(key: Annotated[Key, Depends(require_key)]) -> Key:
    """Return the key when it is an administrator's, or refuse it with 403."""
    if not key.is_admin:
        raise ServiceError(
            Code.ROLE_REQUIRED,
            f"This needs an admin key; pv_{key.prefix}… has the role {key.role}.",
            context={"role": key.role, "required": "admin"},
        )
    return key


CurrentKey = Annotated[Key, Depends(require_key)]
AdminKey = Annotated[Key, Depends(require_admin)]


async def _checked(ring: KeyRing, request: Request, credentials: HTTPAuthorizationCredentials | None) -> Key:
    if credentials is None:
        sent = "authorization" in request.headers
        code = Code.KEY_MALFORMED if sent else Code.KEY_MISSING
        raise _refused(ring, code, "Send `Authorization: Bearer pv_...`.")
    secret = parse(credentials.credentials)
    if secret is None:
        raise _refused(ring, Code.KEY_MALFORMED, "A key begins with pv_ and is 55 characters long.")
    key = await ring.find(secret)
    if key is None:
        raise _refused(ring, Code.KEY_UNKNOWN, f"No key pv_{secret.prefix}… with this secret exists.")
    match key.status(utc_now()):
        case "revoked":
            raise _refused(ring, Code.KEY_REVOKED, f"The key pv_{key.prefix}… was revoked.")
        case "expired":
            raise _refused(ring, Code.KEY_EXPIRED, f"The key pv_{key.prefix}… expired at {key.expires_at}.")
        case _:
            ring.attempts.labels(outcome="accepted").inc()
            return key


def _refused(ring: KeyRing, code: Code, detail: str) -> ServiceError:
    ring.attempts.labels(outcome=code.code.removeprefix("key_")).inc()
    return ServiceError(code, detail, headers=_CHALLENGE)
