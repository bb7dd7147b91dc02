import asyncio
from decimal import Decimal

import pytest

from telemetry import TelemetrySettings, gpu_work
from telemetry.gpu import Device

CARD = Device("gpu", "NVIDIA L4", "GPU-1")


def test_seconds_cost_and_attributes_agree(telemetry, registry, spans):
    with gpu_work("render", customer="acme", model="portrait-1", device=CARD) as work:
        pass
    assert work.outcome == "succeeded"
    assert work.cost_usd == Decimal(str(work.gpu_seconds)) * Decimal("0.00019")
    assert (
        registry.get_sample_value("job_gpu_seconds_total", {"operation": "render", "device": "gpu"}) == work.gpu_seconds
    )
    cost = float(work.cost_usd)
    assert registry.get_sample_value("cost_usd_total", {"kind": "job"}) == cost
    labels = {"customer": "acme", "operation": "render"}
    assert registry.get_sample_value("cost_attributed_usd_total", labels) == cost
    assert registry.get_sample_value("gpu_second_price_usd", {"device": "gpu"}) == 0.00019
    assert spans.only().name == "gpu work"
    assert spans.only().attributes == {
        "plainview.operation": "render",
        "plainview.customer": "acme",
        "plainview.model": "portrait-1",
        "plainview.device": "gpu",
        "plainview.device.name": "NVIDIA L4",
        "plainview.device.simulated": False,
        "plainview.gpu.uuid": "GPU-1",
        "plainview.outcome": "succeeded",
        "plainview.cost.kind": "job",
        "plainview.gpu.seconds": work.gpu_seconds,
        "plainview.cost.usd": cost,
    }


class Cancelled(Exception):  # noqa: N818 - as an app may call it
    pass


@pytest.mark.parametrize(
    ("kind", "error", "outcome", "booked"),
    [
        ("job", ValueError("private text"), "failed", "failed"),
        ("job", Cancelled(), "cancelled", "cancelled"),
        ("job", asyncio.CancelledError(), "cancelled", "cancelled"),
        ("retry", ValueError(), "failed", "retry"),
    ],
)
def test_work_that_ends_badly_is_charged_all_the_same(telemetry, registry, spans, kind, error, outcome, booked):
    with pytest.raises(type(error)), gpu_work("render", kind=kind) as work:
        raise error
    assert work.outcome == outcome
    assert work.cost_usd > 0
    assert registry.get_sample_value("cost_usd_total", {"kind": booked}) == float(work.cost_usd)
    assert "private text" not in spans.only().to_json()


def test_without_a_card_the_cpu_stands_in_and_says_so(telemetry, spans):
    with gpu_work("render") as work:
        pass
    assert work.device.kind == "cpu"
    assert spans.only().attributes["plainview.device"] == "cpu"


async def test_async_block_and_decorators_measure_each_call(telemetry, registry, spans):
    async with gpu_work("async") as work:
        await asyncio.sleep(0)

    @gpu_work("decorated")
    def double(number):
        return number * 2

    @gpu_work("decorated")
    async def triple(number):
        return number * 3

    assert (double(2), await triple(2), work.gpu_seconds > 0) == (4, 6, True)
    assert [span.attributes["plainview.operation"] for span in spans.all()] == ["async", "decorated", "decorated"]


def test_a_block_is_entered_once(telemetry):
    block = gpu_work("render")
    with block:
        pass
    with pytest.raises(RuntimeError, match="entered once"), block:
        pass


def test_customers_beyond_the_bound_are_other_and_none_is_unattributed(telemetry, registry, spans):
    for number in range(55):
        with gpu_work("render", customer=f"c{number}"):
            pass
    with gpu_work("render"):
        pass
    customers = {
        sample.labels["customer"]
        for family in registry.collect()
        for sample in family.samples
        if sample.name == "cost_attributed_usd_total"
    }
    assert customers == {*(f"c{number}" for number in range(50)), "other", "unattributed"}
    assert spans.all()[54].attributes["plainview.customer"] == "c54"


def test_work_is_measured_without_any_telemetry():
    with gpu_work("render") as work:
        pass
    assert work.cost_usd == Decimal(str(work.gpu_seconds)) * TelemetrySettings().gpu_price_usd_per_second


def test_a_fault_of_telemetry_does_not_break_the_work(telemetry, registry, monkeypatch, lines):
    def broken(_metric):
        raise RuntimeError("our own fault")

    monkeypatch.setattr(telemetry, "counter", broken)
    for _ in range(3):
        with gpu_work("render"):
            pass
    assert registry.get_sample_value("telemetry_internal_errors_total", {"part": "gpu_work"}) >= 3
    assert [line["event"] for line in lines()] == ["telemetry.failed"]
