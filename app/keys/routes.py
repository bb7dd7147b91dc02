"""Keys for administrators: list, show, make, change, rotate, revoke."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import timedelta
from typing import Annotated, Any, Final, TypeVar

from fastapi import APIRouter, Body, Query, Request, Response

from app.budgets.standing import of_customer
from app.errors import Code, FieldError, ServiceError
from app.errors.documented import answers
from app.errors.fields import shown
from app.jobs.access import base_url
from app.keys import changes, rows
from app.keys.announcing import announce
from app.keys.authentication import KeysAdmin
from app.keys.key import Key, Status
from app.keys.making import make
from app.keys.schemas import (
    CreatedKey,
    Customer,
    KeyChanges,
    KeyDetails,
    KeyList,
    KeyView,
    NewKey,
    Reason,
    RotatedKey,
    Rotation,
    created,
    detailed,
    rotated,
    view,
)
from app.keys.secret import mint, parse
from app.pagination import Cursor, Limit, Place, link_next
from app.services import CurrentServices, Services
from telemetry import catalog
from telemetry.catalog import Event
from telemetry.logs import get_logger

router = APIRouter(prefix="/keys", tags=["keys"])
_log = get_logger(__name__)
_ACCESS: Final = (Code.KEY_MISSING, Code.ROLE_REQUIRED, Code.SCOPE_REQUIRED)
_AS_USUAL: Final = Rotation()
T = TypeVar("T")


@router.get("", response_description="The keys.", responses=answers(*_ACCESS, Code.INVALID_INPUT))
async def list_keys(  # noqa: PLR0913, PLR0917 - the framework calls it by names
    request: Request,
    response: Response,
    _admin: KeysAdmin,
    services: CurrentServices,
    customer: Annotated[Customer | None, Query(description="Only this customer's.")] = None,
    status: Annotated[Status | None, Query(description="Only keys in this state.")] = None,
    cursor: Annotated[Cursor | None, Query()] = None,
    limit: Annotated[Limit, Query()] = 100,
) -> KeyList:
    """List keys, newest first, in pages, without their secrets."""
    found = await services.database.read(rows.newest, customer=customer, status=status, after=cursor, limit=limit)
    page = found[:limit]
    following = Place(page[-1].created_at, page[-1].id).cursor() if len(found) > limit else None
    asked = {"customer": customer, "status": status, "limit": limit}
    address = link_next(response, f"{base_url(request, services)}/keys", asked, following)
    return KeyList(keys=[view(key) for key in page], next_cursor=following, next=address)


@router.post(
    "",
    status_code=201,
    response_description="The key with its secret.",
    responses=answers(*_ACCESS, Code.INVALID_INPUT),
)
async def create_key(new: NewKey, admin: KeysAdmin, services: CurrentServices) -> CreatedKey:
    """Make a key. Its secret is in this answer and nowhere else."""
    secret = mint()
    by = f"{admin.label} ({admin.customer})"
    key = await services.database.write(make, secret, new.facts, new.budgets, by=by)
    _note(Event.KEY_CREATED, key, admin, key_role=key.role, key_tier=key.tier, budgets_nanousd=new.budgets or None)
    services.telemetry.counter(catalog.BUDGET_CHANGES).labels(scope="customer", action="set").inc(len(new.budgets))
    return created(key, secret.text)


@router.get("/{key_id}", response_description="The key.", responses=answers(*_ACCESS, Code.KEY_ID_UNKNOWN))
async def show_key(key_id: str, _admin: KeysAdmin, services: CurrentServices) -> KeyDetails:
    """Show a key by its id or prefix, without its secret, and what its customer may spend."""
    key = await services.database.read(rows.find, key_id)
    if key is None:
        raise _unknown(key_id)
    gate = services.budgets
    standings = await services.database.read(of_customer, gate.of_settings, gate.zone, key.customer)
    return detailed(key, standings, gate.zone)


@router.patch(
    "/{key_id}",
    response_description="The key after that.",
    responses=answers(*_ACCESS, Code.KEY_ID_UNKNOWN, Code.KEY_NOT_ACTIVE, Code.INVALID_INPUT),
)
async def change_key(key_id: str, wanted: KeyChanges, admin: KeysAdmin, services: CurrentServices) -> KeyView:
    """Change a key's name, tier, scopes, own limit or end, on every node within two seconds."""
    try:
        before, after = await _done(key_id, services.database.write(changes.change, key_id, wanted.of))
    except ValueError as error:  # of a field that does not fit this key
        wrong = FieldError("scopes", shown(sorted(wanted.scopes or ())), str(error))
        raise ServiceError(Code.INVALID_INPUT, f"scopes: {error}.", errors=[wrong]) from error
    await _tell(after, services)
    if differences := changes.differences(before, after):
        _note(Event.KEY_CHANGED, after, admin, changes=differences)
    return view(after)


