"""Keys for administrators: list, make, revoke."""

from __future__ import annotations

from datetime import timedelta

from fastapi import APIRouter

from app.errors import Code, ServiceError
from app.errors.documented import answers
from app.keys import rows
from app.keys.authentication import AdminKey
from app.keys.schemas import CreatedKey, KeyList, KeyView, NewKey, created, view
from app.keys.secret import mint
from app.services import CurrentServices
from telemetry.catalog import Event
from telemetry.logs import get_logger

router = APIRouter(prefix="/keys", tags=["keys"])
_log = get_logger(__name__)


@router.get("", response_description="The keys.", responses=answers(Code.KEY_MISSING, Code.ROLE_REQUIRED))
async def list_keys(_admin: AdminKey, services: CurrentServices) -> KeyList:
    """List all keys, newest first, without their secrets."""
    return KeyList(keys=[view(key) for key in await services.database.read(rows.every)])


@router.post(
    "",
    status_code=201,
    response_description="The key with its secret.",
    responses=answers(Code.KEY_MISSING, Code.ROLE_REQUIRED, Code.INVALID_INPUT),
)
async def create_key(new: NewKey, admin: AdminKey, services: CurrentServices) -> CreatedKey:
    """Make a key. Its secret is in this answer and nowhere else."""
    secret = mint()
    lifetime = None if new.expires_in_days is None else timedelta(days=new.expires_in_days)
    key = await services.database.write(
        rows.add, secret, customer=new.customer, role=new.role, tier=new.tier, lifetime=lifetime
    )
    _log.info(Event.KEY_CREATED, key_id=key.id, key_prefix=key.prefix, key_customer=key.customer, by=admin.id)
    return created(key, secret.text)


@router.delete(
    "/{key_id}",
    response_description="The key after that.",
    responses=answers(Code.KEY_MISSING, Code.ROLE_REQUIRED, Code.KEY_ID_UNKNOWN),
)
async def revoke_key(key_id: str, admin: AdminKey, services: CurrentServices) -> KeyView:
    """Revoke a key by its id or prefix. It stops working within two seconds, and stays in the list."""
    key = await services.database.write(rows.revoke, key_id)
    if key is None:
        raise ServiceError(
            Code.KEY_ID_UNKNOWN,
            f"No key has the id or prefix {key_id!r}; GET /keys lists them.",
            context={"key": key_id},
        )
    services.keys.forget(key)
    _log.info(Event.KEY_REVOKED, key_id=key.id, key_prefix=key.prefix, key_customer=key.customer, by=admin.id)
    return view(key)
