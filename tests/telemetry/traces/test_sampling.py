"""What the head of a trace decides, and what is exported nevertheless because it failed or was slow."""

import os
from datetime import timedelta

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.sdk.trace import sampling
from opentelemetry.trace import (
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    StatusCode,
    TraceFlags,
    TraceState,
    set_span_in_context,
)

from telemetry import TelemetrySettings, instrument, start
from telemetry.traces._head import head_sampler
from telemetry.traces._kept import KeptTraces

SAMPLERS = {
    "always_on": lambda _: sampling.ALWAYS_ON,
    "always_off": lambda _: sampling.ALWAYS_OFF,
    "traceidratio": sampling.TraceIdRatioBased,
    "parentbased_always_on": lambda _: sampling.DEFAULT_ON,
    "parentbased_always_off": lambda _: sampling.DEFAULT_OFF,
    "parentbased_traceidratio": sampling.ParentBasedTraceIdRatio,
}
_PARENTS = st.none() | st.builds(
    SpanContext,
    st.integers(1, 2**128 - 1),
    st.integers(1, 2**64 - 1),
    st.booleans(),
    st.sampled_from([TraceFlags(number) for number in range(4)]),
    st.sampled_from([TraceState(), TraceState([("vendor", "1")])]),
)


@given(st.sampled_from(sorted(SAMPLERS)), st.floats(0, 1), st.integers(1, 2**128 - 1), _PARENTS)
def test_the_head_decides_as_the_sdks_samplers_do(name, ratio, trace_id, parent):
    context = None if parent is None else set_span_in_context(NonRecordingSpan(parent))
    trace_id = trace_id if parent is None else parent.trace_id
    theirs = SAMPLERS[name](ratio).should_sample(context, trace_id, "x", attributes={"a": 1})
    ours = head_sampler(TelemetrySettings(sampler=name, sample_ratio=ratio)).should_sample(
        context, trace_id, "x", attributes={"a": 1}
    )
    assert (ours.decision, ours.trace_state) == (theirs.decision, theirs.trace_state)


@pytest.fixture(params=["contrib", "lean"])
def rarely(request, sink):
    """Settings under which no trace is sampled by its head."""
    return TelemetrySettings(otlp_endpoint=sink.url, sample_ratio=0, span_source=request.param, trace_slow=60)


def make_app(telemetry) -> FastAPI:
    app = FastAPI()
    instrument(app, telemetry)

    @app.get("/fails")
    async def fails() -> None:
        with telemetry.tracer.start_as_current_span("before"):
            pass
        raise ValueError("no")

    @app.get("/works")
    async def works() -> str:
        with telemetry.tracer.start_as_current_span("inner"):
            return "ok"

    @app.get("/missing")
    async def missing() -> str:
        with telemetry.tracer.start_as_current_span("GET", kind=SpanKind.CLIENT) as span:
            span.set_status(StatusCode.ERROR)
        return "not there"

    @app.get("/caught")
    async def caught() -> str:
        with telemetry.tracer.start_as_current_span("part") as span:
            span.set_status(StatusCode.ERROR)
        return "done without it"

    return app


