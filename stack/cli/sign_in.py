"""`sign-in`: a link to the console."""

import os
from pathlib import Path

from stack.cli import compose
from stack.cli.output import NOTHING_RUNS, fail, out
from stack.cli.welcome import sign_in_link
from stack.native.ports import Ports
from stack.native.state import running
from stack.paths import Home


def sign_in() -> None:
    """Print a link that signs a browser in to the console."""
    home = Home.default()
    state = running(home)
    named = os.environ.get("PLAINVIEW_CONSOLE_TOKEN_FILE")  # so it is inside the console's container
    if state is None and named is None and compose.running():
        out.print(compose.sign_in_link())
        return
    if state is None and named is None:
        fail("nothing is running, so there is no console to sign in to: ./plainview up starts it", code=NOTHING_RUNS)
    token = Path(named) if named else home.secrets / "console_token"
    port = state.ports.console if state else Ports().console
    try:
        out.print(sign_in_link(token, port), markup=False)
    except FileNotFoundError:
        fail(f"the console's token {token} is not there: ./plainview down && ./plainview up makes a new one")
