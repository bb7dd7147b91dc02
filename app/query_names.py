"""Names in a query that its route does not know: left out in silence, a misspelt filter would give everything."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from app.errors import Code, FieldError, ServiceError


def refuse_unknown_names(request: Request) -> None:
    """Refuse a query with a name that the route of the request does not know; a route that asks for nothing takes any.

    Raises:
        ServiceError: 422 with each such name and what is allowed.
    """
    known = _names(request.scope["route"]) if request.query_params else ()
    unknown = sorted({name for name in request.query_params if name not in known}) if known else []
    if not unknown:
        return
    allowed = f"Allowed: {', '.join(known)}."
    errors = [FieldError(name[:100], "an unknown name", f"{_meant(name, known)}{allowed}") for name in unknown]
    said = ", ".join(error.field for error in errors)
    raise ServiceError(
        Code.INVALID_INPUT, f"The query has a name that is not known here: {said}. {allowed}", errors=errors
    )


def _meant(name: str, known: tuple[str, ...]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f"Did you mean {close[0]}? " if close else ""


def _names(route: APIRoute) -> tuple[str, ...]:
    return tuple(sorted(set(_declared(route.dependant))))


def _declared(dependant: Dependant) -> Iterator[str]:
    for field in dependant.query_params:
        yield field.alias
    for dependency in dependant.dependencies:
        yield from _declared(dependency)
