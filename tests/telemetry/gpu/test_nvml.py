"""The reader and the collector on scripted cards, through the real pynvml."""

import threading
import time

import pynvml
import pytest

from telemetry import catalog, gpu_work
from telemetry.gpu import Failed, NotSupported, Value
from tests.telemetry.gpu.looking import by_model, later_than, series, until

H100, RTX4090 = 0, 1


def test_readings_are_in_base_units(cards, opened, registry):
    cards.gpu(H100, util__gpu=97, util__memory=31, memory__used="20GiB", temperature=59, power_mw=631_950)
    cards.gpu(H100, energy_mj=123_456, clock__sm=1980)
    cards.throttle(H100, "hw_thermal")
    with opened() as gpus:
        snapshot = gpus.snapshot()
        card = by_model(snapshot, "H100")
        assert snapshot.state == "ok"
        assert snapshot.count == 2
        assert card.facts.driver_version == "590.48.01"
        assert card.reading(catalog.GPU_UTILIZATION) == Value(0.97)
        assert card.reading(catalog.GPU_MEMORY_BUSY) == Value(0.31)
        assert card.reading(catalog.GPU_MEMORY_USED) == Value(20 << 30)
        assert card.reading(catalog.GPU_MEMORY_TOTAL) == Value(85_520_809_984)
        assert card.reading(catalog.GPU_TEMPERATURE) == Value(59)
        assert card.reading(catalog.GPU_POWER) == Value(631.95)
        assert card.reading(catalog.GPU_ENERGY) == Value(123.456)
        assert card.reading(catalog.GPU_CLOCK, "sm") == Value(1980e6)
        assert card.reading(catalog.GPU_CLOCK_EVENT, "hw_thermal") == Value(1)
        assert card.reading(catalog.GPU_CLOCK_EVENT, "sw_power_cap") == Value(0)
        labels = {"gpu_uuid": card.uuid}
        assert registry.get_sample_value("gpu_utilization_ratio", labels) == 0.97
        assert registry.get_sample_value("gpu_energy_joules_total", labels) == 123.456
        assert registry.get_sample_value("gpu_available", labels) == 1
        assert registry.get_sample_value("gpu_devices") == 2
        assert registry.get_sample_value("gpu_last_success_timestamp_seconds") == pytest.approx(time.time(), abs=5)
        info = {model for (_cuda, _driver, _index, model, *_rest) in series(registry, "gpu_info")}
        assert info == {"NVIDIA H100 80GB HBM3", "NVIDIA GeForce RTX 4090"}


def test_readings_follow_the_card(cards, opened):
    with opened() as gpus:
        cards.gpu(H100, temperature=91)
        until(gpus, lambda new: by_model(new, "H100").reading(catalog.GPU_TEMPERATURE) == Value(91))


def test_what_a_card_does_not_support_is_left_out_and_asked_once(cards, opened, registry):
    with opened() as gpus:
        until(gpus, later_than(gpus.snapshot()))
        card = by_model(gpus.snapshot(), "4090")
        assert card.reading(catalog.GPU_ECC_ERRORS, "corrected") == NotSupported()
        labels = {"gpu_uuid": card.uuid, "type": "corrected"}
        assert registry.get_sample_value("gpu_ecc_errors_total", labels) is None
        assert (
            registry.get_sample_value(
                "gpu_ecc_errors_total", {**labels, "gpu_uuid": by_model(gpus.snapshot(), "H100").uuid}
            )
            == 0
        )
    asked = [call for call in cards.calls() if call[:2] == ("nvmlDeviceGetTotalEccErrors", RTX4090)]
    assert len(asked) == 4, "corrected and uncorrected, since the driver was loaded and over the card's life"
    assert series(registry, "gpu_read_errors_total") == {}


def test_a_call_that_fails_is_counted_logged_once_and_never_a_number(cards, opened, registry, lines):
    cards.error("nvmlDeviceGetPowerUsage", "UNKNOWN", slot=H100)
    with opened() as gpus:
        until(gpus, later_than(gpus.snapshot()))
        card = by_model(gpus.snapshot(), "H100")
        assert card.reading(catalog.GPU_POWER) == Failed("unknown")
        assert card.reading(catalog.GPU_TEMPERATURE) == Value(35)
        assert registry.get_sample_value("gpu_power_watts", {"gpu_uuid": card.uuid}) is None
        errors = {"call": "nvmlDeviceGetPowerUsage", "error": "unknown"}
        assert registry.get_sample_value("gpu_read_errors_total", errors) >= 2
        cards.error("nvmlDeviceGetPowerUsage", None, slot=H100)
        until(gpus, lambda new: isinstance(by_model(new, "H100").reading(catalog.GPU_POWER), Value))
    assert [line["call"] for line in lines() if line["event"] == "gpu.reading_failed"] == ["nvmlDeviceGetPowerUsage"]


