"""The rest of the readings, on cards that have them and on cards that have not."""

import pytest

from telemetry import catalog
from telemetry.gpu import Absent, Failed, NotSupported, Value
from telemetry.gpu._card import Plan
from telemetry.gpu._numbers import Rising
from telemetry.gpu._nvml import NvmlSource
from tests.telemetry.gpu.looking import by_model, later_than, series, until

H100, RTX4090 = 0, 1


def test_engines_thermals_clocks_and_states(cards, opened):
    cards.gpu(H100, util__encoder=11, util__decoder=12, util__jpeg=13, util__ofa=14, pstate=2)
    cards.gpu(H100, temperature_margin=21, memory_temperature=66, max_clock__sm=1980)
    with opened() as gpus:
        card = by_model(gpus.snapshot(), "H100")
    assert card.reading(catalog.GPU_ENCODER) == Value(0.11)
    assert card.reading(catalog.GPU_DECODER) == Value(0.12)
    assert card.reading(catalog.GPU_JPEG) == Value(0.13)
    assert card.reading(catalog.GPU_OFA) == Value(0.14)
    assert card.reading(catalog.GPU_PERFORMANCE_STATE) == Value(2)
    assert card.reading(catalog.GPU_TEMPERATURE_MARGIN) == Value(21)
    assert card.reading(catalog.GPU_MEMORY_TEMPERATURE) == Value(66)
    assert card.reading(catalog.GPU_CLOCK_MAX, "sm") == Value(1980e6)
    assert card.reading(catalog.GPU_FAN_SPEED) == NotSupported()


def test_a_card_with_a_fan_and_without_hbm(cards, opened):
    with opened() as gpus:
        card = by_model(gpus.snapshot(), "4090")
    assert card.reading(catalog.GPU_FAN_SPEED) == Value(0.3)
    assert card.reading(catalog.GPU_MEMORY_TEMPERATURE) == NotSupported()
    assert card.reading(catalog.GPU_REMAPPED_ROWS, "correctable") == NotSupported()
    assert card.reading(catalog.GPU_SM_ACTIVITY) == NotSupported()
    assert card.reading(catalog.GPU_NVLINK_ACTIVE) == NotSupported()


def test_links_that_cannot_be_counted_are_failed_and_counted_again(cards, opened):
    cards.gpu(H100, nvlink__count=2)
    cards.error("nvmlDeviceGetFieldValues", "UNKNOWN", H100)
    with opened() as gpus:
        assert by_model(gpus.snapshot(), "H100").reading(catalog.GPU_NVLINK_ACTIVE) == Failed("unknown")
        cards.error("nvmlDeviceGetFieldValues", None, H100)
        until(gpus, lambda new: by_model(new, "H100").reading(catalog.GPU_NVLINK_ACTIVE, "1") == Value(1.0))
        until(gpus, lambda new: by_model(new, "H100").reading(catalog.GPU_NVLINK_ACTIVE) == Absent("never read"))


def test_a_margin_that_cannot_be_trusted_is_no_number(cards, opened, registry):
    cards.gpu(H100, temperature_margin=0)
    with opened() as gpus:
        until(gpus, later_than(gpus.snapshot()))
        assert by_model(gpus.snapshot(), "H100").reading(catalog.GPU_TEMPERATURE_MARGIN) == Absent("unreliable")
        assert series(registry, "gpu_temperature_margin_celsius") == {}
        assert series(registry, "gpu_read_errors_total") == {}


def test_an_unknown_performance_state_is_no_number(cards, opened, registry):
    cards.gpu(H100, pstate=32)
    with opened():
        assert series(registry, "gpu_performance_state") == {(): 0}, "that of the other card"


def test_throttling_is_counted_in_seconds_by_reason(cards, opened, registry):
    cards.gpu(H100, throttle_ns__sw_power_cap=1_500_000_000, throttle_ns__hw_thermal=250_000_000)
    cards.gpu(RTX4090, {"field.271": "N/A"})
    with opened() as gpus:
        uuid = by_model(gpus.snapshot(), "H100").uuid
        assert by_model(gpus.snapshot(), "4090").reading(catalog.GPU_THROTTLE, "hw_power_brake") == NotSupported()

        def seconds(reason):
            return registry.get_sample_value("gpu_throttle_seconds_total", {"gpu_uuid": uuid, "reason": reason})

        assert seconds("sw_power_cap") == 1.5
        assert seconds("hw_thermal") == 0.25
        assert seconds("hw_power_brake") == seconds("sw_thermal") == seconds("sync_boost") == 0


