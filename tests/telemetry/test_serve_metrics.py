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
