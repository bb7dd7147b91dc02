import socket

import httpx
import pytest


@pytest.fixture
def served(telemetry):
    state = {"ready": True}

    def ready():
        if state["ready"] is None:
            raise RuntimeError("cannot tell")
        return state["ready"]

    with telemetry.serve_metrics("127.0.0.1", 0, ready=ready) as port:
        yield state, httpx.Client(base_url=f"http://127.0.0.1:{port}")


def test_metrics_and_health_are_served(served):
    state, client = served
    assert "plainview_build_info" in client.get("/metrics").text
    accept = {"accept": "application/openmetrics-text"}
    assert client.get("/metrics", headers=accept).text.endswith("# EOF\n")
    assert client.get("/health/live").json() == {"status": "live"}
    assert client.get("/health/ready").json() == {"status": "ready"}
    assert client.get("/nothing").status_code == 404
    for not_ready in (False, None):
        state["ready"] = not_ready
        assert client.get("/health/ready").status_code == 503
        assert client.get("/health/live").status_code == 200


def test_a_taken_port_is_named(telemetry):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match=f"127.0.0.1:{port}"):
            telemetry.serve_metrics("127.0.0.1", port, ready=lambda: True).__enter__()


def test_startup_once_true_stays_true(served):
    state, client = served
    state["ready"] = False
    assert client.get("/health/startup").status_code == 503
    state["ready"] = True
    for path in ("/health/startup", "/health", "/ready"):
        assert client.get(path).status_code == 200
    state["ready"] = False
    assert client.get("/health/startup").json() == {"status": "started"}
    assert client.get("/ready").status_code == 503


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/metrics", 200), ("GET", "/health/live", 200), ("GET", "/nothing", 404), ("POST", "/metrics", 501)],
)
def test_answers_have_the_headers_of_all_answers_and_name_no_server(served, method, path, status):
    answer = served[1].request(method, path)
    assert answer.status_code == status
    headers = answer.headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert "server" not in headers


@pytest.mark.slow
def test_connections_that_are_too_many_are_ended_and_probes_answered_again(served):
    client = served[1]
    address = ("127.0.0.1", client.base_url.port)
    idle = [socket.create_connection(address, timeout=5) for _ in range(33)]
    assert idle[-1].recv(1) == b""
    for each in idle:
        each.close()
    answers = (_answered(client) for _ in range(1000))
    assert next(answer for answer in answers if answer)


def _answered(client):
    """Say whether the probe was answered; until the threads see that their clients left, it is not."""
    try:
        return client.get("/health/live").status_code == 200
    except httpx.TransportError:
        return False


def test_request_that_trickles_in_is_ended(telemetry, monkeypatch):
    monkeypatch.setattr("telemetry._serve._SECONDS", 0.2)
    with (
        telemetry.serve_metrics("127.0.0.1", 0, ready=lambda: True) as port,
        socket.create_connection(("127.0.0.1", port), timeout=0.05) as slow,
    ):
        sent = 0
        while _is_open(slow):
            slow.sendall(b"G")
            sent += 1
        assert 1 < sent < 100


def _is_open(connection):
    try:
        return connection.recv(1) != b""
    except TimeoutError:
        return True
    except ConnectionResetError:
        return False
