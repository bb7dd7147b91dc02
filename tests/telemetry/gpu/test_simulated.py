import pytest
from prometheus_client import generate_latest

from telemetry import catalog, gpu_work
from telemetry.gpu import Value
from telemetry.gpu._simulated import SimulatedSource


class World:
    def __init__(self):
        self.now = 0.0
        self.busy = 0
        self.source = SimulatedSource(lambda: self.busy, lambda: self.now)

    def after(self, seconds, metric):
        (card,) = [self._step() for _ in range(int(seconds))][-1:]
        reading = card.reading(metric)
        assert isinstance(reading, Value)
        return reading.value

    def _step(self):
        self.now += 1
        return self.source.read()[0]


def test_load_rises_with_work_and_falls_after_it():
    world = World()
    assert world.after(5, catalog.GPU_UTILIZATION) < 0.05
    world.busy = 1
    assert world.after(5, catalog.GPU_UTILIZATION) > 0.8
    world.busy = 0
    assert world.after(10, catalog.GPU_UTILIZATION) < 0.05


def test_the_card_warms_slowly_and_energy_is_the_sum_of_power():
    world = World()
    world.busy = 1
    early = world.after(2, catalog.GPU_TEMPERATURE)
    late = world.after(60, catalog.GPU_TEMPERATURE)
    assert early < 50
    assert 60 < late < 80
    before = world.after(1, catalog.GPU_ENERGY)
    power = world.after(1, catalog.GPU_POWER)
    assert world.after(1, catalog.GPU_ENERGY) - before == pytest.approx(2 * power, rel=0.05)


def test_memory_adds_up_to_the_card():
    world = World()
    world.source.read()
    parts = [world.after(1, metric) for metric in (catalog.GPU_MEMORY_RESERVED, catalog.GPU_MEMORY_TOTAL)]
    world.busy = 1
    card = world.source.read()[0]
    used, free = card.reading(catalog.GPU_MEMORY_USED).value, card.reading(catalog.GPU_MEMORY_FREE).value
    assert used + free + parts[0] == pytest.approx(parts[1], abs=2)


def test_it_says_everywhere_that_it_is_not_real(opened, telemetry, registry, spans):
    with opened(gpu="simulated") as gpus:
        device = gpus.device()
        assert (device.kind, device.name) == ("simulated", "Simulated H100 (not real)")
        with gpu_work("render", telemetry=telemetry) as work:
            assert telemetry.held.count == 1
        text = generate_latest(registry).decode()
    assert work.device == device
    assert 'simulated="true"' in text
    assert 'job_gpu_seconds_total{device="simulated",operation="render"}' in text
    assert spans.only().attributes["plainview.device.simulated"] is True
    assert telemetry.held.count == 0
