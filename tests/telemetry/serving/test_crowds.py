"""As many connections as a server bears, and what becomes of the others."""

from __future__ import annotations

from contextlib import ExitStack

from telemetry.serving._crowd import Crowd
from telemetry.serving.clients import Clients
from tests.telemetry.serving.conftest import rest

OTHERS = "127.0.0.2"


def test_others_are_answered_while_one_address_holds_all_it_can(serving):
    server = serving(connections=1000, seconds=30)
    with ExitStack() as held:
        for _ in range(400):
            held.enter_context(server.connect(OTHERS)).sendall(b"GET / HTTP/1.1\r\nX-Slow: ")
        assert server.ask().startswith(b"HTTP/1.1 200 ")
        # Its own further requests are refused, in the shape of all errors, but for probes.
        refused = server.ask("/work", OTHERS)
        assert refused.startswith(b"HTTP/1.1 503 ")
        assert b'"code": "overloaded"' in refused
        assert b"retry-after: 5" in refused
        assert server.ask("/health/live", OTHERS).startswith(b"HTTP/1.1 200 ")
        assert server.cuts("too_many_of_address") == 1
    server.until(lambda: server.connections == 0)
    assert server.ask("/work", OTHERS).startswith(b"HTTP/1.1 200 ")


def test_cuts_are_exported_before_there_are_any(serving):
    server = serving()
    assert server.exported("server_connections_cut_total", reason="slow_body") == 0
    assert server.exported("server_connections") == 0


def test_one_address_cannot_take_all_connections(serving):
    server = serving(connections=40, seconds=30)
    with ExitStack() as held:
        for _ in range(60):
            held.enter_context(server.connect(OTHERS))
        server.until(lambda: server.connections == 20 and server.cuts("too_many_of_address") == 40)
        assert server.ask("/work").startswith(b"HTTP/1.1 200 ")


def test_addresses_of_one_ipv6_network_are_one():
    """A provider gives each of its customers more of them than there are connections."""
    crowd = Crowd(Clients(40))
    taken = [crowd.enters(f"2001:db8::{number:x}", number) is None for number in range(1, 31)]
    assert sum(taken) == 10
    assert crowd.enters("2001:db8:0:1::1", 31) is None
    for number in range(1, 31):
        crowd.leaves(f"2001:db8::{number:x}")
    assert crowd.enters("2001:db8::1", 1) is None


def test_proxy_speaks_for_many(serving):
    server = serving(connections=40, seconds=30, proxies=("127.0.0.0/8",))
    with ExitStack() as held:
        for _ in range(30):
            held.enter_context(server.connect())
        server.until(lambda: server.connections == 30)
        assert server.ask().startswith(b"HTTP/1.1 200 ")


def test_connections_are_bounded_and_probes_are_answered_beyond(serving):
    server = serving(connections=8, seconds=30, proxies=("127.0.0.0/8",))
    with ExitStack() as held:
        for _ in range(8):
            held.enter_context(server.connect())
        server.until(lambda: server.connections == 8)
        assert server.ask("/work").startswith(b"HTTP/1.1 503 ")
        assert server.ask("/health/ready").startswith(b"HTTP/1.1 200 ")
        for _ in range(2):
            held.enter_context(server.connect())
        server.until(lambda: server.connections == 10)
        with server.connect() as refused:
            assert rest(refused) == b""
        assert server.cuts("too_many") == 2


def test_slow_crowd_is_gone_after_a_while(serving):
    server = serving(connections=1000, seconds=0.5)
    with ExitStack() as held:
        for number in range(300):
            slow = held.enter_context(server.connect(f"127.0.0.{2 + number % 3}"))
            slow.sendall(b"POST /read HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nx")
        assert server.ask().startswith(b"HTTP/1.1 200 ")
        server.until(lambda: server.connections == 0)
    assert server.cuts("slow_body") == 300
