"""Keys over HTTP."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from app.clock import utc_now
from app.keys.key import Key, Status, Tier
from app.keys.scopes import Role

_CUSTOMER: Final = re.compile(r"[\w .@+-]{1,100}")


def _customer(name: str) -> str:
    trimmed = name.strip()
    if _CUSTOMER.fullmatch(trimmed) is None:
        raise ValueError("should be 1 to 100 letters, digits, spaces and _ . @ + - only")
    return trimmed


Customer = Annotated[
    str,
    AfterValidator(_customer),
    Field(json_schema_extra={"minLength": 1, "maxLength": 100, "pattern": r"^[\w .@+-]+$"}),
]


class NewKey(BaseModel):
    """What an administrator says about a key to be made."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"customer": "acme", "tier": "standard"}]}
    )

    customer: Customer = Field(description="Who the key is for; shown in logs, spans and costs.")
    role: Role = "customer"
    tier: Tier = "standard"
    expires_in_days: int | None = Field(None, ge=1, le=3650, description="Days until the key expires; null for never.")


class KeyView(BaseModel):
    """A key without its secret."""

    id: str
    prefix: str = Field(description="The readable beginning of the key.", examples=["pv_k3x9a2fd"])
    customer: str
    role: Role
    tier: Tier
    status: Status
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None
    revoked_at: datetime | None


class CreatedKey(KeyView):
    """A new key; the only answer that ever holds the secret."""

    key: str = Field(description="The key itself. It is not stored and cannot be shown again.", examples=["pv_..."])


class KeyList(BaseModel):
    """All keys, newest first."""

    keys: list[KeyView]


def view(key: Key) -> KeyView:
    """Return `key` as answers show it."""
    return KeyView(**_fields(key))


def created(key: Key, text: str) -> CreatedKey:
    """Return the new `key` together with its secret."""
    return CreatedKey(**_fields(key), key=text)


def _fields(key: Key) -> dict[str, object]:
    return {
        "id": key.id,
        "prefix": f"pv_{key.prefix}",
        "customer": key.customer,
        "role": key.role,
        "tier": key.tier,
        "status": key.status(utc_now()),
        "created_at": key.created_at,
        "last_used_at": key.last_used_at,
        "expires_at": key.expires_at,
        "revoked_at": key.revoked_at,
    }
