"""The generated dashboards, as they are on disk."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from dashboards import Summary, listing, load
from stack.console.problems import NotFound

router = APIRouter()


@router.get("/dashboards", response_model=None)
def dashboards() -> list[Summary]:
    """List the dashboards in the order in which they are meant to be read."""
    return listing()


@router.get("/dashboards/{uid}", response_model=None)
def dashboard(uid: str) -> dict[str, Any]:
    """Return one dashboard as it was generated."""
    try:
        return load(uid)
    except KeyError as error:
        raise NotFound(f"there is no dashboard {uid!r}: GET /api/dashboards lists them") from error
