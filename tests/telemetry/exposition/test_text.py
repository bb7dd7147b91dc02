"""The fast writer against the client's own: the same bytes, whatever stands in the registry."""

import math
import time
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, Summary
from prometheus_client.exposition import choose_encoder
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from telemetry import TelemetrySettings, catalog, start
from telemetry._families import Families
from telemetry.exposition._text import Text, rendered

OPENMETRICS = "application/openmetrics-text;version=1.0.0"
ACCEPTS = {
    "text": "",
    "openmetrics": OPENMETRICS,
    "openmetrics without a version": "application/openmetrics-text",
    "prometheus 3": f"{OPENMETRICS};escaping=allow-utf-8;q=0.6,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.5",
    "text 1.0": "text/plain;version=1.0.0;escaping=allow-utf-8",
    "dots": f"{OPENMETRICS};escaping=dots",
}
ANY_TEXT = st.text(max_size=20)
NUMBERS = st.floats(allow_nan=True, allow_infinity=True)


def stock(registry, accept):
    encoder, content_type = choose_encoder(accept)
    return encoder(registry), content_type


def all_kinds(values=("a",), number=1.5) -> CollectorRegistry:
    registry = Families(CollectorRegistry()).registry  # leaves the client's `_created` out
    registry = CollectorRegistry()
    counter = Counter("orders", 'Orders, "all"\nof \\them.', ["shop", "kind"], registry=registry)
    gauge = Gauge("depth_seconds", "Depth.", ["z", "a"], unit="seconds", registry=registry)
    histogram = Histogram("took_seconds", "Took.", ["route", "z"], buckets=(0.1, 2.5, 1e7), registry=registry)
    for value in values:
        counter.labels(value, "x").inc(1 if math.isnan(number) else abs(number), {"trace_id": "ab", "span_id": "c"})
        gauge.labels(value, "x").set(number)
        histogram.labels(value, "x").observe(number, {"trace_id": "ab"})
        histogram.labels(value, "x").observe(0.05)
    Gauge("plain", "No labels.", registry=registry).set_function(lambda: number)
    Counter("never", "No children.", ["a"], registry=registry)
    Histogram("below", "A first bound below zero.", buckets=(-1, 0), registry=registry).observe(-2)
    Counter("rule:orders", "A name that the client escapes.", registry=registry).inc()
    Summary("summed", "Foreign.", ["a"], registry=registry).labels("x").observe(2)
    Info("built", "Foreign too.", registry=registry).info({"version": "1"})
    registry.set_target_info({"env": "test"})
    return registry


@pytest.mark.parametrize("accept", ACCEPTS.values(), ids=ACCEPTS.keys())
def test_every_kind_of_family_is_written_as_the_client_writes_it(accept):
    registry = all_kinds(("a", 'quo"te', "back\\slash", "new\nline", "sök"), 1234567.0)
    text = Text()
    assert rendered(registry, accept, text) == stock(registry, accept)
    assert rendered(registry, accept, text) == stock(registry, accept), "also from what was kept"


@given(st.lists(ANY_TEXT, max_size=4, unique=True), NUMBERS)
def test_any_label_value_and_number_is_written_as_the_client_writes_it(values, number):
    registry = all_kinds(values, number)
    for accept in (ACCEPTS["text"], ACCEPTS["openmetrics"]):
        assert rendered(registry, accept) == stock(registry, accept)


@given(st.lists(ANY_TEXT, min_size=1, max_size=4, unique=True), st.floats(0, 1e12))
def test_any_label_value_survives_writing_and_parsing(values, number):
    registry = CollectorRegistry()
    histogram = Histogram("took_seconds", "Took.", ["route"], registry=registry)
    for value in values:
        histogram.labels(value).observe(number, {"trace_id": "ab"})
    for parse, accept in ((parse_text, ""), (parse_openmetrics, OPENMETRICS)):
        (family,) = parse(rendered(registry, accept)[0].decode())
        sums = {s.labels["route"]: s.value for s in family.samples if s.name == "took_seconds_sum"}
        assert sums == dict.fromkeys(values, number)


def test_the_whole_catalog_is_written_as_the_client_writes_it():
    families = Families(CollectorRegistry())
    for metric in catalog.metrics():
        made = {"counter": families.counter, "histogram": families.histogram}.get(metric.type, families.gauge)(metric)
        child = made.labels(*metric.labels) if metric.labels else made
        getattr(child, {"counter": "inc", "histogram": "observe"}.get(metric.type, "set"))(1)
    names = {metric.name for metric in catalog.metrics()}
    for accept in ACCEPTS.values():
        ours, theirs = (text(families.registry, accept)[0].decode().splitlines() for text in (rendered, stock))
        own = [line for line in theirs if any(name in line for name in names)]
        assert [line for line in ours if any(name in line for name in names)] == own
        assert len(ours) == len(theirs)  # the rest is of this process: its memory and times move


def test_an_apps_own_metrics_in_the_default_registry_are_written_too():
    from prometheus_client import REGISTRY  # noqa: PLC0415

    own = Counter("shop_orders", "Orders.")
    try:
        own.inc(3)
        with start(TelemetrySettings()) as telemetry:
            text = rendered(telemetry.registry, "")[0].decode()
    finally:
        REGISTRY.unregister(own)
    assert "shop_orders_total 3.0\n" in text
    assert "process_resident_memory_bytes " in text


def test_removed_children_are_gone_and_new_ones_there():
    registry = CollectorRegistry()
    gauge = Gauge("depth", "Depth.", ["queue"], registry=registry)
    gauge.labels("a").set(1)
    rendered(registry, "")
    gauge.remove("a")
    gauge.labels("b").set(2)
    assert rendered(registry, "") == stock(registry, "")


def test_a_scrape_of_five_thousand_series_costs_a_fraction_of_the_clients():
    registry = Families(CollectorRegistry()).registry
    histogram = Histogram("took_seconds", "Took.", ["route", "method"], registry=registry)
    for number in range(294):  # 17 lines each
        for seconds in (0.001, 0.03, 0.3, 3):
            histogram.labels(f"/items/{number}", "GET").observe(seconds, {"trace_id": "a" * 32, "span_id": "b" * 16})

    def seconds(write) -> float:
        began = time.process_time()
        write(registry, OPENMETRICS)
        return time.process_time() - began

    ours = partial(rendered, text=Text())
    ours(registry, OPENMETRICS)
    # Some 4 ms against 45; a third leaves room for whatever else the machine does.
    assert min(seconds(ours) for _ in range(5)) < min(seconds(stock) for _ in range(3)) / 3
