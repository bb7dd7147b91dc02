"""What is known about a key once it is checked, and travels with the request."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, get_args

Role = Literal["admin", "customer"]
Tier = Literal["standard", "premium"]
Status = Literal["active", "expired", "revoked"]

ROLES: Final[tuple[str, ...]] = get_args(Role)
TIERS: Final[tuple[str, ...]] = get_args(Tier)


@dataclass(frozen=True, slots=True)
class Key:
    """One key without its secret."""

    id: str
    prefix: str
    customer: str
    role: Role
    tier: Tier
    created_at: datetime
    last_used_at: datetime | None = None
    expires_at: datetime | None = None
    revoked_at: datetime | None = None

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
