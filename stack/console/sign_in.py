"""Signing in and out."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from pydantic import BaseModel, Field

from stack.console.problems import Problem, TooManyAttempts, WrongToken
from stack.console.state import State, is_signed_in, state
from stack.console.static_files import index
from stack.console.version import VERSION

router = APIRouter()


class Credentials(BaseModel):
    """Body of a sign-in."""

    token: str = Field(max_length=500)


@router.get("/sign-in", include_in_schema=False)
async def sign_in_by_link(request: Request, token: str | None = None) -> Response:
    """Follow the sign-in link: set the cookie and go to the first page, or back to the form, which says why.

    Without a token this is the form itself.
    """
    if token is None:
        return index(request)
    try:
        _check(request, token)
    except TooManyAttempts:
        return RedirectResponse("/sign-in?failed=attempts", 303)
    except Problem:
        return RedirectResponse("/sign-in?failed=token", 303)
    return _with_session(state(request), RedirectResponse("/", 303))


@router.post("/api/sign-in")
async def sign_in(request: Request, credentials: Annotated[Credentials, Body()]) -> Response:
    """Exchange the token for a session cookie."""
    _check(request, credentials.token)
    return _with_session(state(request), JSONResponse({"signed_in": True}))


@router.post("/api/sign-out")
async def sign_out(request: Request) -> Response:
    """End the session; without one this does nothing."""
    shared = state(request)
    shared.sessions.end(request.cookies.get(shared.cookie, ""))
    response = JSONResponse({"signed_in": False})
    response.delete_cookie(shared.cookie, httponly=True, samesite="strict", secure=_secure(shared))
    return response


@router.get("/api/session")
async def session(request: Request) -> dict[str, Any]:
    """Say who is asking and where the other parts are; addresses are for those who are signed in."""
    settings = state(request).settings
    known = is_signed_in(request)
    addresses = {
        "service_url": settings.service_url,
        "grafana_url": settings.grafana_url,
        "jaeger_url": settings.jaeger_ui_url,
    }
    shown = {name: str(url).rstrip("/") if known and url else None for name, url in addresses.items()}
    return {"signed_in": known, "version": VERSION, "demo": settings.shows_demo, **shown}


def _check(request: Request, token: str) -> None:
    """Return if the token is right.

    Raises:
        TooManyAttempts: this address guessed too often.
        WrongToken: it is not.
    """
    shared = state(request)
    address = request.client.host if request.client else ""
    shared.attempts.check(address)
    if not shared.sessions.knows(token):
        shared.attempts.failed(address)
        raise WrongToken("the token is not this console's: take the link that `./plainview sign-in` prints")


def _with_session(shared: State, response: Response) -> Response:
    response.set_cookie(
        shared.cookie,
        shared.sessions.issue(),
        max_age=int(shared.sessions.life.total_seconds()),
        httponly=True,
        samesite="strict",
        secure=_secure(shared),
    )
    response.headers["Cache-Control"] = "no-store"
    return response


def _secure(shared: State) -> bool:
    return shared.settings.console_url.scheme == "https"
