"""Pauses of the garbage collector, by generation."""

import gc

from telemetry import TelemetrySettings, start


def read(registry, generation, series="count", **labels):
    return registry.get_sample_value(f"python_gc_pause_seconds_{series}", {"generation": str(generation), **labels})


def test_each_collection_is_timed_in_its_generation(telemetry, registry):
    before = read(registry, 2)
    gc.collect()
    gc.collect(1)
    assert read(registry, 2) == before + 1
    assert read(registry, 1) >= 1
    assert 0 < read(registry, 2, "sum") < 10
    assert read(registry, 2, "bucket", le="+Inf") == read(registry, 2)


def test_nothing_is_left_in_the_process_after_the_end():
    before = list(gc.callbacks)
    with start(TelemetrySettings()):
        assert len(gc.callbacks) == len(before) + 1
    assert gc.callbacks == before
