"""What may not stand in a catalog entry, and what its error says."""

import gc
import subprocess
from contextlib import suppress
from itertools import product

import pytest
from prometheus_client import CollectorRegistry

from telemetry import Metric, catalog
from telemetry._families import Families
from telemetry.catalog import API_SECONDS, MetricInvalid
from telemetry.exposition._text import rendered

GOOD = {"name": "shop_orders_total", "type": "counter", "help": "Orders placed.", "labels": ("plan",)}
TIMES = {"name": "shop_order_seconds", "type": "histogram", "help": "Time.", "unit": "seconds", "buckets": API_SECONDS}


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (GOOD | {"name": "shopOrders_total"}, "name='shopOrders_total' is not allowed: small letters"),
        (GOOD | {"name": "shop__orders_total"}, "name='shop__orders_total' is not allowed: small letters"),
        (GOOD | {"name": "shop_orders"}, "name='shop_orders' is not allowed: a counter ends in _total"),
        (GOOD | {"type": "gauge"}, "name='shop_orders_total' is not allowed: only a counter ends in _total"),
        (GOOD | {"type": "summary"}, "type='summary' is not allowed: one of counter, gauge, histogram, info"),
        (GOOD | {"type": "gauge", "name": "shop_basket_count"}, "_bucket, _count, _created, _sum belong to"),
        (GOOD | {"name": "python_info", "type": "info"}, "Prometheus and its client have series of this name"),
        (GOOD | {"help": "orders"}, "help='orders' is not allowed: one line that begins with a capital"),
        (GOOD | {"help": "Orders.\nMany."}, "is not allowed: one line"),
        (TIMES | {"unit": ""}, "unit='' is not allowed: the name says 'seconds'"),
        (TIMES | {"unit": "ms", "name": "shop_order_ms"}, "unit='ms' is not allowed: the base unit seconds"),
        (TIMES | {"unit": "bytes"}, "name='shop_order_seconds' is not allowed: with unit='bytes' it ends in _bytes"),
        (GOOD | {"type": "gauge", "name": "shop_full_percent"}, "name='percent' is not allowed: the base unit ratio"),
        (GOOD | {"name": "shop_order_kilobytes_total"}, "name='kilobytes' is not allowed: the base unit bytes"),
        (GOOD | {"name": "shop_orders_ms_total"}, "name='ms' is not allowed: the base unit seconds"),
        (GOOD | {"type": "gauge", "name": "shop_gauge"}, "the type is no part of it: gauge"),
        (GOOD | {"labels": "plan"}, "labels='plan' is not allowed: a tuple of names"),
        (GOOD | {"labels": ("le",)}, "labels='le' is not allowed: small letters, digits and single underscores"),
        (GOOD | {"labels": ("plan", "plan")}, "each name once"),
        (GOOD | {"values": {"tier": ("a",)}}, "values='tier' is not allowed: a label of this entry: plan"),
        (GOOD | {"values": {"plan": ()}}, "a tuple of texts, at least one"),
        (GOOD | {"bound": 0}, "bound=0 is not allowed: a whole number from 1 to 10000"),
        (GOOD | {"processes": "mean"}, "processes='mean' is not allowed: one of sum, max, min, one, each"),
        (GOOD | {"buckets": (1.0,)}, "buckets=(1.0,) is not allowed: only a histogram has them"),
        (TIMES | {"buckets": ()}, "buckets=() is not allowed: a tuple of finite numbers in ascending order"),
        (TIMES | {"buckets": (1.0, 1.0)}, "ascending order"),
        (TIMES | {"buckets": (1.0, float("inf"))}, "finite"),
        ({"name": "shop_build_info", "type": "info", "help": "Build."}, "an info has at least one"),
        (GOOD | {"name": "job_submitted_total"}, "job_submitted_total' is not allowed: another entry has it"),
        (
            {"name": "job_duration_seconds_sum", "type": "gauge", "help": "Sum."},
            "belong to the series of histograms",
        ),
    ],
    ids=lambda value: None if isinstance(value, dict) else value[:40],
)
def test_a_wrong_entry_is_refused_with_field_value_and_what_is_allowed(entry, said):
    with pytest.raises(MetricInvalid) as refused:
        Metric(**entry)
    assert said in str(refused.value)


def test_every_fault_of_an_entry_has_its_line():
    with pytest.raises(MetricInvalid) as refused:
        Metric("Orders", "count", "orders", labels=("Plan",))
    assert [line.partition("=")[0] for line in refused.value.lines] == ["name", "type", "help", "labels"]


def test_the_same_entry_may_be_declared_again_as_by_a_module_that_is_imported_twice():
    assert Metric(**GOOD) == Metric(**GOOD)


def test_two_entries_that_would_share_a_series_cannot_both_be_there():
    first = Metric(**GOOD)
    with pytest.raises(MetricInvalid, match=r"shop_orders_total takes the series shop_orders"):
        Metric("shop_orders", "gauge", "Orders that are open.")
    del first
    gc.collect()
    assert Metric("shop_orders", "gauge", "Orders that are open.")


def test_an_entry_is_a_value_that_can_be_a_key():
    entry = Metric(**GOOD | {"values": {"plan": ("free", "pro")}})
    assert {entry: 1}[Metric(**GOOD | {"values": {"plan": ("free", "pro")}})] == 1


WORDS = (
    "orders open us ms day days minutes bits percent seconds bytes ratio counter gauge info total sum count kilobytes"
)


@pytest.mark.integration
def test_promtool_finds_nothing_wrong_with_any_name_that_is_accepted(promtool):
    families = Families(CollectorRegistry(), bare=True)
    accepted = []
    for words in product(WORDS.split(), repeat=2):
        name = "_".join(("shop", *words))
        unit = words[-1] if words[-1] in ("seconds", "bytes", "ratio") else ""
        for kind, end in (("counter", "_total"), ("gauge", ""), ("histogram", ""), ("info", "_info")):
            with suppress(MetricInvalid):
                buckets = (0.1, 1.0) if kind == "histogram" else ()
                metric = Metric(f"{name}{end}", kind, "Of a shop.", unit=unit, buckets=buckets, labels=("plan",))
                accepted.append(metric)
                made = {"counter": families.counter, "histogram": families.histogram}.get(kind, families.gauge)
                made(metric).labels("free")
    assert len(accepted) > 150
    text = rendered(families.registry, "")[0].decode()
    ran = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")


@pytest.mark.parametrize("metric", [m for m in catalog.metrics() if m.type == "histogram"], ids=lambda m: m.name)
def test_bounds_fit_what_is_measured(metric):
    """API 5 ms to 10 s, database 1 ms to 1 s, jobs up to an hour; else neighbours within a factor of ten."""
    ends = metric.buckets[0], metric.buckets[-1]
    if metric.name.startswith(("http_server_request_duration", "http_client_request_duration")):
        assert ends == (0.005, 10)
    elif metric.name.startswith("db_client_operation"):
        assert ends == (0.001, 1)
    elif metric.name.startswith("job_") and metric.unit == "seconds":
        assert ends[1] == 3600
    assert all(high / low <= 10 for low, high in zip(metric.buckets, metric.buckets[1:], strict=False))
