"""What a key may do: its role sets the bounds, its scopes what it has of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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


MEANINGS: Final[Mapping[Scope, str]] = {
    Scope.JOBS_WRITE: "submit and cancel jobs",
    Scope.JOBS_READ: "see jobs and fetch results; ask for a quote",
    Scope.USAGE_READ: "read usage and costs",
    Scope.METRICS_READ: "read /metrics where a token closes it, and /health/deep",
    Scope.KEYS_ADMIN: "make, change and revoke keys, and so give itself every right; administrators only",
    Scope.BUDGETS_ADMIN: "set budgets; administrators only",
}
ADMIN_ONLY: Final = frozenset({Scope.KEYS_ADMIN, Scope.BUDGETS_ADMIN})
_KNOWN: Final = frozenset(Scope)

#: What a key has that was made without a word about scopes.
BY_ROLE: Final[Mapping[Role, frozenset[Scope]]] = {
    "admin": _KNOWN,
    "customer": frozenset({Scope.JOBS_WRITE, Scope.JOBS_READ, Scope.USAGE_READ}),
}


def check(role: Role, scopes: Iterable[Scope] | None) -> None:
    """Raise `ValueError` when a key of this role cannot have these scopes."""
    beyond = sorted(ADMIN_ONLY.intersection(scopes or ())) if role != "admin" else []
    if beyond:
        raise ValueError(f"{', '.join(beyond)}: only a key with the role admin can have that")


def stored(scopes: frozenset[Scope] | None) -> str | None:
    """Return scopes as the table keeps them, sorted and with spaces between."""
    return None if scopes is None else " ".join(sorted(scopes))


def loaded(text: str | None) -> frozenset[Scope] | None:
    """Return what `stored` made; a scope of a later version, which this one does not know, opens nothing here."""
    return None if text is None else frozenset(Scope(name) for name in text.split() if name in _KNOWN)
