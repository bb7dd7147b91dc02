"""Who sends or reads too slowly is cut off, and only they; over real sockets."""

from __future__ import annotations

import json
import time

import pytest

from tests.telemetry.serving.conftest import rest, sent_until_closed

HEAD = b"POST /read HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n"


def test_connection_that_never_asks_is_ended(serving):
    server = serving()
    with server.connect() as idle:
        assert rest(idle).startswith(b"HTTP/1.1 408 ")
    assert server.cuts("slow_headers") == 1


def test_headers_that_trickle_in_are_ended_with_a_problem(serving):
    server = serving()
    with server.connect() as slow:
        slow.sendall(b"GET / HTTP/1.1\r\n")
        for _ in range(3):
            slow.sendall(b"X-A: b\r\n")
            time.sleep(0.05)  # what a slow client does
        head, _, body = rest(slow).partition(b"\r\n\r\n")
    problem = json.loads(body)
    assert head.startswith(b"HTTP/1.1 408 Request Timeout\r\n")
    assert b"x-content-type-options: nosniff" in head
    assert (problem["status"], problem["code"], problem["type"]) == (408, "request_timeout", "about:blank")


def test_body_that_trickles_in_is_ended_with_a_problem(serving):
    server = serving(errors="/docs/errors")
    with server.connect() as slow:
        slow.sendall(HEAD)
        for _ in range(3):
            slow.sendall(b"x")
            time.sleep(0.05)
        assert b'"type": "/docs/errors#request_timeout"' in rest(slow)
    assert server.cuts("slow_body") == 1


def test_body_at_a_fair_pace_is_read_however_long_it_takes(serving):
    server = serving(seconds=0.2)
    with server.connect() as fair:
        fair.sendall(HEAD)
        for _ in range(20):
            fair.sendall(bytes(5000))
            time.sleep(0.05)
        assert fair.recv(1000).startswith(b"HTTP/1.1 200 ")
    assert server.cuts("slow_body") == 0


def test_answer_that_nobody_reads_is_given_up(serving):
    server = serving(seconds=0.1)
    with server.connect(receive_buffer=4096) as slow:
        slow.sendall(b"GET /big HTTP/1.1\r\nHost: localhost\r\n\r\n")
        server.until(lambda: server.connections == 1)
        server.until(lambda: server.connections == 0)
    assert server.cuts("slow_reading") == 1


def test_answer_that_is_read_steadily_comes_whole(serving):
    server = serving(seconds=0.1)
    with server.connect() as reader:
        reader.sendall(b"GET /big HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        size = 0
        while part := reader.recv(400_000):
            size += len(part)
            time.sleep(0.005)
    assert size > 50_000_000
    assert server.cuts("slow_reading") == 0


def test_kept_connection_may_be_idle_between_requests(serving):
    server = serving(seconds=0.2)
    with server.connect() as kept:
        for _ in range(2):
            kept.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert kept.recv(1000).startswith(b"HTTP/1.1 200 ")
            time.sleep(0.5)  # longer than a request may take to come


def test_body_that_is_sent_after_the_answer_came_ends(serving):
    server = serving(seconds=0.3)
    with server.connect() as stubborn:
        stubborn.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000000000\r\n\r\n")
        sent_until_closed(stubborn, bytes(100_000), most=10**11)
    assert server.cuts("slow_headers") == 1


@pytest.mark.parametrize(
    "flood",
    [b"X-Long: " + b"a" * 10_000_000, b"".join(b"X-%d: a\r\n" % number for number in range(500_000))],
    ids=["one endless header", "endless headers"],
)
def test_endless_headers_are_ended_long_before_the_end(serving, flood):
    server = serving(seconds=5)
    with server.connect() as hostile:
        hostile.sendall(b"GET / HTTP/1.1\r\n")
        sent_until_closed(hostile, flood, most=2 * len(flood))
    assert server.cuts("large_headers") == 1


def test_endless_chunk_extensions_are_ended(serving):
    server = serving(seconds=5)
    with server.connect() as hostile:
        hostile.sendall(b"POST /read HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n1;")
        sent_until_closed(hostile, b"a" * 100_000, most=20_000_000)
    assert server.cuts("large_headers") == 1


def test_small_chunks_are_a_body_like_any_other(serving):
    server = serving(seconds=5)
    with server.connect() as frugal:
        frugal.sendall(b"POST /read HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
        frugal.sendall(b"1\r\nx\r\n" * 100_000 + b"0\r\n\r\n")
        assert frugal.recv(1000).endswith(b"100000")


def test_what_is_no_http_is_answered_with_a_problem(serving):
    server = serving()
    with server.connect() as odd:
        odd.sendall(b"\x16\x03\x01 hello\r\n\r\n")
        answer = rest(odd)
    assert answer.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert b'"code": "bad_request"' in answer
