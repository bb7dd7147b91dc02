"""However many values a label is given, a family stays small and loses nothing."""

import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families

from telemetry import Metric, catalog
from telemetry._families import Families
from telemetry.catalog import MetricInvalid
from telemetry.exposition._text import rendered

BOUND = 5
OPEN = Metric("guarded_orders_total", "counter", "Orders.", labels=("customer",), bound=BOUND)
MIXED = Metric(
    "guarded_visits_total",
    "counter",
    "Visits.",
    labels=("page", "device"),
    values={"device": ("web", "app")},
    bound=BOUND,
)
WIDE = Metric("guarded_clicks_total", "counter", "Clicks.", labels=("a", "b", "c"), bound=BOUND)
SIZES = Metric("guarded_basket_items", "histogram", "Items.", labels=("customer",), buckets=(1.0, 10.0), bound=BOUND)


def samples(families, name):
    found = (sample for family in families.registry.collect() for sample in family.samples)
    return {tuple(sample.labels.values()): sample.value for sample in found if sample.name == name}


def dropped(families, metric, label):
    return families.registry.get_sample_value(
        "telemetry_label_values_dropped_total", {"metric": metric.name, "label": label}
    )


@given(st.lists(st.tuples(st.text(st.characters(exclude_categories=())), st.integers(0, 1000)), max_size=60))
@settings(max_examples=200)
def test_any_flood_leaves_at_most_bound_and_one_series_and_the_sum_is_exact(flood):
    families = Families(CollectorRegistry(), bare=True)
    counter, sizes = families.counter(OPEN), families.histogram(SIZES)
    for customer, amount in flood:
        counter.labels(customer).inc(amount)
        sizes.labels(customer=customer).observe(amount)
    found = samples(families, "guarded_orders_total")
    assert len(found) <= BOUND + 1
    assert sum(found.values()) == sum(amount for _, amount in flood)
    assert sum(samples(families, "guarded_basket_items_sum").values()) == sum(amount for _, amount in flood)
    assert sum(samples(families, "guarded_basket_items_count").values()) == len(flood)
    names = {customer.encode("utf-8", "replace").decode() for customer, _ in flood} - {"other", "unattributed"}
    if len(names) <= BOUND:
        assert dropped(families, OPEN, "customer") is None
    list(text_string_to_metric_families(rendered(families.registry, "")[0].decode()))


@given(st.lists(st.tuples(*[st.sampled_from("abcdefghijklmnopqrstuvwxyz")] * 3), max_size=300))
@settings(max_examples=50)
def test_values_of_several_labels_cannot_multiply_without_end(flood):
    families = Families(CollectorRegistry(), bare=True)
    clicks = families.counter(WIDE)
    for values in flood:
        clicks.labels(*values).inc()
    found = samples(families, "guarded_clicks_total")
    assert len(found) <= 10 * BOUND + 1
    assert sum(found.values()) == len(flood)


def test_a_new_value_beyond_the_bound_is_other_and_counted():
    families = Families(CollectorRegistry(), bare=True)
    counter = families.counter(OPEN)
    for number in range(8):
        counter.labels(f"c{number}").inc()
    counter.labels("c0").inc()
    assert samples(families, "guarded_orders_total") == {
        **{(f"c{n}",): 1 for n in range(BOUND)},
        ("c0",): 2,
        ("other",): 3,
    }
    assert dropped(families, OPEN, "customer") == 3


def test_a_closed_label_keeps_its_set_and_stays_known_when_another_overflows():
    families = Families(CollectorRegistry(), bare=True)
    visits = families.counter(MIXED)
    for number in range(20):
        visits.labels(page=f"/p{number}", device=("web", "app", "fridge")[number % 3]).inc()
    found = samples(families, "guarded_visits_total")
    assert {device for _, device in found} == {"web", "app", "other"}
    assert sum(value for (_, device), value in found.items() if device == "web") == 7
    assert len({page for page, _ in found}) == BOUND + 1
    assert dropped(families, MIXED, "device") == 6


def test_half_a_character_does_not_end_the_scrape():
    families = Families(CollectorRegistry(), bare=True)
    families.counter(OPEN).labels("bad \ud800 half").inc()
    assert b'customer="bad ? half"} 1.0' in rendered(families.registry, "")[0]


def test_a_known_series_is_found_without_a_lock():
    families = Families(CollectorRegistry(), bare=True)
    counter = families.counter(OPEN)
    child = counter.labels("acme")
    with counter._lock, counter.guard.lock:
        assert counter.labels("acme") is child
        assert counter.labels(customer="acme") is child


def test_threads_that_flood_together_break_neither_bound_nor_sum():
    families = Families(CollectorRegistry(), bare=True)
    counter = families.counter(OPEN)
    start = threading.Barrier(8)

    def flood(offset):
        start.wait()
        for number in range(500):
            counter.labels(f"c{(number * 7 + offset) % 40}").inc()

    threads = [threading.Thread(target=flood, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = samples(families, "guarded_orders_total")
    assert len(found) == BOUND + 1
    assert sum(found.values()) == 4000


@pytest.mark.parametrize("wrong", [{"client": "x"}, {}, {"customer": "x", "more": "y"}])
def test_wrong_label_names_are_still_an_error(wrong):
    families = Families(CollectorRegistry(), bare=True)
    with pytest.raises(ValueError, match="label"):
        families.counter(OPEN).labels(**wrong)


def test_a_name_that_is_exported_cannot_be_declared_as_something_else():
    families = Families(CollectorRegistry(), bare=True)
    families.gauge(Metric("guarded_open", "gauge", "One."))
    with pytest.raises(MetricInvalid, match=r"another entry has it \(One\.\)"):
        families.gauge(Metric("guarded_open", "gauge", "Another."))


@pytest.mark.parametrize("metric", [m for m in catalog.metrics() if m.labels], ids=lambda metric: metric.name)
def test_no_family_of_the_catalog_can_be_flooded(metric):
    """By values that differ in every label at once; custom collectors, which take no values from outside, apart."""
    families = Families(CollectorRegistry(), bare=True)
    made = {"counter": families.counter, "histogram": families.histogram}.get(metric.type, families.gauge)(metric)
    if metric is catalog.LABELS_DROPPED:
        pytest.skip("its labels are names of entries and of their labels")
    for number in range(metric.bound + 50):
        child = made.labels(*(f"{label}-{number}" for label in metric.labels))
        child.observe(1) if metric.type == "histogram" else child.inc(1)
    name = f"{metric.name}_count" if metric.type == "histogram" else metric.name
    found = samples(families, name)
    assert len(found) <= metric.bound + 1
    assert sum(found.values()) == metric.bound + 50
