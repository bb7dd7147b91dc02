"""The contract of the slim span: to whoever makes, changes, reads or exports it, it is the SDK's."""

from __future__ import annotations

import contextlib
import copy
import logging
import pickle
import threading
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk import trace as sdk
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanLimits, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.sdk.trace.sampling import ALWAYS_ON, ParentBased
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    TraceState,
)
from opentelemetry.trace import Span as ApiSpan

from telemetry.traces._encode import encode_request, encode_span
from telemetry.traces._processors import Processors
from telemetry.traces._shared import LayeredAttributes, SharedAttributes
from telemetry.traces._slim_span import SlimSpan
from telemetry.traces._slim_tracer import SlimTracerProvider

REMOTE = SpanContext(0xABC, 0xDEF, True, TraceFlags(1), TraceState([("vendor", "1")]))
OTHER = SpanContext(3, 4, False, TraceFlags(1))


class Counting(IdGenerator):
    def __init__(self) -> None:
        self._last = 0

    def generate_span_id(self) -> int:
        self._last += 1
        return self._last

    generate_trace_id = generate_span_id


class Keeping(SpanProcessor):
    def __init__(self) -> None:
        self.spans: list[ReadableSpan] = []

    def on_end(self, span: ReadableSpan) -> None:
        self.spans.append(span)


class Odd:
    def __str__(self) -> str:
        return "odd"


class Text(str):
    __slots__ = ()


def error() -> ValueError:
    return ValueError("no such thing")


def layered(shared: dict[str, Any], own: dict[str, Any]) -> LayeredAttributes:
    longest = max((len(value) for value in own.values() if isinstance(value, str)), default=0)
    return LayeredAttributes(SharedAttributes(shared), own, longest)


def raising(span: ApiSpan) -> None:
    with contextlib.suppress(ZeroDivisionError), span:
        _ = 1 / 0


def within(span: ApiSpan) -> None:
    with trace.use_span(span, end_on_exit=True):
        assert trace.get_current_span() is span


