"""Calls to other services by whatever client."""

import pytest

from telemetry.meters import HttpClientMeter

COUNT = "http_client_request_duration_seconds_count"


@pytest.fixture
def count(value):
    def read(status="200", error_type="", method="GET", address="far.example"):
        return value(
            COUNT,
            http_request_method=method,
            server_address=address,
            http_response_status_code=status,
            error_type=error_type,
        )

    return read


def test_calls_are_told_apart_by_method_status_and_error(count):
    meter = HttpClientMeter()
    meter.record("get", "far.example", 0.1, status=200)
    meter.record("PROPFIND", "far.example", 0.1, status=207)
    meter.record("GET", "far.example", 0.1, status=503)
    meter.record("GET", "far.example", 2, error=TimeoutError())
    assert count() == 1
    assert count("207", method="_OTHER") == 1
    assert count("503", "503") == 1
    assert count("", "TimeoutError") == 1


def test_hosts_cannot_flood(count):
    meter = HttpClientMeter()
    for number in range(150):
        meter.record("get", f"customer-{number}.example", 0.01, status=200)
    assert count(address="customer-0.example") == 1
    assert count(address="other") == 50
