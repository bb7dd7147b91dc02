"""What a running service emits, held against OpenTelemetry's semantic conventions as installed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
import websockets.sync.client
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from prometheus_client.parser import text_string_to_metric_families as parse

from telemetry import catalog
from tests.app.processes import ROOT
from tests.telemetry.conventions.registry import ATTRIBUTES, CHOICES, IN_DEVELOPMENT, STABLE
from tests.telemetry.sink import Sink

pytestmark = [pytest.mark.integration, pytest.mark.slow]

OURS = "plainview."
NUMBERS = {"server.port", "client.port", "network.peer.port", "http.response.status_code", "http.request.resend_count"}
#: Not stable in the conventions yet, and used all the same: why.
NOT_STABLE = {"process.pid": "tells which of several server processes speaks, as log lines do"}
REQUIRED = ("http.request.method", "url.path", "url.scheme")
#: Required where there is something to say: in each of our requests there is.
CONDITIONALLY = ("http.response.status_code", "network.protocol.version", "server.address", "server.port")
RESOURCE = (
    "service.name",
    "service.instance.id",
    "telemetry.sdk.name",
    "telemetry.sdk.language",
    "telemetry.sdk.version",
)


@dataclass
class Emitted:
    """What came out of one run."""

    spans: list[Span] = field(default_factory=list)
    resources: list[dict[str, Any]] = field(default_factory=list)
    metrics: dict[str, Any] = field(default_factory=dict)

    def of_kind(self, kind: int) -> list[Span]:
        return [span for span in self.spans if span.kind == kind]


@pytest.fixture(scope="module", params=["contrib", "lean"])
def emitted(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emitted]:
    """All that a service emitted that was used once in every way; each source of spans in turn."""
    command = [sys.executable, "-m", "tests.telemetry.conventions.running", str(tmp_path_factory.mktemp("shop"))]
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OTEL_", "PLAINVIEW_"))}
    with Sink() as sink:
        environment = {**kept, "OTEL_EXPORTER_OTLP_ENDPOINT": sink.url, "PLAINVIEW_SPAN_SOURCE": request.param}
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
        try:
            text = _use(int(process.stdout.readline()))
        finally:
            process.terminate()
            process.communicate(timeout=10)
        assert process.returncode == 0
        yield Emitted(
            sink.spans,
            [_attributes(resource) for resource in sink.resources],
            {family.name: family for family in parse(text)},
        )


def _use(port: int) -> str:
    """Use every route once and return the exposition."""
    url = f"http://127.0.0.1:{port}"
    # uvicorn ends the connection of a request whose handler raised.
    one_each = httpx.Limits(max_keepalive_connections=0)
    with httpx.Client(base_url=url, headers={"user-agent": "probe/1"}, limits=one_each) as client:
        client.get("/items/7", params={"full": "yes"}).raise_for_status()
        client.post("/asks", params={"port": port}).raise_for_status()
        assert client.get("/fails").status_code == 500
        client.get("/streams").raise_for_status()
        client.request("PROPFIND", "/items/7")
        with websockets.sync.client.connect(f"ws://127.0.0.1:{port}/talk/a") as socket:
            socket.send("hello")
            assert socket.recv() == "helloa"
        return client.get("/metrics").text


def _attributes(holder: Any) -> dict[str, Any]:
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in holder.attributes}


def test_the_run_made_every_kind_of_span(emitted) -> None:
    names = {span.name for span in emitted.spans}
    assert {"GET /items/{item}", "POST /asks", "GET /fails", "GET /streams", catalog.Span.GPU_WORK} <= names
    assert {"GET"} <= {span.name for span in emitted.of_kind(Span.SPAN_KIND_CLIENT)}
    assert any("db.system.name" in _attributes(span) for span in emitted.spans)
    assert any("/talk/{room}" in name for name in names)


def test_every_attribute_of_a_span_is_stable_or_our_own(emitted) -> None:
    for span in emitted.spans:
        strange = {name for name in _attributes(span) if not name.startswith(OURS)} - ATTRIBUTES - NOT_STABLE.keys()
        assert strange == set(), span.name
        for event in span.events:
            assert {name for name in _attributes(event) if not name.startswith(OURS)} <= ATTRIBUTES, event.name


def test_our_own_attributes_are_in_the_catalog(emitted) -> None:
    declared = {value for name, value in vars(catalog.Attribute).items() if name.isupper()}
    used = {name for span in emitted.spans for name in _attributes(span) if name.startswith(OURS)}
    assert used <= declared


def test_types_and_well_known_values_are_those_of_the_conventions(emitted) -> None:
    for span in emitted.spans:
        for name, value in _attributes(span).items():
            if name.startswith(OURS):
                continue
            assert isinstance(value, int if name in NUMBERS else str), f"{span.name}: {name}={value!r}"
            if name == "http.request.method":
                assert value in CHOICES[name], span.name
            if name == "db.system.name":
                assert value in {*CHOICES[name], "sqlite"}


def test_server_spans_have_what_is_required(emitted) -> None:
    requests = [s for s in emitted.of_kind(Span.SPAN_KIND_SERVER) if "http.response.status_code" in _attributes(s)]
    assert len(requests) >= 5
    for span in requests:
        found = _attributes(span)
        assert {*REQUIRED, *CONDITIONALLY} <= found.keys(), span.name
        if "http.route" in found:
            assert span.name == f"{span.name.split()[0]} {found['http.route']}"
        assert span.status.code == (2 if found["http.response.status_code"] >= 500 else 0), span.name
        if found["http.response.status_code"] >= 500:
            assert found["error.type"]


def test_unknown_method_is_other_and_its_own_name_is_kept(emitted) -> None:
    (span,) = [s for s in emitted.spans if _attributes(s).get("http.request.method") == "_OTHER"]
    assert _attributes(span)["http.request.method_original"] == "PROPFIND"
    assert span.name.split()[0] == "HTTP"


def test_client_spans_have_what_is_required(emitted) -> None:
    (call,) = [s for s in emitted.of_kind(Span.SPAN_KIND_CLIENT) if "http.request.method" in _attributes(s)]
    found = _attributes(call)
    assert {
        "http.request.method",
        "server.address",
        "server.port",
        "url.full",
        "http.response.status_code",
    } <= found.keys()
    assert (call.status.code, found["error.type"]) == (2, "404")


def test_resource_says_who_speaks(emitted) -> None:
    for resource in emitted.resources:
        assert set(RESOURCE) <= resource.keys()
        assert {name for name in resource if not name.startswith(OURS)} - NOT_STABLE.keys() <= ATTRIBUTES
        assert (resource["service.name"], resource["telemetry.sdk.name"]) == ("shop", "opentelemetry")


def test_http_metrics_are_the_stable_ones_in_their_prometheus_form(emitted) -> None:
    duration = STABLE["http_server_request_duration_seconds"]
    assert (duration.kind, duration.unit) == ("histogram", "s")
    family = emitted.metrics[duration.in_prometheus]
    assert family.type == "histogram"
    labels = {name for sample in family.samples for name in sample.labels} - {"le"}
    assert labels == {
        name.replace(".", "_") for name in ("http.request.method", "http.route", "http.response.status_code")
    }


#: What OpenTelemetry calls an up-down counter, Prometheus calls a gauge.
IN_PROMETHEUS = {"updowncounter": "gauge", "counter": "counter", "histogram": "histogram", "gauge": "gauge"}


@pytest.mark.parametrize(
    "metric", [m for m in catalog.metrics() if m.name in STABLE | IN_DEVELOPMENT], ids=lambda m: m.name
)
def test_catalog_entry_that_has_a_convention_follows_it(metric) -> None:
    convention = (IN_DEVELOPMENT | STABLE)[metric.name]
    assert metric.type == IN_PROMETHEUS[convention.kind]


@pytest.mark.parametrize("metric", [m for m in catalog.metrics() if m.name.startswith("http_")], ids=lambda m: m.name)
def test_http_metric_of_the_catalog_is_one_of_the_conventions(metric) -> None:
    assert metric.name in STABLE | IN_DEVELOPMENT
    assert set(metric.labels) <= {name.replace(".", "_") for name in ATTRIBUTES}