# What an application may do with a span that has begun.
CALLS: dict[str, Callable[[Any], Any]] = {
    "nothing": lambda _span: None,
    "texts and numbers": lambda span: [span.set_attribute(*pair) for pair in PAIRS.items()],
    "all at once": lambda span: span.set_attributes(PAIRS),
    "one key twice": lambda span: [span.set_attribute(key, value) for key, value in [("a", 1), ("b", 2), ("a", "3")]],
    "sequences": lambda span: span.set_attribute("list", ["a", 1, None, ["b"]]),
    "a mapping": lambda span: span.set_attribute("map", {"a": {"b": 1}, "": 2, 3: 4}),
    "bytes": lambda span: span.set_attribute("bytes", b"\xff\x00"),
    "none": lambda span: span.set_attribute("none", None),
    "an object": lambda span: span.set_attribute("odd", Odd()),
    "an object without a text": lambda span: span.set_attribute("object", object()),
    "a text of a class of its own": lambda span: span.set_attribute(Text("key"), Text("value")),
    "no key": lambda span: span.set_attribute("", 1),
    "a key that is no text": lambda span: span.set_attributes({1: "a", "b": 2}),
    "a key that cannot be one": lambda span: span.set_attribute(["list"], 1),
    "plain ones, then others": lambda span: [span.set_attributes(PAIRS), span.set_attributes({"a": [1], "text": "t"})],
    "a long text": lambda span: span.set_attribute("long", "x" * 100),
    "many": lambda span: [span.set_attribute(f"key {number}", number) for number in range(20)],
    "many at once": lambda span: span.set_attributes({f"key {number}": number for number in range(20)}),
    "many, one again": lambda span: [span.set_attribute(f"key {number % 9}", number) for number in range(12)],
    "shared": lambda span: span.set_attributes(SharedAttributes({"a": 1, "b": "2"})),
    "shared twice": lambda span: [span.set_attributes(SharedAttributes({"a": 1, "b": n})) for n in (2, 3)],
    "shared, then changed": lambda span: [
        span.set_attributes(SharedAttributes({"a": 1, "b": 2})),
        span.set_attribute("a", 3),
        span.set_attributes({"b": 4, "c": 5}),
    ],
    "changed, then shared": lambda span: [
        span.set_attribute("a", 3),
        span.set_attributes(SharedAttributes({"a": 1, "b": 2})),
    ],
    "layered": lambda span: span.set_attributes(layered({"a": 1}, {"b": "2", "c": 3})),
    "layered, then changed": lambda span: [
        span.set_attributes(layered({"a": 1}, {"b": "2"})),
        span.set_attributes({"b": 3, "c": 4}),
        span.set_attributes(layered({"d": "5"}, {})),
        span.set_attributes(layered({"e": 6}, {"a": 7})),
    ],
    "layered, too long": lambda span: span.set_attributes(layered({"a": 1}, {"b": "x" * 100})),
    "layered, too many": lambda span: span.set_attributes(layered({"a": 1}, {f"key {n}": n for n in range(8)})),
    "shared, too long": lambda span: span.set_attributes(SharedAttributes({"a": "x" * 100})),
    "shared, too many": lambda span: span.set_attributes(SharedAttributes({f"key {n}": n for n in range(20)})),
    "events": lambda span: [
        span.add_event("one", timestamp=5),
        span.add_event("two", {"a": 1, "l": ["x"]}, 6),
    ],
    "many events": lambda span: [span.add_event(f"event {number}", timestamp=number) for number in range(9)],
    "an event of many attributes": lambda span: span.add_event("e", {str(n): "x" * 100 for n in range(9)}, 7),
    "links": lambda span: [
        span.add_link(OTHER, {"a": 1}),
        span.add_link(trace.INVALID_SPAN_CONTEXT),
        span.add_link(trace.INVALID_SPAN_CONTEXT, {"b": 2}),
    ],
    "many links": lambda span: [span.add_link(OTHER) for _ in range(9)],
    "an exception": lambda span: span.record_exception(error(), {"exception.message": "other", "a": 1}, 8, True),
    "attributes after an event": lambda span: [span.add_event("e", timestamp=1), span.set_attributes(PAIRS)],
    "another name": lambda span: span.update_name("another"),
    "status": lambda span: span.set_status(StatusCode.ERROR, "bad"),
    "status object": lambda span: span.set_status(Status(StatusCode.ERROR, "bad"), "ignored"),
    "status, ok is final": lambda span: [span.set_status(StatusCode.OK), span.set_status(StatusCode.ERROR, "bad")],
    "status, unset is ignored": lambda span: [span.set_status(StatusCode.ERROR), span.set_status(StatusCode.UNSET)],
    "status of another type": lambda span: span.set_status("bad"),
    "ended twice": lambda span: [span.end(9), span.end(10)],
    "ended and written to": lambda span: [
        span.set_attribute("a", 1),
        span.end(9),
        span.set_attribute("a", 2),
        span.set_attributes({"b": 2}),
        span.set_attributes(SharedAttributes({"c": 3})),
        span.add_event("late"),
        span.add_link(OTHER),
        span.record_exception(error()),
        span.update_name("late"),
        span.set_status(StatusCode.ERROR),
        span.is_recording(),
    ],
    "asked": lambda span: [
        span.is_recording(),
        span.set_attribute("a", 1),
        dict(span.attributes),
        span.set_attribute("a", 2),
        dict(span.attributes),
        (span.name, span.kind, span.parent, span.start_time, span.end_time, span.status.status_code),
        (span.events, span.links, span.resource.attributes, span.instrumentation_scope.name),
        (span.dropped_attributes, span.dropped_events, span.dropped_links),
        span.to_json(indent=None),
        span.get_span_context() == span.context,
        isinstance(span, sdk.Span) and isinstance(span, ReadableSpan),
    ],
    "started again": lambda span: span.start(),
    "its context pickled and copied": lambda span: [
        pickle.loads(pickle.dumps(span.get_span_context()))  # noqa: S301
        == span.get_span_context(),
        copy.deepcopy(span.get_span_context()),
    ],
    "as a context manager that fails": raising,
    "as the current span": within,
}
PAIRS = {"text": "t", "number": -7, "large": 2**63 - 1, "part": 0.5, "flag": True, "empty": "", "ünï": "日本"}

