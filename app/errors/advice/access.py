"""Advice on codes about who asks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from app.errors.advice._advice import Advice, Retry
from app.errors.codes import Code

ADVICE: Final[Mapping[Code, Advice]] = {
    Code.KEY_MISSING: Advice(
        "The request has no `Authorization` header, and the address needs a key.",
        "Send `Authorization: Bearer pv_...`.",
        Retry.NO,
        "Send `Authorization: Bearer pv_...`.",
    ),
    Code.KEY_MALFORMED: Advice(
        "The `Authorization` header holds something else than `Bearer` and a key of this service.",
        "Look for a cut or quoted key: it begins with `pv_` and is 55 characters long.",
        Retry.NO,
        "A key begins with pv_ and is 55 characters long.",
    ),
    Code.KEY_UNKNOWN: Advice(
        "The key looks right, but no such key was ever made here.",
        "Look whether it belongs to another installation; ask an administrator for a new one.",
        Retry.NO,
        "No key pv_k3x9a2fd… with this secret exists.",
    ),
    Code.KEY_REVOKED: Advice(
        "An administrator has revoked the key.",
        "Ask for a new key. If nobody meant to revoke it, `GET /keys/{id}` tells who did and why.",
        Retry.NO,
        "The key pv_k3x9a2fd… was revoked.",
    ),
    Code.KEY_EXPIRED: Advice(
        "The key's time is over.",
        "Ask for a new key, or rotate keys before they expire.",
        Retry.NO,
        "The key pv_k3x9a2fd… expired at 2026-11-20 12:00:00+00:00.",
    ),
    Code.ROLE_REQUIRED: Advice(
        "The address is for administrators, and the key is a customer's.",
        "Use an administrator's key.",
        Retry.NO,
        "This needs an admin key; pv_k3x9a2fd… has the role customer.",
        {"role": "customer", "required": "admin"},
    ),
    Code.SCOPE_REQUIRED: Advice(
        "The key is good, and was given fewer scopes than this address needs.",
        "Use a key that has the scope, or ask an administrator to add it: docs/KEYS.md lists the scopes.",
        Retry.NO,
        "This needs the scope jobs:write; pv_k3x9a2fd… has jobs:read. An administrator can change that.",
        {"scopes": ["jobs:read"], "required": "jobs:write"},
    ),
}
