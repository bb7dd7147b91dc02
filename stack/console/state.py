"""What the routes share: made once with the app."""

from __future__ import annotations

from dataclasses import dataclass, field

from fastapi import Request

from stack.console.attempts import Attempts
from stack.console.problems import SignedOut
from stack.console.sessions import Sessions
from stack.console.settings import ConsoleSettings


@dataclass(frozen=True, slots=True)
class State:
    """Settings and the parts that keep something between requests. Lives as long as the app."""

    settings: ConsoleSettings
    sessions: Sessions
    attempts: Attempts = field(default_factory=Attempts)

    @property
    def cookie(self) -> str:
        """Name of the session cookie; browsers do not keep cookies of two ports of one host apart."""
        return f"plainview_session_{self.settings.console_url.port}"


def state(request: Request) -> State:
    """Return the state of the app that serves this request."""
    found: State = request.app.state.console
    return found


def is_signed_in(request: Request) -> bool:
    """Tell whether the request carries a valid session."""
    shared = state(request)
    return shared.sessions.valid(request.cookies.get(shared.cookie, ""))


def signed_in(request: Request) -> None:
    """Let only requests with a session through.

    Raises:
        SignedOut: there is none, or it has run out.
    """
    if not is_signed_in(request):
        raise SignedOut("sign in with the link that `./plainview up` and `./plainview sign-in` print")
