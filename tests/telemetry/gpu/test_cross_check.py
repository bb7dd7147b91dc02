"""Our readings against those of others who read the same cards."""

import csv
import shutil
import subprocess
from datetime import timedelta

import pytest

from telemetry import TelemetrySettings, catalog
from telemetry.gpu import Value, open_gpus
from tests.fakenvml import fakenvml
from tests.telemetry.gpu.independent import read_all
from tests.telemetry.gpu.looking import later_than, until

PRESETS = ["h100", "h200", "a100", "l40s", "l4", "a10g", "t4", "rtx4090", "jetson", "wsl"]


@pytest.mark.parametrize("preset", PRESETS)
def test_an_independent_reader_sees_the_same_card(cards, opened, registry, preset):
    """Both ways: what it reads we show with the same value, and of these series we show nothing that it cannot read."""
    with cards.batch():
        for slot in (0, 1):
            cards.unplug(slot)
        slot = cards.add_gpu(preset)
        given = fakenvml.PRESETS[preset]
        values = {"memory.used": "3GiB", "clock.sm": 1410, "pcie.replay": 2, "pstate": 3, "clock.mem": 1593}
        values |= {"power_mw": 61_250, "temperature": 58, "energy_mj": 987_654_321, "util.gpu": 37, "util.memory": 12}
        cards.gpu(slot, {key: value for key, value in values.items() if given.get(key) != "N/A"})
    with opened():
        theirs = read_all()
        ours = {
            (sample.labels["gpu_uuid"], sample.name, tuple(sample.labels[label] for label in labels[1:])): sample.value
            for family in registry.collect()
            for sample in family.samples
            for labels in [_labels(sample.name)]
            if labels
        }
    names = {name for _, name, _ in theirs}
    assert len(theirs) > 10
    assert {key: value for key, value in ours.items() if key[1] in names} == pytest.approx(theirs)


def _labels(series):
    metric = next((metric for metric in catalog.metrics() if metric.name == series), None)
    return metric.labels if metric and metric.labels[:1] == ("gpu_uuid",) else ()


# What does not move between two looks at a card that is in use, and by how much what moves may differ.
NVIDIA_SMI = {
    "memory.total": (catalog.GPU_MEMORY_TOTAL, (), 2**20, 2**20),
    "memory.reserved": (catalog.GPU_MEMORY_RESERVED, (), 2**20, 2**21),
    "memory.used": (catalog.GPU_MEMORY_USED, (), 2**20, 2**30),
    "temperature.gpu": (catalog.GPU_TEMPERATURE, (), 1, 5),
    "power.draw.average": (catalog.GPU_POWER, (), 1, 60),
    "enforced.power.limit": (catalog.GPU_POWER_LIMIT, (), 1, 0.01),
    "clocks.max.sm": (catalog.GPU_CLOCK_MAX, ("sm",), 1e6, 0),
    "clocks.max.memory": (catalog.GPU_CLOCK_MAX, ("memory",), 1e6, 0),
    "pcie.link.gen.gpumax": (catalog.GPU_PCIE_GENERATION_MAX, (), 1, 2),
    "pcie.link.width.max": (catalog.GPU_PCIE_WIDTH_MAX, (), 1, 0),
    "ecc.errors.corrected.volatile.total": (catalog.GPU_ECC_ERRORS, ("corrected",), 1, 0),
    "ecc.errors.uncorrected.volatile.total": (catalog.GPU_ECC_ERRORS, ("uncorrected",), 1, 0),
    "ecc.errors.corrected.aggregate.total": (catalog.GPU_ECC_LIFETIME, ("corrected",), 1, 0),
    "ecc.errors.uncorrected.aggregate.total": (catalog.GPU_ECC_LIFETIME, ("uncorrected",), 1, 0),
    "temperature.memory": (catalog.GPU_MEMORY_TEMPERATURE, (), 1, 5),
    "fan.speed": (catalog.GPU_FAN_SPEED, (), 0.01, 0.05),
}


@pytest.mark.gpu
def test_nvidia_smi_says_the_same(telemetry):
    if not shutil.which("nvidia-smi"):
        pytest.skip("there is no nvidia-smi: no NVIDIA driver on this host")
    asked = ["nvidia-smi", f"--query-gpu=uuid,{','.join(NVIDIA_SMI)}", "--format=csv,noheader,nounits"]
    answer = subprocess.run(asked, capture_output=True, text=True, check=False)
    if answer.returncode:
        pytest.skip(f"nvidia-smi reads no GPU here: {answer.stdout.strip()}")
    with open_gpus(TelemetrySettings(gpu_interval=timedelta(seconds=0.2)), telemetry) as gpus:
        snapshot = until(gpus, later_than(gpus.snapshot()))
    cards = {card.uuid: card for card in snapshot.cards}
    for uuid, *cells in csv.reader(answer.stdout.splitlines(), skipinitialspace=True):
        for cell, (name, (metric, labels, unit, within)) in zip(cells, NVIDIA_SMI.items(), strict=True):
            reading = cards[uuid].reading(metric, *labels)
            if cell.startswith("["):  # [N/A], [Not Supported]
                assert not isinstance(reading, Value), name
            else:
                assert reading.value == pytest.approx(float(cell) * unit, abs=within, rel=1e-6), name
