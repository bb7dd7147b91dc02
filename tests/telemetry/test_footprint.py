"""What a service does not use, it does not load: each of these is megabytes in every process."""

import subprocess
import sys

import pytest

PROGRAM = """
import sys
from fastapi import FastAPI
from telemetry import TelemetrySettings, instrument, start
with start(TelemetrySettings(otlp_endpoint="http://127.0.0.1:9", span_source="lean")) as telemetry:
    instrument(FastAPI(), telemetry)
    telemetry.tracer.start_span("x", attributes={"n": 1}).end()
    print("loaded", *sys.modules)
"""


@pytest.fixture(scope="module")
def loaded():
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    return set(next(line for line in done.stdout.splitlines() if line.startswith("loaded ")).split())


@pytest.mark.parametrize(
    "module", ["rich", "pygments", "greenlet", "google.protobuf", "pynvml", "httpx", "packaging", "sqlalchemy", "torch"]
)
def test_a_service_without_need_of_it_does_not_load(module, loaded):
    assert "telemetry.traces._processor" in loaded
    assert module not in loaded


def test_rich_stays_for_an_app_that_wants_it():
    program = "import telemetry.logs, rich.console, structlog; print(structlog.dev.rich, rich.console.Console.__name__)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["None", "Console"]
