"""What is observed past the client's checks against what the client observes."""

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Histogram

from telemetry.http import _observations
from telemetry.http._observations import Observations

IDS = "a" * 32, "b" * 16


def histogram() -> tuple[CollectorRegistry, Histogram]:
    registry = CollectorRegistry()
    return registry, Histogram("seconds", "Seconds.", ["route"], registry=registry, buckets=(0.1, 1, 2.5)).labels("/")


def values(registry: CollectorRegistry) -> list[tuple[str, dict[str, str], float]]:
    samples = [sample for family in registry.collect() for sample in family.samples]
    return [(sample.name, sample.labels, sample.value) for sample in samples if not sample.name.endswith("_created")]


@given(st.lists(st.floats(0, 5) | st.sampled_from([0.1, 1.0, 2.5]) | st.integers(0, 4)))
def test_buckets_and_sum_are_the_clients(amounts):
    (ours, child), (theirs, reference) = histogram(), histogram()
    observations = Observations(child)
    for amount in amounts:
        observations.observe(amount)
        reference.observe(amount)
    assert values(ours) == values(theirs)


def test_each_bucket_has_a_new_exemplar_as_soon_as_a_scrape_could_see_it(monkeypatch):
    now = 100.0
    monkeypatch.setattr(_observations, "monotonic", lambda: now)
    registry, child = histogram()
    observations = Observations(child)

    def shown() -> list[str | None]:
        samples = [
            sample for family in registry.collect() for sample in family.samples if sample.name.endswith("_bucket")
        ]
        return [sample.exemplar.labels["trace_id"] if sample.exemplar else None for sample in samples]

    observations.observe(0.5, IDS)
    observations.observe(0.6, ("later", "b"))
    observations.observe(0.6)
    observations.observe(2, ("slow", "b"))
    assert shown() == [None, IDS[0], "slow", None]
    now += 0.11
    observations.observe(0.5, ("later", "b"))
    assert shown() == [None, "later", "slow", None]


def test_a_client_that_is_not_as_expected_observes_by_itself():
    registry, child = histogram()
    child._upper_bounds = tuple(child._upper_bounds)
    Observations(child).observe(0.5, IDS)
    (sample,) = [sample for family in registry.collect() for sample in family.samples if sample.exemplar]
    assert sample.exemplar.labels == {"trace_id": IDS[0], "span_id": IDS[1]}
