"""Keys over HTTP."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import fields
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Final, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from app.budgets.schemas import Amount, BudgetView, listed
from app.budgets.standing import Standing
from app.clock import MomentInUtc, utc_now
from app.jobs.job import nanousd
from app.keys.changes import LONGEST_OVERLAP, OVERLAP
from app.keys.key import Facts, Key, Origin, Status, Tier
from app.keys.rate import rate_limit
from app.keys.scopes import Role, Scope, check
from app.ledger.calendar import Period

_CUSTOMER: Final = re.compile(r"[\w .@+-]{1,100}")
_MOST_DAYS: Final = 3650
_EXAMPLE: Final[dict[str, Any]] = {
    "customer": "acme",
    "name": "production",
    "tier": "premium",
    "rate_limit": "500/hour",
}


def _customer(name: str) -> str:
    trimmed = name.strip()
    if _CUSTOMER.fullmatch(trimmed) is None:
        raise ValueError("should be 1 to 100 letters, digits, spaces and _ . @ + - only")
    return trimmed


def _line(text: str) -> str:
    if not text.isprintable():
        raise ValueError("should be one line of text without control characters")
    return text.strip()


def _future(moment: datetime) -> datetime:
    if moment <= utc_now():
        raise ValueError("should be in the future; to end a key now, revoke it")
    return moment


Customer = Annotated[
    str,
    AfterValidator(_customer),
    Field(json_schema_extra={"minLength": 1, "maxLength": 100, "pattern": r"^[\w .@+-]+$"}),
]
Name = Annotated[str, Field(max_length=100, description="What to call the key; for people."), AfterValidator(_line)]
Reason = Annotated[str, Field(max_length=200), AfterValidator(_line)]
RateLimit = Annotated[
    str,
    AfterValidator(rate_limit),
    Field(max_length=64, description="A limit of the key's own in place of its tier's.", examples=["10/hour"]),
]
Scopes = Annotated[frozenset[Scope], Field(description="What the key may do; null for what its role may.")]
Days = Annotated[int, Field(ge=1, le=_MOST_DAYS, description="Days until the key expires; null for never.")]
End = Annotated[MomentInUtc, AfterValidator(_future), Field(description="When the key expires, instead of in days.")]


class _Lasting(BaseModel):
    """Until when a key works: in days or as a moment."""

    expires_in_days: Days | None = None
    expires_at: End | None = None

    @model_validator(mode="after")
    def _one_end(self) -> Self:
        if self.expires_in_days is not None and self.expires_at is not None:
            raise ValueError("expires_in_days and expires_at: give one of them")
        return self

    @property
    def end(self) -> datetime | None:
        """When the key ends; None for never."""
        return self.expires_at if self.expires_in_days is None else utc_now() + timedelta(days=self.expires_in_days)


class NewKey(_Lasting):
    """What an administrator says about a key to be made."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_EXAMPLE]})

    customer: Customer = Field(description="Who the key is for; shown in logs, spans and costs.")
    name: Name = ""
    role: Role = "customer"
    tier: Tier = "standard"
    scopes: Scopes | None = None
    rate_limit: RateLimit | None = None
    budget_day_usd: Amount | None = Field(None, description="Hard budget of the customer per day, for all its keys.")
    budget_month_usd: Amount | None = Field(
        None, description="Hard budget of the customer per month, for all its keys."
    )

    @model_validator(mode="after")
    def _fitting(self) -> Self:
        check(self.role, self.scopes)
        return self

    @property
    def facts(self) -> Facts:
        """The same, as the table takes it."""
        known: dict[str, Any] = {field.name: getattr(self, field.name) for field in fields(Facts)}
        return Facts(**known | {"expires_at": self.end})

    @property
    def budgets(self) -> dict[Period, int]:
        """The hard budgets of the customer that are to be set, in nano-dollars."""
        given: dict[Period, Decimal | None] = {"day": self.budget_day_usd, "month": self.budget_month_usd}
        return {period: nanousd(amount) for period, amount in given.items() if amount is not None}