def test_a_lost_card_is_unavailable_while_the_other_goes_on(cards, opened, registry, lines):
    with opened() as gpus:
        lost, other = by_model(gpus.snapshot(), "H100").uuid, by_model(gpus.snapshot(), "4090").uuid
        cards.lost(H100)
        snapshot = until(gpus, lambda new: by_model(new, "H100").lost is not None)
        assert by_model(snapshot, "H100").lost == "gpu_is_lost"
        assert by_model(snapshot, "4090").lost is None
        assert registry.get_sample_value("gpu_available", {"gpu_uuid": lost}) == 0
        assert registry.get_sample_value("gpu_available", {"gpu_uuid": other}) == 1
        assert registry.get_sample_value("gpu_temperature_celsius", {"gpu_uuid": lost}) is None
        assert registry.get_sample_value("gpu_temperature_celsius", {"gpu_uuid": other}) == 35
        assert gpus.device().uuid == other
    assert [line["gpu_uuid"] for line in lines() if line["event"] == "gpu.lost"] == [lost]


def test_a_card_of_which_every_call_fails_is_lost(cards, opened):
    with opened() as gpus:
        cards.error("*", "UNKNOWN", slot=H100)
        snapshot = until(gpus, lambda new: by_model(new, "H100").lost is not None)
        assert "every call failed" in by_model(snapshot, "H100").lost


def test_after_a_driver_reload_the_reader_starts_over(cards, opened, registry):
    with opened() as gpus:
        cards.reload_driver()
        snapshot = until(gpus, lambda new: new.state == "failed")
        assert {card.lost for card in snapshot.cards} == {"NVML stopped answering (uninitialized)"}
        assert set(series(registry, "gpu_available").values()) == {0}
        assert registry.get_sample_value("gpu_devices") is None
        snapshot = until(gpus, lambda new: new.state == "ok")
        assert {card.lost for card in snapshot.cards} == {None}
    calls = [call for call, *_ in cards.calls()]
    assert sum(call.startswith("nvmlInit") for call in calls) == calls.count("nvmlShutdown") == 2


def test_an_unplugged_card_stays_visible_as_lost(cards, opened, registry):
    with opened() as gpus:
        uuid = by_model(gpus.snapshot(), "H100").uuid
        cards.unplug(H100)
        cards.reload_driver()
        snapshot = until(gpus, lambda new: new.state == "ok" and new.count == 1)
        assert next(card for card in snapshot.cards if card.uuid == uuid).lost == "no longer listed by NVML"
        assert registry.get_sample_value("gpu_available", {"gpu_uuid": uuid}) == 0


def test_no_handle_outlives_its_init(cards, opened):
    with opened() as gpus:
        cards.reload_driver()
        until(gpus, lambda new: new.state == "failed")
        until(gpus, lambda new: new.state == "ok")
    assert [call for call in cards.calls() if call[2] == 2] == []


def test_a_call_that_hangs_holds_up_neither_scrape_nor_stop_nor_the_other_card(cards, opened, registry, lines):
    with opened() as gpus:
        hung, other = by_model(gpus.snapshot(), "H100").uuid, by_model(gpus.snapshot(), "4090").uuid
        cards.delay("nvmlDeviceGetTemperature", 4000, slot=H100)
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            began = time.monotonic()
            available = registry.get_sample_value("gpu_available", {"gpu_uuid": hung})
            assert time.monotonic() - began < 0.5
            assert registry.get_sample_value("gpu_available", {"gpu_uuid": other}) == 1
            if available == 0:
                break
        assert by_model(gpus.snapshot(), "H100").lost == "no answer from nvmlDeviceGetTemperature for more than 1 s"
        assert registry.get_sample_value("gpu_temperature_celsius", {"gpu_uuid": hung}) is None
        errors = {"call": "nvmlDeviceGetTemperature", "error": "deadline_exceeded"}
        assert registry.get_sample_value("gpu_read_errors_total", errors) == 1
        cards.gpu(RTX4090, temperature=77)
        until(gpus, lambda new: by_model(new, "4090").reading(catalog.GPU_TEMPERATURE) == Value(77))
        assert by_model(gpus.snapshot(), "H100").lost is not None
        began = time.monotonic()
    assert time.monotonic() - began < 2.5
    calls = [call for call, *_ in cards.calls()]
    assert "nvmlShutdown" not in calls, "shutting down under a call that has not returned crashes the real library"


