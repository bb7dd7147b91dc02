"""Who the client is, over real sockets: what a header says counts only from a proxy that is named."""

from __future__ import annotations

import threading
from datetime import timedelta

import httpx
import pytest
from starlette.responses import JSONResponse

from telemetry.serving import Clients, bind
from telemetry.serving._server import Stop, _Server

SAID = {"X-Forwarded-For": "203.0.113.9, 198.51.100.7", "X-Forwarded-Proto": "https"}


async def who(scope, receive, send):
    if scope["type"] == "http":
        await JSONResponse([scope["client"][0], scope["scheme"]])(scope, receive, send)


@pytest.fixture
def asked():
    """Return what an app with these proxies sees of a request with the headers of one."""
    stops = []

    def ask(proxies, headers=SAID):
        listener = bind("127.0.0.1", 0, "PORT")
        server = _Server(who, Stop(timedelta(seconds=1)), clients=Clients(proxies=proxies))
        server.config.lifespan = "off"
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        stops.append((server, thread))
        return httpx.get(f"http://127.0.0.1:{listener.getsockname()[1]}", headers=headers, trust_env=False).json()

    yield ask
    for server, thread in stops:
        server.should_exit = True
        thread.join()


def test_nobody_is_believed_unless_named_not_even_this_host(asked):
    assert asked(()) == ["127.0.0.1", "http"]
    assert asked(("10.0.0.0/8",)) == ["127.0.0.1", "http"]


def test_named_proxy_is_believed_about_whom_it_saw_and_no_further(asked):
    assert asked(("127.0.0.1",)) == ["198.51.100.7", "https"]
    assert asked(("127.0.0.0/8", "198.51.100.7")) == ["203.0.113.9", "https"]


def test_odd_scheme_is_ignored(asked):
    assert asked(("127.0.0.1",), {"X-Forwarded-Proto": "gopher"}) == ["127.0.0.1", "http"]