def test_memory_that_wears_out(cards, opened):
    cards.gpu(H100, {"ecc.corrected.aggregate": 7, "ecc.uncorrected.aggregate": 2, "ecc.uncorrected.volatile": 1})
    cards.gpu(H100, remapped__correctable=3, remapped__uncorrectable=1, remapped__pending=1, remapped__failure=0)
    cards.gpu(H100, recovery_action=4)
    with opened() as gpus:
        card = by_model(gpus.snapshot(), "H100")
    assert card.reading(catalog.GPU_ECC_LIFETIME, "corrected") == Value(7)
    assert card.reading(catalog.GPU_ECC_LIFETIME, "uncorrected") == Value(2)
    assert card.reading(catalog.GPU_ECC_ERRORS, "uncorrected") == Value(1)
    assert card.reading(catalog.GPU_REMAPPED_ROWS, "correctable") == Value(3)
    assert card.reading(catalog.GPU_REMAPPED_ROWS, "uncorrectable") == Value(1)
    assert card.reading(catalog.GPU_REMAP_PENDING) == Value(1)
    assert card.reading(catalog.GPU_REMAP_FAILED) == Value(0)
    assert card.reading(catalog.GPU_RECOVERY_ACTION) == Value(4)
    assert card.reading(catalog.GPU_RETIRED_PENDING) == NotSupported()


def test_a_card_before_ampere_retires_pages_instead(cards, opened):
    cards.add_gpu("t4", retired__sbe=4, retired__dbe=1, retired__pending=1)
    with opened() as gpus:
        card = by_model(gpus.snapshot(), "T4")
    assert card.reading(catalog.GPU_RETIRED_PAGES, "single_bit") == Value(4)
    assert card.reading(catalog.GPU_RETIRED_PAGES, "double_bit") == Value(1)
    assert card.reading(catalog.GPU_RETIRED_PENDING) == Value(1)
    assert card.reading(catalog.GPU_REMAP_FAILED) == NotSupported()


def test_what_changes_rarely_is_followed_too(cards, opened):
    with opened() as gpus:
        cards.gpu(H100, remapped__failure=1)
        until(gpus, lambda new: by_model(new, "H100").reading(catalog.GPU_REMAP_FAILED) == Value(1))


def test_pcie(cards, opened):
    cards.gpu(H100, pcie__replay=9, pcie__gen=3, pcie__max_gen=5, pcie__width=8, pcie__max_width=16)
    cards.gpu(H100, pcie__tx_bytes=4_000_000_000, pcie__rx_bytes=17)
    with opened() as gpus:
        card = by_model(gpus.snapshot(), "H100")
        assert card.reading(catalog.GPU_PCIE_REPLAYS) == Value(9)
        assert card.reading(catalog.GPU_PCIE_GENERATION) == Value(3)
        assert card.reading(catalog.GPU_PCIE_GENERATION_MAX) == Value(5)
        assert card.reading(catalog.GPU_PCIE_WIDTH) == Value(8)
        assert card.reading(catalog.GPU_PCIE_WIDTH_MAX) == Value(16)
        assert card.reading(catalog.GPU_PCIE_TRANSMIT) == Value(4_000_000_000)
        assert card.reading(catalog.GPU_PCIE_RECEIVE) == Value(17)
        assert by_model(gpus.snapshot(), "4090").reading(catalog.GPU_PCIE_TRANSMIT) == NotSupported()
        cards.gpu(H100, pcie__tx_bytes=1000)
        wrapped = Value(2**32 + 1000)
        until(gpus, lambda new: by_model(new, "H100").reading(catalog.GPU_PCIE_TRANSMIT) == wrapped)


@pytest.mark.parametrize(
    ("raws", "total"),
    [
        ([5, 7], 7),
        ([2**32 - 10, 5], 2**32 + 5),
        ([1000, 5], 1005),  # a reset: what came before it stays counted
        ([2**40, 2**39], 2**40 + 2**39),
    ],
    ids=["rises", "wraps", "reset", "reset of 64 bits"],
)
def test_a_counter_that_wraps_or_is_reset_only_rises(raws, total):
    rising = Rising()
    assert [rising(raw) for raw in raws][-1] == total


def test_nvlink_by_link(cards, opened, registry):
    cards.gpu(H100, nvlink__count=3, nvlink__2__state=0)
    cards.gpu(H100, {"nvlink.1.tx_kib": 10, "nvlink.1.rx_kib": 20, "nvlink.1.replay": 5, "nvlink.1.crc_flit": 6})
    with opened() as gpus:
        card = by_model(gpus.snapshot(), "H100")
        assert card.reading(catalog.GPU_NVLINK_TRANSMIT, "1") == Value(10 * 1024)
        assert card.reading(catalog.GPU_NVLINK_RECEIVE, "1") == Value(20 * 1024)
        assert card.reading(catalog.GPU_NVLINK_ERRORS, "1", "replay") == Value(5)
        assert card.reading(catalog.GPU_NVLINK_ERRORS, "1", "crc_flit") == Value(6)
        assert series(registry, "gpu_nvlink_active") == {("0",): 1, ("1",): 1, ("2",): 0}
        assert card.reading(catalog.GPU_NVLINK_ERRORS, "2", "replay") == Absent("never read")