def test_a_card_whose_call_returns_late_is_read_again(cards, opened):
    before = set(threading.enumerate())
    with opened() as gpus:
        cards.delay("nvmlDeviceGetTemperature", 1500, slot=H100)
        until(gpus, lambda new: by_model(new, "H100").lost is not None)
        cards.delay("nvmlDeviceGetTemperature", None, slot=H100)
        until(gpus, lambda new: by_model(new, "H100").reading(catalog.GPU_TEMPERATURE) == Value(35))
        threads = [thread.name for thread in set(threading.enumerate()) - before]
        assert threads.count("plainview-gpu-calls") == 1, "the thread that was left behind has ended"


def test_xid_errors_are_counted_and_keep_their_time(cards, opened, registry, lines):
    with opened() as gpus:
        uuid = by_model(gpus.snapshot(), "H100").uuid
        cards.xid(H100, 79)
        cards.xid(H100, 79)
        cards.xid(H100, 31)
        until(gpus, lambda new: len(new.xids) == 2 and new.xids[uuid, 79].count == 2)
        cards.lost(H100)
        until(gpus, lambda new: by_model(new, "H100").lost is not None)
        assert registry.get_sample_value("gpu_xid_errors_total", {"gpu_uuid": uuid, "xid": "79"}) == 2
        last = registry.get_sample_value("gpu_xid_last_timestamp_seconds", {"gpu_uuid": uuid, "xid": "31"})
        assert last == pytest.approx(time.time(), abs=5)
    assert [line["xid"] for line in lines() if line["event"] == "gpu.xid"] == [79, 79, 31]


def test_a_card_without_events_is_read_all_the_same(cards, opened):
    cards.gpu(H100, events_supported=0)
    cards.gpu(RTX4090, events_supported=0)
    with opened() as gpus:
        until(gpus, later_than(gpus.snapshot()))
        assert gpus.snapshot().xids == {}


def test_no_driver_is_a_host_without_a_gpu(cards, opened, registry, lines):
    cards.set({"driver.loaded": 0})
    with opened() as gpus:
        assert (gpus.snapshot().state, gpus.snapshot().count) == ("absent", 0)
        assert gpus.device().kind == "cpu"
        assert registry.get_sample_value("gpu_devices") == 0
        assert series(registry, "gpu_available") == {}
    assert [line["event"] for line in lines()] == ["gpu.absent"]


def test_a_driver_that_shows_no_cards_is_a_fault(cards, opened, registry):
    cards.unplug(H100)
    cards.unplug(RTX4090)
    with opened() as gpus:
        assert gpus.snapshot().state == "failed"
        assert "no cards" in gpus.snapshot().reason
        assert registry.get_sample_value("gpu_devices") is None


def test_only_the_wanted_cards_are_read_and_a_missing_one_is_lost(cards, opened, registry):
    with opened() as gpus:
        h100 = by_model(gpus.snapshot(), "H100").uuid
    with opened(gpu_uuids=(h100, "GPU-of-my-dreams")) as gpus:
        assert {card.uuid: card.lost for card in gpus.snapshot().cards} == {
            h100: None,
            "GPU-of-my-dreams": "not found by NVML",
        }
        assert gpus.snapshot().count == 2


def test_work_runs_on_the_first_card_that_answers(cards, opened, telemetry):
    with opened() as gpus:
        with gpu_work("render") as work:
            pass
        assert work.device.kind == "gpu"
        assert work.device.uuid == gpus.snapshot().cards[0].uuid
    with gpu_work("render") as work:
        pass
    assert work.device.kind == "cpu"


def test_init_and_shutdown_are_balanced(cards, opened):
    with opened():
        pass
    calls = [call for call, *_ in cards.calls()]
    assert sum(call.startswith("nvmlInit") for call in calls) == calls.count("nvmlShutdown") == 1
    with pytest.raises(pynvml.NVMLError_Uninitialized):
        pynvml.nvmlDeviceGetCount()


def test_nothing_is_read_when_switched_off(cards, opened, registry):
    with opened(gpu="off") as gpus:
        assert gpus.snapshot().state == "off"
        assert gpus.device().kind == "cpu"
    assert cards.calls() == []
