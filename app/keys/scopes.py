"""What a key may do: its role sets the bounds, its scopes what it has of them."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, Literal, get_args

Role = Literal["admin", "customer"]
ROLES: Final[tuple[str, ...]] = get_args(Role)


class Scope(StrEnum):
    """One kind of thing that a key may do."""

    JOBS_WRITE = "jobs:write"
    JOBS_READ = "jobs:read"
    USAGE_READ = "usage:read"
    METRICS_READ = "metrics:read"
    KEYS_ADMIN = "keys:admin"
    BUDGETS_ADMIN = "budgets:admin"


_KNOWN: Final = frozenset(Scope)

#: What a key has that was made without a word about scopes.
BY_ROLE: Final[Mapping[Role, frozenset[Scope]]] = {
    "admin": _KNOWN,
    "customer": frozenset({Scope.JOBS_WRITE, Scope.JOBS_READ, Scope.USAGE_READ}),
}


def stored(scopes: frozenset[Scope] | None) -> str | None:
    """Return scopes as the table keeps them, sorted and with spaces between."""
    return None if scopes is None else " ".join(sorted(scopes))


def loaded(text: str | None) -> frozenset[Scope] | None:
    """Return what `stored` made; a scope of a later version, which this one does not know, opens nothing here."""
    return None if text is None else frozenset(Scope(name) for name in text.split() if name in _KNOWN)
