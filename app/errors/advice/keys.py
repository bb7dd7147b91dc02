"""Advice on codes about the administration of keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from app.errors.advice._advice import Advice, Retry
from app.errors.codes import Code

ADVICE: Final[Mapping[Code, Advice]] = {
    Code.KEY_ID_UNKNOWN: Advice(
        "No key has this id or prefix.",
        "Take the id from GET /keys.",
        Retry.NO,
        "No key has the id or prefix 'k3x9a2fd'; GET /keys lists them.",
        {"key": "k3x9a2fd"},
    ),
    Code.KEY_NOT_ACTIVE: Advice(
        "The key was revoked, has expired or was rotated before, and can no longer be changed or rotated.",
        "Make a new key, or rotate the one that took its place.",
        Retry.NO,
        "pv_k3x9a2fd was revoked at 2026-11-21 12:00 UTC; make a new key.",
        {"key": "k3x9a2fd"},
    ),
}