# How a span may begin.
STARTS: dict[str, dict[str, Any]] = {
    "plainly": {},
    "with attributes": {"attributes": PAIRS | {"list": [1, 2]}},
    "with shared attributes": {"attributes": SharedAttributes({"text": "shared", "key 3": 1})},
    "with links": {"links": [Link(OTHER, {"a": 1})]},
    "remote parent": {"context": trace.set_span_in_context(NonRecordingSpan(REMOTE)), "kind": SpanKind.SERVER},
    "no exceptions": {"record_exception": False, "set_status_on_exception": False},
}
LIMITS = {
    "usual": {},
    "small": {
        "max_span_attributes": 8,
        "max_attributes": 3,
        "max_attribute_length": 40,
        "max_events": 4,
        "max_links": 4,
    },
    "none": {"max_span_attributes": SpanLimits.UNSET, "max_events": SpanLimits.UNSET},
    "nothing": {"max_span_attributes": 0, "max_events": 0, "max_links": 0},
}


def outcome(provider: TracerProvider, start: dict[str, Any], call: Callable[[Any], Any]) -> dict[str, Any]:
    kept = Keeping()
    provider.add_span_processor(kept)
    span = provider.get_tracer("a", "1", "schema").start_span("first", start_time=1, **{"context": Context()} | start)
    returned: Any = None
    try:
        returned = call(span)
    except Exception as error:  # noqa: BLE001 - whatever one raises the other must
        returned = repr(error)
    if span.is_recording():
        span.end(9)
    (ended,) = kept.spans
    return {"returned": returned, "ended": shown(ended), "live": shown(span)}


def shown(span: ReadableSpan) -> dict[str, Any]:
    names = ("name", "kind", "context", "parent", "start_time", "end_time", "dropped_attributes", "dropped_events")
    return {name: getattr(span, name) for name in (*names, "dropped_links")} | {
        "attributes": repr(dict(span.attributes or {})),
        "status": (span.status.status_code, span.status.description),
        "events": repr([(e.name, e.timestamp, dict(e.attributes or {}), e.dropped_attributes) for e in span.events]),
        "links": repr([(link.context, dict(link.attributes or {}), link.dropped_attributes) for link in span.links]),
        "resource": span.resource,
        "scope": span.instrumentation_scope,
    }


def provider(cls: type[TracerProvider], limits: dict[str, Any]) -> TracerProvider:
    chosen: dict[str, Any] = {} if cls is TracerProvider else {"active_span_processor": Processors()}
    return cls(
        sampler=ParentBased(ALWAYS_ON),
        resource=Resource({"service.name": "shop"}),
        span_limits=SpanLimits(**limits),
        id_generator=Counting(),
        shutdown_on_exit=False,
        **chosen,
    )


@pytest.fixture(autouse=True)
def _one_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("opentelemetry.sdk.trace", "telemetry.traces._slim_span"):
        monkeypatch.setattr(f"{module}.time_ns", lambda: 9)


@pytest.mark.parametrize("limits", LIMITS.values(), ids=LIMITS)
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_whatever_is_done_to_it_it_is_what_the_sdks_span_would_be(call, limits, caplog):
    def lines() -> list[str]:
        said = [record.getMessage() for record in caplog.records]
        caplog.clear()
        return said

    for start in STARTS.values():
        with caplog.at_level(logging.WARNING):
            theirs, warned = outcome(provider(TracerProvider, limits), start, call), lines()
            ours, said = outcome(provider(SlimTracerProvider, limits), start, call), lines()
        assert ours == theirs, start
        assert [line for line in said if "full" not in line] == [line for line in warned if "full" not in line], start


