"""The generated dashboards, as they are on disk; fitted where the stack runs somebody's app."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from dashboards import Summary, listing, load
from stack.console.fitting import fits, fitted
from stack.console.problems import NotFound
from stack.console.state import state

router = APIRouter()


@router.get("/dashboards", response_model=None)
def dashboards(request: Request) -> list[Summary]:
    """List the dashboards in the order in which they are meant to be read."""
    found = listing()
    return [each for each in found if fits(load(each["uid"]))] if state(request).settings.app else found


@router.get("/dashboards/{uid}", response_model=None)
def dashboard(uid: str, request: Request) -> dict[str, Any]:
    """Return one dashboard as it was generated."""
    try:
        found = load(uid)
    except KeyError as error:
        raise NotFound(f"there is no dashboard {uid!r}: GET /api/dashboards lists them") from error
    return fitted(found) if state(request).settings.app else found
