"""What is known about a key once it is checked, and travels with the request."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, get_args

from app.keys.scopes import BY_ROLE, Role, Scope

Tier = Literal["standard", "premium"]
Status = Literal["active", "expired", "revoked"]
Origin = Literal["created", "bootstrap", "environment", "rotated"]

TIERS: Final[tuple[str, ...]] = get_args(Tier)
STATUSES: Final[tuple[str, ...]] = get_args(Status)


@dataclass(frozen=True, slots=True)
class Key:
    """One key without its secret.

    Attributes:
        name: what its owner calls it; "" when nobody named it.
        scopes: what it may do; None for all that its role may.
        rate_limit: a limit of its own, as the `limits` library reads it ("10/hour"); None for its tier's limits.
        origin: how it came to be.
        replaced_by: id of the key that a rotation made in its place.
        lineage: id of the key that its rotations began with; None when it comes from none.
    """

    id: str
    prefix: str
    customer: str
    role: Role
    tier: Tier
    created_at: datetime
    last_used_at: datetime | None = None
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    name: str = ""
    scopes: frozenset[Scope] | None = None
    rate_limit: str | None = None
    origin: Origin = "created"
    revoked_by: str | None = None
    revoked_reason: str | None = None
    replaced_by: str | None = None
    lineage: str | None = None

    def status(self, moment: datetime) -> Status:
        """Return whether the key opens anything at `moment`."""
        if self.revoked_at is not None:
            return "revoked"
        if self.expires_at is not None and self.expires_at <= moment:
            return "expired"
        return "active"

    @property
    def is_admin(self) -> bool:
        """Whether the key may see every customer's jobs and manage keys."""
        return self.role == "admin"

    @property
    def label(self) -> str:
        """What people call the key by: the readable beginning of ours, a made-up one of a key from the environment."""
        return f"env_{self.prefix}" if self.origin == "environment" else f"pv_{self.prefix}"

    @property
    def allowed(self) -> frozenset[Scope]:
        """The scopes that it has, of its own or by its role."""
        return BY_ROLE[self.role] if self.scopes is None else self.scopes


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What whoever makes a key decides about it; see `Key`."""

    customer: str
    role: Role = "customer"
    tier: Tier = "standard"
    name: str = ""
    scopes: frozenset[Scope] | None = None
    rate_limit: str | None = None
    expires_at: datetime | None = None