@pytest.mark.parametrize("limits", LIMITS.values(), ids=LIMITS)
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_both_encoders_write_the_same_span(call, limits):
    for start in STARTS.values():
        span = provider(SlimTracerProvider, limits).get_tracer("a", "1", "schema").start_span("first", **start)
        with contextlib.suppress(Exception):  # compared above
            call(span)
        if span.is_recording():
            span.end()
        ours = ExportTraceServiceRequest.FromString(encode_request([encode_span(span)]))
        assert ours == encode_spans([span]), start


@given(
    st.lists(st.dictionaries(st.text(max_size=3), st.text() | st.booleans() | st.integers(-(2**63), 2**63 - 1))),
    st.none() | st.integers(0, 6),
    st.none() | st.integers(0, 4),
)
def test_any_plain_attributes_within_any_limits(batches, most, longest):
    limits = {"max_span_attributes": most or SpanLimits.UNSET, "max_span_attribute_length": longest}

    def call(span: Any) -> None:
        for number, batch in enumerate(batches):
            span.set_attributes(SharedAttributes(batch) if number % 2 else batch)

    assert outcome(provider(SlimTracerProvider, limits), {}, call) == outcome(
        provider(TracerProvider, limits), {}, call
    )


def test_an_exported_span_stays_slim():
    """Else nothing is gained: only somebody else's processor makes it one of the SDK's."""
    span = provider(SlimTracerProvider, {}).get_tracer("a").start_span("a", attributes=SharedAttributes({"a": 1}))
    span.set_attributes({"b": "2"})
    span.update_name("b")
    span.end()
    encode_span(span)
    assert isinstance(span, SlimSpan)
    assert span.plain() == [{"a": 1}, {"b": "2"}]


def test_tracers_of_the_process_make_slim_spans_and_those_of_a_provider_of_the_apps_own_do_not(telemetry):
    assert type(telemetry.tracer.start_span("a")) is SlimSpan
    assert type(TracerProvider(shutdown_on_exit=False).get_tracer("a").start_span("a")) is not SlimSpan


@pytest.mark.parametrize("changed", ["a field more", "counted", "other processors"])
def test_with_another_sdk_its_own_spans_are_made(monkeypatch, changed):
    chosen = provider(SlimTracerProvider, {})
    if changed == "a field more":
        init = sdk.Span.__init__

        def longer(self: Any, *args: Any, **kwargs: Any) -> None:
            init(self, *args, **kwargs)
            self._new_field = 1

        monkeypatch.setattr(sdk.Span, "__init__", longer)
    elif changed == "counted":
        monkeypatch.setenv("OTEL_PYTHON_SDK_INTERNAL_METRICS_ENABLED", "true")
    else:
        chosen._active_span_processor = sdk.SynchronousMultiSpanProcessor()
    kept = Keeping()
    chosen.add_span_processor(kept)
    tracer = chosen.get_tracer("a")
    assert type(tracer) is sdk.Tracer
    tracer.start_span("a", attributes=SharedAttributes({"b": 1})).end()
    assert dict(kept.spans[0].attributes or {}) == {"b": 1}


def test_threads_that_write_while_the_span_ends_break_nothing():
    spans = [provider(SlimTracerProvider, {}).get_tracer("a").start_span("a") for _ in range(40)]
    begin = threading.Barrier(3)
    logging.getLogger("opentelemetry.sdk.trace").disabled = True

    def write(of: int) -> None:
        begin.wait()
        for span in spans:
            for number in range(50):
                span.set_attribute(f"{of} {number}", number if number % 9 else [number])

    threads = [threading.Thread(target=write, args=(of,)) for of in range(2)]
    for thread in threads:
        thread.start()
    begin.wait()
    for span in spans:
        span.end()
        before = encode_span(span)
        assert encode_span(span) == before
    for thread in threads:
        thread.join()
    logging.getLogger("opentelemetry.sdk.trace").disabled = False
