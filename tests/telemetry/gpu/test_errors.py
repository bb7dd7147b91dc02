"""No way of failing ever yields a number."""

import pynvml
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

from telemetry.gpu._collector import GpuCollector
from telemetry.gpu._errors import Meaning, meaning
from telemetry.gpu._numbers import NoValue, number
from telemetry.gpu._probes import PROBES
from telemetry.gpu._readings import Absent, Card, Facts, Failed, Key, NotSupported, Snapshot, Value
from tests.telemetry.gpu.looking import until

_FAILURES = st.sampled_from([NotSupported(), Failed("unknown"), Absent("no_data")])
_KEYS = [key for probe in PROBES for key in probe.keys]


@pytest.mark.parametrize("raw", [None, "N/A", 2**64 - 1, 2**32 - 1, float("nan"), float("inf"), object()])
def test_marks_for_no_value_are_no_numbers(raw):
    with pytest.raises(NoValue):
        number(raw)


@given(st.dictionaries(st.sampled_from(_KEYS), st.floats(0, 1e12).map(Value) | _FAILURES), st.booleans())
def test_exactly_the_readings_that_are_values_are_exposed(readings: dict[Key, object], lost):
    card = Card("GPU-1", Facts("0", "card"), readings, lost="gone" if lost else None)
    snapshot = Snapshot("ok", cards=(card,), count=1, read_at=0.0, read_at_unix=1.0, seconds=0.1)
    registry = CollectorRegistry()
    registry.register(GpuCollector(lambda: snapshot, lambda: 1.0, stale_after=2))
    own = {
        "gpu_info",
        "gpu_available",
        "gpu_devices",
        "gpu_last_success_timestamp_seconds",
        "gpu_read_duration_seconds",
    }
    own |= {"gpu_snapshot_age_seconds", "gpu_reader_state", "gpu_reading_missing"}
    exposed = [s.value for family in registry.collect() for s in family.samples if s.name not in own]
    values = [] if lost else [reading.value for reading in readings.values() if isinstance(reading, Value)]
    assert sorted(exposed) == sorted(values)
    said = {s.labels["reading"] for f in registry.collect() for s in f.samples if s.name == "gpu_reading_missing"}
    given = {key.metric.name for key, reading in readings.items() if isinstance(reading, Value)}
    failed = {key.metric.name for key, reading in readings.items() if isinstance(reading, Failed)}
    asked = {key.metric.name for key in readings}
    assert said == ({"all"} if lost else (asked - given) | failed)


@given(st.floats(0, 1000))
def test_an_old_snapshot_says_nothing_about_now(age):
    card = Card("GPU-1", Facts("0", "card"), {_KEYS[0]: Value(0.5)})
    snapshot = Snapshot("ok", cards=(card,), count=1, read_at=0.0, read_at_unix=1.0, seconds=0.1)
    registry = CollectorRegistry()
    registry.register(GpuCollector(lambda: snapshot, lambda: age, stale_after=4))
    labels = {"gpu_uuid": "GPU-1"}
    assert registry.get_sample_value("gpu_available", labels) == float(age <= 4)
    assert registry.get_sample_value("gpu_utilization_ratio", labels) == (0.5 if age <= 4 else None)
    stale = registry.get_sample_value("gpu_reading_missing", {**labels, "reading": "all", "state": "stale"})
    assert stale == (None if age <= 4 else 1)
    assert registry.get_sample_value("gpu_reader_state", {"state": "stale"}) == float(age > 4)
    assert registry.get_sample_value("gpu_reader_state", {"state": "ok"}) == float(age <= 4)


def test_each_way_of_not_knowing_has_its_word(cards, opened, registry):
    cards.error("nvmlDeviceGetPowerUsage", "UNKNOWN", 0)
    cards.gpu(1, events_supported=0)
    with opened() as gpus:
        uuids = [card.uuid for card in gpus.snapshot().cards]

        def why(card, reading):
            found = [s.labels for f in registry.collect() for s in f.samples if s.name == "gpu_reading_missing"]
            return [x["state"] for x in found if x["reading"] == reading and x["gpu_uuid"] == uuids[card]]

        assert why(0, "gpu_power_watts") == ["failed"]
        assert why(1, "gpu_power_watts") == []
        assert why(1, "gpu_ecc_errors_total") == ["not_supported"]
        assert why(1, "gpu_xid_errors_total") == ["not_supported"]
        assert why(0, "gpu_xid_errors_total") == []
        assert why(0, "gpu_sm_activity_ratio") == ["absent"]
        cards.lost(0)
        until(gpus, lambda new: new.cards[0].lost is not None)
        assert why(0, "all") == ["lost"]
        assert why(0, "gpu_power_watts") == []


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (pynvml.NVMLError_NotSupported(), ("not_supported", Meaning.NOT_SUPPORTED)),
        (pynvml.NVMLError_FunctionNotFound(), ("function_not_found", Meaning.NOT_SUPPORTED)),
        (pynvml.NVMLLibraryMismatchError("old driver"), ("library_mismatch", Meaning.NOT_SUPPORTED)),
        (pynvml.NVMLError_NoData(), ("no_data", Meaning.EMPTY)),
        (pynvml.NVMLError_GpuIsLost(), ("gpu_is_lost", Meaning.LOST)),
        (pynvml.NVMLError_Uninitialized(), ("uninitialized", Meaning.GONE)),
        (pynvml.NVMLError_NoPermission(), ("no_permission", Meaning.FAILED)),
        (pynvml.NVMLError(4711), ("code_4711", Meaning.FAILED)),
        (TypeError("version"), ("TypeError", Meaning.FAILED)),
    ],
    ids=lambda value: type(value).__name__,
)
def test_each_error_has_its_meaning(error, expected):
    assert meaning(error) == expected
