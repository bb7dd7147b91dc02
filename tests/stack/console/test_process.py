"""`python -m stack.console` as a process: three ports, one stop, no secret in what it writes."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

pytestmark = pytest.mark.slow

TOKEN = "a-token-of-thirty-two-characters"
ROOT = Path(__file__).parents[3]


@pytest.fixture
def run(tmp_path):
    """Start consoles with free ports; return each process with the ports it says it listens on."""
    processes = []

    def start(**variables) -> tuple[subprocess.Popen, list[int]]:
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith(("PLAINVIEW_", "OTEL_"))
        }
        environment |= {
            "PLAINVIEW_HOME": str(tmp_path),
            "PLAINVIEW_CONSOLE_TOKEN": TOKEN,
            "PLAINVIEW_CONSOLE_PORT": "0",
            "PLAINVIEW_TRACESTORE": "on",
            "PLAINVIEW_TRACESTORE_OTLP_PORT": "0",
            "PLAINVIEW_TRACESTORE_QUERY_PORT": "0",
            "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318",
        }
        environment |= {f"PLAINVIEW_{name}": value for name, value in variables.items()}
        process = subprocess.Popen(
            [sys.executable, "-m", "stack.console"],
            cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        processes.append(process)
        return process

    yield start
    for process in processes:
        process.kill()
        process.wait()
        process.stdout.close()


def ports_of(process) -> list[int]:
    for line in process.stdout:
        if found := re.search(r'"ports":\[([\d,]+)\]', line):
            return [int(port) for port in found[1].split(",")]
    raise AssertionError("the console ended before it listened")


def wait_until_ready(*ports: int) -> None:
    for port in ports:
        for _ in range(200):
            try:
                if httpx.get(f"http://127.0.0.1:{port}/health/ready").status_code == 200:
                    break
            except httpx.TransportError:
                pass
            time.sleep(0.02)
        else:
            raise AssertionError(f"port {port} did not become ready")


@pytest.mark.slow
def test_spans_in_at_one_port_are_seen_through_the_console_at_another(run):
    process = run()
    console, otlp, query = ports_of(process)
    process.terminate()
    process.wait(10)
    process = run(JAEGER_URL=f"http://127.0.0.1:{query}", TRACESTORE_QUERY_PORT=str(query))
    console, otlp, query = ports_of(process)
    wait_until_ready(console, otlp, query)
    request = ExportTraceServiceRequest()
    span = request.resource_spans.add().scope_spans.add().spans.add(name="hello")
    span.trace_id, span.span_id = b"t" * 16, b"s" * 8
    span.start_time_unix_nano = span.end_time_unix_nano = time.time_ns()
    headers = {"content-type": "application/x-protobuf"}
    sent = httpx.post(f"http://127.0.0.1:{otlp}/v1/traces", content=request.SerializeToString(), headers=headers)
    assert sent.status_code == 200
    with httpx.Client(base_url=f"http://127.0.0.1:{console}", follow_redirects=True) as client:
        assert client.get("/sign-in", params={"token": TOKEN}).status_code == 200
        trace = client.get(f"/api/jaeger/traces/{(b't' * 16).hex()}").json()["data"][0]
        assert trace["spans"][0]["operationName"] == "hello"
        # Looking at traces leaves no traces: the console's own requests are not among the services.
        assert client.get("/api/jaeger/services").json()["data"] == ["OTLPResourceNoServiceName"]
        metrics = client.get("/metrics").text
    assert "tracestore_spans_received_total 1.0" in metrics
    assert 'http_route="/api/jaeger/{path}"' in metrics
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=10)
    assert process.returncode == 0
    assert time.monotonic() - began < 5
    assert TOKEN not in output
    assert '"event":"http.request"' in output
    assert "Traceback" not in output


def test_foreign_host_names_reach_none_of_the_ports(run):
    process = run()
    console, otlp, query = ports_of(process)
    wait_until_ready(console, otlp, query)
    for port, path in ((console, "/"), (otlp, "/v1/traces"), (query, "/api/services")):
        answer = httpx.get(f"http://127.0.0.1:{port}{path}", headers={"host": "evil.example"})
        assert answer.status_code == 421


def test_taken_port_is_named_with_its_setting(run):
    first = run()
    console, _, _ = ports_of(first)
    second = run(CONSOLE_PORT=str(console))
    output, _ = second.communicate(timeout=20)
    assert second.returncode == 2
    assert f"PLAINVIEW_CONSOLE_PORT={console}: cannot listen on 127.0.0.1:{console}" in output
    assert "Traceback" not in output


def test_missing_token_is_said_in_one_line(run):
    process = run(CONSOLE_TOKEN="")
    output, _ = process.communicate(timeout=20)
    assert process.returncode == 2
    assert output.startswith("console: ")
    assert "PLAINVIEW_CONSOLE_TOKEN_FILE" in output
    assert output.count("\n") == 1


def test_unreadable_store_is_said_in_one_line(run, tmp_path):
    (tmp_path / "folder").mkdir()
    process = run(TRACESTORE_PATH=str(tmp_path / "folder"))
    output, _ = process.communicate(timeout=20)
    assert process.returncode == 2
    assert "unable to open database file" in output
    assert "Traceback" not in output


def test_idle_memory_stays_within_its_budget(run):
    process = run()
    wait_until_ready(*ports_of(process))
    status = Path(f"/proc/{process.pid}/status").read_text()
    resident = int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) / 1024
    assert resident < 96, "the console with the trace store has a budget of 80 MiB; 96 leaves room for other platforms"


def test_console_that_is_open_leaves_the_trace_store_on_loopback(run):
    process = run(CONSOLE_HOST="0.0.0.0")  # noqa: S104 - what is asked of it
    addresses = dict(zip(("console", "otlp", "query"), ports_of(process), strict=True))
    rows = [row.split() for row in Path(f"/proc/{process.pid}/net/tcp").read_text().splitlines()[1:]]
    bound = {int(row[1].partition(":")[2], 16): row[1].partition(":")[0] for row in rows if row[3] == "0A"}
    assert bound[addresses["console"]] == "00000000"
    assert {bound[addresses["otlp"]], bound[addresses["query"]]} == {"0100007F"}
