"""NVIDIA's own dashboard, grafana/dcgm-exporter-dashboard.json of dcgm-exporter: what its eight panels ask for is there."""

import platform

import pytest
from prometheus_client import generate_latest
from prometheus_client.openmetrics.exposition import generate_latest as openmetrics
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse

from telemetry import catalog
from telemetry.gpu import Value
from telemetry.gpu._dcgm import ALIASES
from tests.telemetry.gpu.looking import by_model, until

H100, RTX4090 = 0, 1

PANELS = {
    "GPU Temperature": ("DCGM_FI_DEV_GPU_TEMP", 61),
    "GPU Avg. Temp": ("DCGM_FI_DEV_GPU_TEMP", 61),
    "GPU Power Usage": ("DCGM_FI_DEV_POWER_USAGE", 431.5),
    "GPU Power Total": ("DCGM_FI_DEV_POWER_USAGE", 431.5),
    "GPU SM Clocks": ("DCGM_FI_DEV_SM_CLOCK", 1755),
    "GPU Utilization": ("DCGM_FI_DEV_GPU_UTIL", 83),
    "GPU Framebuffer Mem Used": ("DCGM_FI_DEV_FB_USED", 20480),
    "Tensor Core Utilization": ("DCGM_FI_PROF_PIPE_TENSOR_ACTIVE", 0.37),
}


def samples(text):
    return [sample for family in parse(text) for sample in family.samples if sample.name.startswith("DCGM_")]


def value(registry, name, gpu="0"):
    """Return what `name{instance=~".*", gpu=~GPU}` gives."""
    (found,) = [s for s in samples(generate_latest(registry).decode()) if s.name == name and s.labels["gpu"] == gpu]
    return found.value


@pytest.fixture
def working(cards):
    cards.gpu(H100, util__gpu=83, memory__used="20GiB", temperature=61, power_mw=431_500, clock__sm=1755)
    cards.gpu(H100, {"gpm.2": 55, "gpm.5": 37, "gpm.10": 44, "energy_mj": 123_456_789})
    return cards


@pytest.mark.parametrize(("name", "expected"), PANELS.values(), ids=PANELS)
def test_every_panel_has_data(working, opened, registry, name, expected):
    with opened(gpu_dcgm_names=True) as gpus:
        if "TENSOR" in name:
            active = catalog.GPU_TENSOR_ACTIVITY
            until(gpus, lambda new: isinstance(by_model(new, "H100").reading(active), Value))
        assert value(registry, name) == pytest.approx(expected)


def test_labels_are_those_of_dcgm_exporter(working, opened, registry):
    with opened(gpu_dcgm_names=True) as gpus:
        uuid = by_model(gpus.snapshot(), "H100").uuid
        labels = next(s.labels for s in samples(generate_latest(registry).decode()) if s.labels["gpu"] == "0")
    assert labels == {
        "gpu": "0",
        "UUID": uuid,
        "pci_bus_id": "00000000:10:00.0",
        "device": "nvidia0",
        "modelName": "NVIDIA H100 80GB HBM3",
        "Hostname": platform.node(),
        "DCGM_FI_DRIVER_VERSION": "590.48.01",
    }


def test_units_are_those_of_dcgm(working, opened, registry):
    with opened(gpu_dcgm_names=True):
        assert value(registry, "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION") == 123_456_789
        assert value(registry, "DCGM_FI_DEV_FB_USED") == 20 * 1024
        assert value(registry, "DCGM_FI_DEV_ENFORCED_POWER_LIMIT") == 700
        assert value(registry, "DCGM_FI_DEV_MEM_CLOCK") == 2619
        assert value(registry, "DCGM_FI_DEV_FAN_SPEED", gpu="1") == 30


def test_what_a_card_does_not_support_has_no_alias_either(working, opened, registry):
    with opened(gpu_dcgm_names=True):
        names = {s.name for s in samples(generate_latest(registry).decode()) if s.labels["gpu"] == "1"}
    assert "DCGM_FI_DEV_GPU_TEMP" in names
    assert not names & {"DCGM_FI_DEV_ECC_DBE_VOL_TOTAL", "DCGM_FI_PROF_SM_ACTIVE", "DCGM_FI_DEV_MEMORY_TEMP"}


def test_a_lost_card_has_no_aliases(working, opened, registry):
    with opened(gpu_dcgm_names=True) as gpus:
        working.lost(H100)
        until(gpus, lambda new: by_model(new, "H100").lost is not None)
        assert {s.labels["gpu"] for s in samples(generate_latest(registry).decode())} == {"1"}


def test_a_divided_card_shows_memory_by_instance_only(working, opened, registry):
    working.mig(H100, ["3g.40gb", "2g.20gb"])
    working.gpu(H100, {"mig.0.memory.used": "2GiB", "mig.1.memory.used": "1GiB"})
    with opened(gpu_dcgm_names=True):
        found = [s for s in samples(generate_latest(registry).decode()) if s.labels["gpu"] == "0"]
    used = {(s.labels["GPU_I_ID"], s.labels["GPU_I_PROFILE"]): s.value for s in found if s.name.endswith("FB_USED")}
    assert used == {("1", "3g.40gb"): 2048, ("2", "2g.20gb"): 1024}


def test_the_last_xid_is_shown_and_0_before_one(working, opened, registry):
    with opened(gpu_dcgm_names=True) as gpus:
        assert value(registry, "DCGM_FI_DEV_XID_ERRORS") == 0
        working.xid(H100, 31)
        working.xid(H100, 79)
        until(gpus, lambda new: len(new.xids) == 2)
        assert value(registry, "DCGM_FI_DEV_XID_ERRORS") == 79


def test_they_are_off_unless_asked_for(working, opened, registry):
    with opened():
        assert samples(generate_latest(registry).decode()) == []


def test_openmetrics_takes_them_too(working, opened, registry):
    with opened(gpu_dcgm_names=True):
        names = {family.name for family in parse_openmetrics(openmetrics(registry).decode())}
    assert {"DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION", "DCGM_FI_DEV_GPU_TEMP"} <= names


def test_each_name_stands_for_one_reading():
    names = [alias.name for alias in ALIASES]
    assert len(names) == len(set(names))
    assert len({alias.key for alias in ALIASES}) == len(names)
