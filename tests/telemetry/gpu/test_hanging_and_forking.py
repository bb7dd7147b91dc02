"""A driver that does not come back, and a process that divides itself."""

import os
import threading
import time
import traceback

import pytest

from telemetry import catalog
from telemetry.gpu import Value
from telemetry.gpu._card import Plan
from telemetry.gpu._lane import Lane, Overdue
from telemetry.gpu._nvml import NvmlSource
from telemetry.gpu._reader import Pace, Reader
from tests.telemetry.gpu.looking import by_model, later_than, until

H100, RTX4090 = 0, 1
QUICK = Plan(start_seconds=0.3, card_seconds=0.2, end_seconds=0.5, slow_seconds=0.1)


@pytest.fixture
def reader(cards):
    """A reader that waits for nothing long, not started yet."""
    source = NvmlSource((), lambda _call, _error: None, QUICK)
    reader = Reader(source, Pace(interval=0.02, retry=0.1, longest_retry=0.2), lambda error: pytest.fail(str(error)))
    yield reader
    for name in [key for key in cards.data if "delay_ms" in key]:
        cards.set({name: None})
    reader.stop(5)


def seen(reader, wanted):
    snapshot = reader.snapshot.wait_for(wanted, 10)
    assert wanted(snapshot), snapshot
    return snapshot


def test_an_init_that_hangs_is_reported_and_started_anew_once_it_returned(cards, reader):
    cards.delay("nvmlInit", 1200)
    reader.start()
    snapshot = seen(reader, lambda new: new.state == "failed")
    assert snapshot.reason == "NVML does not start (no answer for 0.3 s)"
    cards.delay("nvmlInit", None)
    seen(reader, lambda new: "has not returned" in new.reason)
    seen(reader, lambda new: new.state == "ok")
    assert reader.stop(5)
    calls = [call for call, *_ in cards.calls()]
    assert sum(call.startswith("nvmlInit") for call in calls) == calls.count("nvmlShutdown") == 2


def test_all_cards_hanging_are_all_unavailable(cards, reader):
    reader.start()
    seen(reader, lambda new: new.state == "ok")
    for slot in (H100, RTX4090):
        cards.delay("nvmlDeviceGetPowerUsage", 800, slot=slot)
    snapshot = seen(reader, lambda new: all(card.lost for card in new.cards))
    assert {card.lost for card in snapshot.cards} == {"no answer from nvmlDeviceGetPowerUsage for more than 0.2 s"}
    assert all(not card.readings for card in snapshot.cards)


def test_nvml_starts_anew_only_after_the_call_that_hangs_has_returned(cards, reader):
    reader.start()
    seen(reader, lambda new: new.state == "ok")
    cards.delay("nvmlDeviceGetPowerUsage", 1000, slot=H100)
    seen(reader, lambda new: any(card.lost for card in new.cards))
    cards.reload_driver()
    cards.delay("nvmlDeviceGetPowerUsage", None, slot=H100)
    seen(reader, lambda new: "has not returned" in new.reason)
    assert "nvmlShutdown" not in [call for call, *_ in cards.calls()]
    seen(reader, lambda new: new.state == "ok" and all(card.lost is None for card in new.cards))
    assert [call for call in cards.calls() if call[2] == 2] == [], "no handle of an init before"


def test_a_wait_for_events_that_hangs_stops_no_reading(cards, reader):
    cards.delay("nvmlEventSetWait", 1500)
    reader.start()
    first = seen(reader, lambda new: new.state == "ok")
    for _ in range(3):
        first = seen(reader, later_than(first))
    cards.delay("nvmlEventSetWait", None)


def test_a_lane_does_its_jobs_in_order_and_leaves_the_one_that_hangs():
    gate, lane = threading.Event(), Lane("lane")
    assert lane.run([lambda: 1, lambda: 2], 1) == [1, 2]
    with pytest.raises(ZeroDivisionError):
        lane.run([lambda: 1 // 0], 1)
    with pytest.raises(Overdue) as late:
        lane.run([lambda: 1, gate.wait, lambda: 3], 0.05)
    assert late.value.done == [1]
    assert lane.run([lambda: 4], 1) == [4]
    gate.set()
    late.value.thread.join(2)
    assert not late.value.thread.is_alive()
    lane.close()


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_forked_child_shows_nothing_of_the_parent_and_can_open_the_cards_itself(cards, opened, registry):
    with opened() as gpus:
        assert registry.get_sample_value("gpu_devices") == 2
        child = os.fork()
        if child == 0:
            os._exit(_in_child(gpus, opened, registry))
        until(gpus, later_than(gpus.snapshot()))
        deadline = time.monotonic() + 20
        while (ended := os.waitpid(child, os.WNOHANG)) == (0, 0) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert os.waitstatus_to_exitcode(ended[1]) == 0
        cards.gpu(H100, temperature=64)
        until(gpus, lambda new: by_model(new, "H100").reading(catalog.GPU_TEMPERATURE) == Value(64))


def _in_child(gpus, opened, registry):
    """Return 0, or the number of what is wrong."""
    try:
        if gpus.snapshot().state != "failed" or "forked" not in gpus.snapshot().reason:
            return 1
        if registry.get_sample_value("gpu_devices") is not None or "gpu_uuid" in str(list(registry.collect())):
            return 2
        if gpus.wait_for(lambda _: False, 5).state != "failed" or gpus.device().kind != "cpu":
            return 3
        return 0 if _opened_anew(opened) else 4
    except BaseException:  # noqa: BLE001 - the child must not go on as a second test run
        os.write(2, traceback.format_exc().encode())
        return 5


def _opened_anew(opened):
    source = NvmlSource((), lambda _call, _error: None)
    source.open()
    try:
        return len(source.read()) == 2
    finally:
        source.close()
