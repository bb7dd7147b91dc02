"""Which card work runs on: named, of torch, of CUDA_VISIBLE_DEVICES, or not to be told."""

import pytest

from telemetry import gpu_work
from telemetry.gpu import Card, Device, Facts
from telemetry.gpu._visible import visible
from telemetry.work._which import chosen

ONE, TWO = "GPU-11111111-0000", "GPU-22222222-0000"
CPU = Device("cpu", "CPU")


def card(uuid, index, model="H100"):
    return Card(uuid, Facts(str(index), model))


ALIKE = (card(ONE, 0), card(TWO, 1))
DIFFERENT = (card(ONE, 0), card(TWO, 1, "L4"))


@pytest.mark.parametrize(
    ("cards", "environment", "uuids"),
    [
        (ALIKE, {}, [ONE, TWO]),
        (ALIKE, {"CUDA_VISIBLE_DEVICES": "1,0"}, [TWO, ONE]),
        (ALIKE, {"CUDA_VISIBLE_DEVICES": "1"}, [TWO]),
        (ALIKE, {"CUDA_VISIBLE_DEVICES": "GPU-22"}, [TWO]),
        (ALIKE, {"CUDA_VISIBLE_DEVICES": "1,7,0"}, [TWO]),
        (ALIKE, {"CUDA_VISIBLE_DEVICES": ""}, []),
        (ALIKE, {"CUDA_VISIBLE_DEVICES": "-1"}, []),
        (ALIKE, {"CUDA_VISIBLE_DEVICES": "MIG-9"}, ["MIG-9"]),
        (ALIKE, {"CUDA_VISIBLE_DEVICES": "GPU-"}, []),
        (DIFFERENT, {"CUDA_VISIBLE_DEVICES": "1"}, [None]),
        (DIFFERENT, {"CUDA_VISIBLE_DEVICES": "1", "CUDA_DEVICE_ORDER": "PCI_BUS_ID"}, [TWO]),
        (DIFFERENT, {"CUDA_VISIBLE_DEVICES": TWO}, [TWO]),
        ((card(TWO, 1),), {"CUDA_VISIBLE_DEVICES": "1"}, [TWO]),
        ((), {"CUDA_VISIBLE_DEVICES": "0"}, []),
    ],
)
def test_cards_that_cuda_shows(cards, environment, uuids):
    assert visible(cards, environment) == uuids


@pytest.mark.parametrize(
    ("device", "found"),
    [
        (Device("gpu", "X", "GPU-X"), ("gpu", "X", "GPU-X")),
        (None, ("cpu", "CPU", None)),
        (1, ("gpu", "H100", TWO)),
        ("cuda:1", ("gpu", "H100", TWO)),
        ("cuda", ("cpu", "CPU", None)),
        (TWO, ("gpu", "H100", TWO)),
        ("GPU-away", ("gpu", "GPU-away", "GPU-away")),
        (9, ("gpu", "one of several cards", None)),
    ],
    ids=repr,
)
def test_what_the_argument_means(device, found, monkeypatch):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    which = chosen(device, ALIKE, CPU)
    assert (which.kind, which.name, which.uuid) == found


def test_device_that_cannot_be_is_an_error_of_telemetry_not_of_the_work(telemetry, registry):
    with gpu_work("render", device="the large one") as work:
        pass
    assert (work.outcome, work.device.kind) == ("succeeded", "cpu")
    assert registry.get_sample_value("telemetry_internal_errors_total", {"part": "gpu_work"}) == 1
