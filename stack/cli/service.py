"""The running service's HTTP API, as commands use it."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

from stack.cli.output import fail
from stack.cli.welcome import first_key
from stack.native.layout import FIRST_KEY, HOST, keeping
from stack.native.ports import Ports
from stack.native.state import StackState, running
from stack.paths import Home

TIMEOUT_SECONDS = 10.0
_ELSEWHERE = "PLAINVIEW_SERVICE_URL and PLAINVIEW_API_KEY"


def get(path: str, **query: Any) -> Any:
    """Return the JSON that the service answers; ends the command with what it complains of."""
    return answer(path, **query).json()


def answer(path: str, **query: Any) -> httpx.Response:
    """Return the answer of the service; ends the command with what it complains of."""
    return send("GET", path, query=query)


def send(
    method: str, path: str, *, query: Mapping[str, Any] | None = None, body: Mapping[str, Any] | None = None
) -> httpx.Response:
    """Send a request to the service and return its answer; ends the command with what it complains of."""
    home = Home.default()
    state = running(home)
    not_of_an_app(state)
    base = os.environ.get("PLAINVIEW_SERVICE_URL", f"http://{HOST}:{(state.ports if state else Ports()).api}")
    named = os.environ.get("PLAINVIEW_FIRST_KEY_FILE")  # so it is inside the service's container
    keeps = keeping(home, demo=state is not None and state.demo)
    given = os.environ.get("PLAINVIEW_API_KEY", "")
    # What does not begin like a key of ours is an older deployment's, a customer's: the first key sees more.
    ours = given if given.startswith("pv_") else None
    key = ours or first_key(Path(named) if named else keeps.secrets / FIRST_KEY) or given or None
    if key is None and state is None and "PLAINVIEW_SERVICE_URL" not in os.environ:
        fail(f"nothing is running here: ./plainview up starts it; a service elsewhere is named by {_ELSEWHERE}")
    if key is None:
        fail("no API key at hand: set PLAINVIEW_API_KEY to one")
    wanted = {name: value for name, value in (query or {}).items() if value is not None}
    try:
        found = httpx.request(
            method,
            f"{base}{path}",
            params=wanted,
            json=body,
            headers={"Authorization": f"Bearer {key}"},
            timeout=TIMEOUT_SECONDS,
        )
    except httpx.HTTPError as error:
        fail(f"the service at {base} does not answer ({error}); ./plainview status shows what runs")
    if found.is_error:
        fail(_complaint(found))
    return found


def not_of_an_app(state: StackState | None) -> None:
    """End the command where the stack runs somebody's app, which has neither our keys nor our jobs."""
    if state is not None and state.app:
        fail(f"the stack runs your app {state.app}; keys and jobs are the reference service's")


def _complaint(answer: httpx.Response) -> str:
    try:
        problem = answer.json()
        title, detail = str(problem["title"]), str(problem["detail"])
        return detail if detail.startswith(title) else f"{title}: {detail}"
    except (ValueError, KeyError, TypeError):
        return f"the service answered {answer.status_code}"
