"""How much one span may hold, by OpenTelemetry's own variables."""

import pytest

from telemetry import TelemetrySettings, start
from telemetry.process_settings import SettingsInvalid


@pytest.fixture
def exporting(sink, monkeypatch):
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", sink.url)


def test_a_long_text_is_cut_off_at_four_thousand_characters_unless_told_otherwise(exporting, sink, monkeypatch):
    for limit in ("", "100"):
        monkeypatch.setenv("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", limit)
        with start(TelemetrySettings.read()) as telemetry, telemetry.tracer.start_as_current_span("x") as span:
            span.set_attribute("text", "a" * 10_000)
            span.add_event("said", {"text": "a" * 10_000, "texts": ["b" * 10_000]})
    lengths = [
        (len(span.attributes[0].value.string_value), len(span.events[0].attributes[0].value.string_value))
        for span in sink.spans
    ]
    assert lengths == [(4096, 4096), (100, 100)]
    assert len(sink.spans[1].events[0].attributes[1].value.array_value.values[0].string_value) == 100


def test_a_span_says_how_much_was_dropped(exporting, sink, monkeypatch):
    for name in ("SPAN_ATTRIBUTE", "SPAN_EVENT", "SPAN_LINK", "EVENT_ATTRIBUTE", "LINK_ATTRIBUTE"):
        monkeypatch.setenv(f"OTEL_{name}_COUNT_LIMIT", "3")
    with start(TelemetrySettings.read()) as telemetry, telemetry.tracer.start_as_current_span("x") as span:
        span.set_attributes({f"a{number}": number for number in range(10)})
        for _ in range(5):
            span.add_event("again", {f"a{number}": number for number in range(4)})
            span.add_link(span.get_span_context(), {f"a{number}": number for number in range(4)})
    (span,) = sink.spans
    assert (len(span.attributes), span.dropped_attributes_count) == (3, 7)
    assert (len(span.events), span.dropped_events_count) == (3, 2)
    assert (len(span.links), span.dropped_links_count) == (3, 2)
    assert [event.dropped_attributes_count for event in span.events] == [1, 1, 1]
    assert [link.dropped_attributes_count for link in span.links] == [1, 1, 1]


def test_the_general_limit_holds_where_a_particular_one_is_not_set(monkeypatch):
    monkeypatch.setenv("OTEL_ATTRIBUTE_COUNT_LIMIT", "5")
    monkeypatch.setenv("OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", "7")
    settings = TelemetrySettings.read()
    assert (settings.attribute_count, settings.event_attribute_count, settings.link_attribute_count) == (5, 7, 5)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("OTEL_SPAN_EVENT_COUNT_LIMIT", "-1"),
        ("OTEL_TRACES_SAMPLER", "sometimes"),
        ("OTEL_TRACES_SAMPLER_ARG", "2"),
        ("PLAINVIEW_TRACE_SLOW_SECONDS", "soon"),
    ],
)
def test_a_wrong_value_is_named_with_its_variable(monkeypatch, variable, value):
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsInvalid, match=rf"{variable}='{value}' is not allowed"):
        TelemetrySettings.read()