class KeyChanges(_Lasting):
    """What to change about a key; what is left out stays, null takes it away."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"tier": "premium", "rate_limit": None}]})

    name: Name = ""
    tier: Tier = "standard"
    scopes: Scopes | None = None
    rate_limit: RateLimit | None = None

    def of(self, key: Key) -> dict[str, Any]:
        """Return the new values for `key` by name.

        Raises:
            ValueError: they do not fit the key.
        """
        given = self.model_fields_set
        if "scopes" in given:
            check(key.role, self.scopes)
        values = {name: getattr(self, name) for name in given - set(_Lasting.model_fields)}
        return values | ({"expires_at": self.end} if given & set(_Lasting.model_fields) else {})


class Rotation(BaseModel):
    """How to rotate a key."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"overlap_seconds": 3600}]})

    overlap_seconds: Annotated[int, Field(ge=0, le=int(LONGEST_OVERLAP.total_seconds()))] = Field(
        int(OVERLAP.total_seconds()), description="How long the old key goes on working; 0 stops it at once."
    )


class KeyView(BaseModel):
    """A key without its secret."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "2f1c2a9e4b7d4c0f9a3e5d8b7c6a5f4e",
                    "prefix": "pv_k3x9a2fd",
                    "name": "nightly batch",
                    "customer": "acme",
                    "role": "customer",
                    "tier": "standard",
                    "scopes": ["jobs:read", "jobs:write"],
                    "rate_limit": "10/hour",
                    "status": "active",
                    "origin": "created",
                    "created_at": "2026-11-01T09:00:00Z",
                    "last_used_at": "2026-11-21T11:59:58Z",
                    "expires_at": None,
                    "revoked_at": None,
                    "revoked_by": None,
                    "revoked_reason": None,
                    "replaced_by": None,
                }
            ]
        }
    )

    id: str
    prefix: str = Field(description="The readable beginning of the key.", examples=["pv_k3x9a2fd"])
    name: str
    customer: str
    role: Role
    tier: Tier
    scopes: list[Scope] = Field(description="What the key may do.")
    rate_limit: str | None
    status: Status
    origin: Origin = Field(description="How the key came to be.")
    created_at: datetime
    last_used_at: datetime | None = Field(description="Behind by a few seconds.")
    expires_at: datetime | None
    revoked_at: datetime | None
    revoked_by: str | None
    revoked_reason: str | None
    replaced_by: str | None = Field(description="Id of the key that a rotation made in its place.")


class KeyDetails(KeyView):
    """A key without its secret, and what its customer may spend."""

    budgets: list[BudgetView] = Field(description="Of the customer, shared by all its keys; empty where none counts.")


class CreatedKey(KeyView):
    """A new key; the only answer that ever holds the secret."""

    key: str = Field(description="The key itself. It is not stored and cannot be shown again.", examples=["pv_..."])


class RotatedKey(CreatedKey):
    """A new key that takes the place of another."""

    replaces: KeyView = Field(description="The old key; it stops at its `expires_at`.")


class KeyList(BaseModel):
    """Keys, newest first."""

    keys: list[KeyView]
    next_cursor: str | None = Field(description="Send it as `cursor` for the next page; null when this was the last.")
    next: str | None = Field(description="Address of the next page, as in the `Link` header.")


def view(key: Key) -> KeyView:
    """Return `key` as answers show it."""
    return KeyView(**_fields(key))


def detailed(key: Key, standings: Iterable[Standing], zone: ZoneInfo) -> KeyDetails:
    """Return `key` with the budgets of its customer."""
    return KeyDetails(**_fields(key), budgets=listed(standings, zone).budgets)


def created(key: Key, text: str) -> CreatedKey:
    """Return the new `key` together with its secret."""
    return CreatedKey(**_fields(key), key=text)


def rotated(key: Key, text: str, old: Key) -> RotatedKey:
    """Return the new `key` together with its secret and the one it replaces."""
    return RotatedKey(**_fields(key), key=text, replaces=view(old))


def _fields(key: Key) -> dict[str, Any]:
    own = {name: getattr(key, name, None) for name in KeyView.model_fields}
    return own | {"prefix": key.label, "status": key.status(utc_now()), "scopes": sorted(key.allowed)}
