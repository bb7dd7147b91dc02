"""Whatever fails in whatever way, a number that is shown is the number that the healthy card shows."""

import itertools

import pynvml
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from telemetry.gpu import Value
from telemetry.gpu._card import Plan
from telemetry.gpu._nvml import NvmlSource
from telemetry.gpu._source import SourceGone
from tests.fakenvml import fakenvml
from tests.parts import nvml_library

_CALLS = sorted(
    name
    for name in dir(pynvml)
    if name.startswith(("nvmlDeviceGet", "nvmlGpm", "nvmlEventSet", "nvmlDeviceRegister", "nvmlDeviceIs"))
    and callable(getattr(pynvml, name))
)
_CODES = [*range(1, 30), 999, 4711]
_LINK_KINDS = ("tx_kib", "rx_kib", "replay", "recovery", "crc_flit", "crc_data")
_FAILURES = st.dictionaries(st.sampled_from(_CALLS), st.sampled_from(_CODES), min_size=1, max_size=12)


class Broken:
    """The real pynvml, of which some functions raise what no driver should."""

    def __init__(self, errors):
        self._errors = errors

    def __getattr__(self, name):
        if name not in self._errors:
            return getattr(pynvml, name)

        def broken(*_args, **_options):
            raise self._errors[name]

        return broken


@pytest.fixture(scope="module")
def busy(tmp_path_factory):
    """An H100 on which every reading is another number and none of them 0, in MIG mode, with one that is not."""
    state = fakenvml.State(tmp_path_factory.mktemp("busy") / "cards", gpus=["h100", "t4", "h100"])
    with fakenvml.active(nvml_library(), state):
        with state.batch():
            for slot in (0, 1, 2):
                state.gpu(slot, util__gpu=97, util__memory=31, memory__used="10GiB", temperature=59, pcie__replay=3)
                state.gpu(slot, {"ecc.corrected.volatile": 7, "throttle_ns.hw_thermal": 9, "clock_reasons": 0x44})
                state.gpu(slot, {"nvlink.count": 2, "pcie.tx_bytes": 5, "gpm.2": 30, "recovery_action": 1})
                state.gpu(slot, {f"nvlink.{link}.{kind}": 5 for link in (0, 1) for kind in _LINK_KINDS})
                state.gpu(slot, {f"ecc.{kind}.aggregate": 8 for kind in ("corrected", "uncorrected")})
                state.gpu(slot, {f"util.{engine}": 15 for engine in ("encoder", "decoder", "jpeg", "ofa")})
                state.gpu(
                    slot, {"pstate": 1, "ecc.uncorrected.volatile": 1, "pcie.rx_bytes": 6, "temperature_margin": 9}
                )
                state.gpu(
                    slot, {f"throttle_ns.{reason}": 11 for reason in ("sw_power_cap", "sw_thermal", "sync_boost")}
                )
                state.gpu(slot, {f"gpm.{number}": 30 for number in (1, 2, 5, 10)})
                state.gpu(slot, {"throttle_ns.hw_power_brake": 12})
                state.gpu(slot, {f"gi.1.gpm.{number}": 30 for number in (1, 2, 5, 10)})
                state.proc(slot, 11, "1GiB")
            for slot in (0, 2):
                state.gpu(
                    slot, {f"remapped.{row}": 1 for row in ("correctable", "uncorrectable", "pending", "failure")}
                )
            state.gpu(1, retired__sbe=1, retired__dbe=1, retired__pending=1)
            state.mig(2, ["3g.40gb"])
            state.gpu(2, {"mig.0.memory.used": "1GiB"})
        yield state


def readings(nvml=None):
    """Return the numbers of two readings, the second with samples to compare, and whether NVML was there."""
    clock = itertools.count(step=0.7)
    source = NvmlSource((), lambda _call, _error: None, Plan(processes=True), clock=lambda: next(clock) * 1.0)
    try:
        source.open()
        if nvml is not None:
            for card in source._opened.cards:
                if hasattr(card, "_asking"):
                    card._asking.nvml = nvml
        cards = [*source.read(), *source.read()]
    except SourceGone:
        return None
    finally:
        source.close()
    return {
        (card.uuid, key.metric.name, key.labels): reading.value
        for card in cards
        if card.lost is None
        for key, reading in card.readings.items()
        if isinstance(reading, Value)
    }


@pytest.fixture(scope="module")
def healthy(busy):
    found = readings()
    assert len(found) > 150
    zeros = {name for (_, name, _), value in found.items() if value == 0}
    assert zeros <= {"gpu_clock_event_active", "gpu_instance_memory_reserved_bytes"}, "a wrong 0 would not be seen"
    return found


@pytest.mark.slow
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(failures=_FAILURES)
def test_errors_of_the_driver(busy, healthy, failures):
    before = dict(busy.data)
    try:
        busy.set({f"error.{call.removesuffix('_v2').removesuffix('_v3')}": code for call, code in failures.items()})
        assert (readings() or {}).items() <= healthy.items()
    finally:
        busy.data = before
        busy.write()


_RAISED = st.sampled_from(
    [
        TypeError("assigns None to a ctypes field"),
        ValueError("bytes"),
        OSError("library"),
        AttributeError("no symbol"),
        pynvml.NVMLLibraryMismatchError("old driver"),
    ]
)


@pytest.mark.slow
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(errors=st.dictionaries(st.sampled_from(_CALLS), _RAISED, min_size=1, max_size=12))
def test_errors_of_the_binding(busy, healthy, errors):
    assert readings(Broken(errors)).items() <= healthy.items()


@pytest.mark.parametrize("error", ["UNKNOWN", "NOT_SUPPORTED", "NO_PERMISSION", "GPU_IS_LOST", "NO_DATA"])
def test_every_call_at_once(busy, healthy, error):
    before = dict(busy.data)
    try:
        for slot in (0, 1, 2):
            busy.error("*", error, slot=slot)
        assert not readings()
    finally:
        busy.data = before
        busy.write()