async def ask(telemetry, *paths, headers=None):
    transport = httpx.ASGITransport(make_app(telemetry), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as client:
        return [await client.get(path, headers=headers) for path in paths]


def attributes(span):
    return {pair.key: pair.value.string_value for pair in span.attributes}


def value(telemetry, name, **labels):
    return telemetry.registry.get_sample_value(name, labels)


async def test_requests_that_fail_are_exported_with_what_led_to_it_the_others_are_not(rarely, sink):
    with start(rarely) as telemetry:
        answers = await ask(telemetry, "/works", "/fails", "/works", "/missing")
        assert value(telemetry, "telemetry_traces_kept_total", reason="error") == 1
    assert [span.name for span in sink.spans] == ["before", "GET /fails"]
    before, server = sink.spans
    assert before.parent_span_id == server.span_id
    assert {attributes(span)["plainview.kept"] for span in sink.spans} == {"error"}
    assert int(answers[1].headers["traceparent"][-2:], 16) & 1 == 0
    assert value(telemetry, "telemetry_spans_dropped_total", reason="queue_full") == 0


async def test_a_part_that_fails_keeps_the_request_that_went_on_without_it(rarely, sink):
    with start(rarely) as telemetry:
        await ask(telemetry, "/caught")
    assert [span.name for span in sink.spans] == ["part", "GET /caught"]


async def test_slow_requests_are_exported(rarely, sink):
    with start(rarely.model_copy(update={"trace_slow": timedelta(microseconds=1)})) as telemetry:
        await ask(telemetry, "/works")
        assert value(telemetry, "telemetry_traces_kept_total", reason="slow") == 1
    assert [(span.name, attributes(span)["plainview.kept"]) for span in sink.spans] == [
        ("inner", "slow"),
        ("GET /works", "slow"),
    ]


async def test_an_error_below_a_caller_that_did_not_sample_is_exported(rarely, sink):
    trace = "0af7651916cd43dd8448eb211c80319c"
    with start(rarely) as telemetry:
        await ask(telemetry, "/works", "/fails", headers={"traceparent": f"00-{trace}-b7ad6b7169203331-00"})
    assert {span.trace_id.hex() for span in sink.spans} == {trace}
    assert [span.name for span in sink.spans] == ["before", "GET /fails"]


@pytest.mark.parametrize(
    "change",
    [{"sampler": "always_off"}, {"sampler": "parentbased_always_off"}, {"trace_errors": False}],
    ids=lambda change: next(iter(change)),
)
async def test_nothing_is_kept_where_that_is_switched_off(rarely, sink, change):
    with start(rarely.model_copy(update=change)) as telemetry:
        await ask(telemetry, "/fails")
    assert sink.spans == []


async def test_exemplars_lead_to_spans_that_are_exported_and_to_no_others(rarely, sink):
    with start(rarely) as telemetry:
        await ask(telemetry, "/works", "/fails")
        samples = [sample for family in telemetry.registry.collect() for sample in family.samples if sample.exemplar]
    assert {sample.labels["http_route"] for sample in samples} == {"/fails"}
    assert {sample.exemplar.labels["trace_id"] for sample in samples} == {span.trace_id.hex() for span in sink.spans}


async def test_what_is_sampled_says_nothing_of_being_kept(sink):
    with start(TelemetrySettings(otlp_endpoint=sink.url)) as telemetry:
        await ask(telemetry, "/fails")
    assert all("plainview.kept" not in attributes(span) for span in sink.spans)


@pytest.fixture
def recorded(sink):
    """Give a function that makes a finished, unsampled span with the parent that it is given."""
    settings = TelemetrySettings(otlp_endpoint=sink.url, sample_ratio=0)
    with start(settings) as telemetry:

        def make(parent=None, *, ends=True, **options):
            context = set_span_in_context(parent) if parent is not None else None
            span = telemetry.tracer.start_span("x", context, **options)
            if ends:
                span.end()
            return span

        yield make


def test_two_requests_of_one_trace_wait_apart(recorded):
    traces = KeptTraces(errors=True, slower_than=timedelta(0))
    remote = NonRecordingSpan(SpanContext(5, 6, is_remote=True))
    good, bad = (recorded(remote, ends=False, kind=SpanKind.SERVER) for _ in range(2))
    of_good, of_bad = recorded(good), recorded(bad)
    assert [traces.ended(span) for span in (of_good, of_bad, good)] == [((), None)] * 3
    bad.set_status(StatusCode.ERROR)
    assert traces.ended(bad) == ((of_bad, bad), "error")
    late = recorded(bad)
    assert traces.ended(late) == ((late,), None)


def test_what_waits_is_bounded(recorded, monkeypatch):
    monkeypatch.setattr("telemetry.traces._kept._MOST_WAITING", 10)
    traces = KeptTraces(errors=True, slower_than=timedelta(0))
    roots = [recorded(ends=False) for _ in range(20)]
    for root in roots:
        traces.ended(recorded(root))
    for root in roots:
        root.set_status(StatusCode.ERROR)
    assert [len(traces.ended(root)[0]) for root in roots] == [1] * 10 + [2] * 10


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_child_does_not_export_what_waits_in_its_parent(sink):
    with start(TelemetrySettings(otlp_endpoint=sink.url, sample_ratio=0)) as telemetry:
        with telemetry.tracer.start_as_current_span("root") as root:
            telemetry.tracer.start_span("waits").end()
            child = os.fork()
            if child == 0:
                root.set_status(StatusCode.ERROR)
                root.end()
                os._exit(0 if telemetry.tracer_provider.force_flush(5000) else 1)
        assert os.waitpid(child, 0)[1] == 0
    assert [span.name for span in sink.spans] == ["root"]