@router.post(
    "/{key_id}/rotate",
    status_code=201,
    response_description="The new key with its secret, and the old one.",
    responses=answers(*_ACCESS, Code.KEY_ID_UNKNOWN, Code.KEY_NOT_ACTIVE, Code.INVALID_INPUT),
)
async def rotate_key(
    key_id: str, admin: KeysAdmin, services: CurrentServices, how: Annotated[Rotation, Body()] = _AS_USUAL
) -> RotatedKey:
    """Make a key with the same facts; the old one goes on for the overlap, so that its users can change over in peace."""
    secret, overlap = mint(), timedelta(seconds=how.overlap_seconds)
    old, new = await _done(key_id, services.database.write(changes.rotate, key_id, secret, overlap))
    await _tell(old, services)
    _note(Event.KEY_ROTATED, old, admin, replaced_by=new.id, expires_at=str(old.expires_at))
    return rotated(new, secret.text, old)


@router.delete(
    "/{key_id}",
    response_description="The key after that.",
    responses=answers(*_ACCESS, Code.KEY_ID_UNKNOWN, Code.INVALID_INPUT),
)
async def revoke_key(
    key_id: str,
    admin: KeysAdmin,
    services: CurrentServices,
    reason: Annotated[Reason | None, Query(description="Why; kept with the key.")] = None,
) -> KeyView:
    """Revoke a key by its id or prefix, for good. It stops within two seconds on every node, and stays in the list."""
    key, new = await _done(key_id, services.database.write(changes.revoke, key_id, by=admin.label, reason=reason))
    await _tell(key, services)
    if new:
        _note(Event.KEY_REVOKED, key, admin)
    return view(key)


async def _done(key_id: str, change: Awaitable[T]) -> T:
    """Return what `change` gives, or answer why it cannot be."""
    try:
        return await change
    except changes.NoSuchKey as error:
        raise _unknown(key_id) from error
    except changes.KeyNotActive as error:
        raise ServiceError(Code.KEY_NOT_ACTIVE, str(error), context={"key": key_id}) from error


async def _tell(key: Key, services: Services) -> None:
    services.keys.forget(key.id)
    await announce(services.redis, key.id)


def _note(event: str, key: Key, admin: Key, **more: Any) -> None:
    _log.info(event, key=key.label, key_customer=key.customer, by=admin.label, by_customer=admin.customer, **more)


def _unknown(key_id: str) -> ServiceError:
    whole = parse(key_id)
    if whole is not None:  # not to be said again: an answer may be logged
        detail = f"Name the key by its beginning, pv_{whole.prefix}: a key in an address is written to logs. Rotate it."
        return ServiceError(Code.KEY_ID_UNKNOWN, detail, context={"key": f"pv_{whole.prefix}"})
    return ServiceError(
        Code.KEY_ID_UNKNOWN,
        f"No key has the id or prefix {key_id!r}; GET /keys lists them.",
        context={"key": key_id},
    )
