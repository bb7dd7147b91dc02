import prometheus_client
import pytest
from prometheus_client import CollectorRegistry, generate_latest

from telemetry import TelemetrySettings, catalog, start
from telemetry._families import Families


def test_a_catalog_entry_has_one_family(telemetry):
    assert telemetry.counter(catalog.JOB_SUBMITTED) is telemetry.counter(catalog.JOB_SUBMITTED)
    assert telemetry.gauge(catalog.GPU_INFO) is telemetry.gauge(catalog.GPU_INFO)


def test_wrong_type_is_refused(telemetry):
    with pytest.raises(TypeError, match="job_submitted_total is a counter in the catalog, not a gauge"):
        telemetry.gauge(catalog.JOB_SUBMITTED)


@pytest.mark.parametrize("metric", list(catalog.metrics()), ids=lambda metric: metric.name)
def test_every_entry_of_the_catalog_is_exposed_under_its_series(metric):
    families = Families(CollectorRegistry())
    made = {"counter": families.counter, "histogram": families.histogram}.get(metric.type, families.gauge)(metric)
    child = made.labels(*metric.labels) if metric.labels else made
    getattr(child, {"counter": "inc", "histogram": "observe"}.get(metric.type, "set"))(1)
    found = {
        (sample.name, frozenset(sample.labels))
        for family in families.registry.collect()
        for sample in family.samples
        if sample.name.startswith(metric.name)
    }
    assert found == {(name, metric.series_labels(name)) for name in metric.series()}


def test_process_platform_and_gc_are_there_in_a_registry_of_ones_own(telemetry, registry):
    text = generate_latest(registry).decode()
    assert all(name in text for name in ("process_resident_memory_bytes", "python_info", "python_gc_collections_total"))


def test_without_a_registry_an_apps_own_metrics_are_shown_too():
    own = prometheus_client.Counter("shop_orders_total", "Orders.")
    try:
        own.inc(3)
        with start(TelemetrySettings()) as telemetry:
            text = generate_latest(telemetry.registry).decode()
    finally:
        prometheus_client.REGISTRY.unregister(own)
    assert "shop_orders_total 3.0" in text
    assert text.count("# TYPE process_resident_memory_bytes") == 1


def test_a_process_may_start_again_and_twice_at_once():
    with start(TelemetrySettings()), start(TelemetrySettings()) as inner:
        assert inner.counter(catalog.JOB_SUBMITTED)
    with start(TelemetrySettings()):
        pass