def test_nvlink_of_generation_5_counts_bytes_in_other_fields(cards, opened):
    cards.gpu(H100, {"nvlink.count": 1, "field.138.0": "N/A", "field.139.0": "N/A"})
    cards.gpu(H100, {"field.202.0": 4096, "field.204.0": 8192, "field.208.0": 3})
    with opened() as gpus:
        for _ in range(2):
            card = by_model(until(gpus, later_than(gpus.snapshot())), "H100")
            assert card.reading(catalog.GPU_NVLINK_TRANSMIT, "0") == Value(4096)
            assert card.reading(catalog.GPU_NVLINK_RECEIVE, "0") == Value(8192)
            assert card.reading(catalog.GPU_NVLINK_ERRORS, "0", "receive") == Value(3)


def test_activity_lies_between_two_samples_a_second_apart(cards, opened, registry):
    cards.gpu(H100, {"gpm.2": 81.5, "gpm.5": 40, "gpm.10": "N/A"})
    with opened() as gpus:
        assert by_model(gpus.snapshot(), "H100").reading(catalog.GPU_SM_ACTIVITY) == Absent("first sample")
        assert series(registry, "gpu_sm_activity_ratio") == {}
        began = gpus.snapshot().read_at
        new = until(gpus, lambda new: isinstance(by_model(new, "H100").reading(catalog.GPU_SM_ACTIVITY), Value))
        assert new.read_at - began > 0.9
        card = by_model(new, "H100")
        assert card.reading(catalog.GPU_SM_ACTIVITY) == Value(0.815)
        assert card.reading(catalog.GPU_TENSOR_ACTIVITY) == Value(0.4)
        assert card.reading(catalog.GPU_MEMORY_BANDWIDTH) == NotSupported()
    calls = [call for call, *_ in cards.calls()]
    assert calls.count("nvmlGpmSampleAlloc") == calls.count("nvmlGpmSampleFree") > 0


def test_activity_is_not_measured_over_a_gap(cards):
    cards.gpu(H100, {"gpm.2": 50, "gpm.5": 40, "gpm.10": 30})
    now = {"is": 0.0}
    source = NvmlSource((), lambda _call, _error: None, Plan(gap_seconds=60), clock=lambda: now["is"])
    source.open()
    try:
        seen = []
        for now["is"] in (0.0, 0.5, 100.0, 102.0):
            seen.append(source.read()[0].reading(catalog.GPU_SM_ACTIVITY))
    finally:
        source.close()
    assert seen == [Absent("first sample")] * 3 + [Value(0.5)]


def test_memory_by_process_is_shown_only_when_asked_for(cards, opened, registry):
    cards.proc(H100, 4711, "2GiB")
    with opened():
        assert series(registry, "gpu_process_memory_bytes") == {}


def test_memory_by_process_ends_with_the_process(cards, opened, registry):
    cards.proc(H100, 4711, "2GiB")
    cards.proc(H100, 42, "1GiB", type="G")
    cards.proc(H100, 43, "3GiB", type="C+G")
    cards.proc(H100, 44, "N/A")
    with opened(gpu_processes=True) as gpus:
        assert series(registry, "gpu_process_memory_bytes") == {
            ("4711", "compute"): 2 << 30,
            ("42", "graphics"): 1 << 30,
            ("43", "compute+graphics"): 3 << 30,
        }
        cards.exit(H100, 4711)
        until(gpus, lambda new: "4711" not in str(by_model(new, "H100").readings))
        assert ("4711", "compute") not in series(registry, "gpu_process_memory_bytes")


def test_memory_by_process_has_a_bound(cards, opened, registry):
    with cards.batch():
        for pid in range(1, 71):
            cards.proc(H100, pid, pid << 20)
    with opened(gpu_processes=True):
        shown = series(registry, "gpu_process_memory_bytes")
    assert len(shown) == 65
    assert shown["other", "other"] == sum(range(1, 7)) << 20


def test_the_age_of_the_snapshot_is_exported(cards, opened, registry):
    with opened():
        assert 0 <= registry.get_sample_value("gpu_snapshot_age_seconds") < 1
