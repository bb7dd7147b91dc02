import pytest

from stack.native import gpus

UUIDS = ("GPU-a", "GPU-b", "GPU-c")


@pytest.fixture
def three_cards(monkeypatch):
    """What the driver would show; the reading itself is tested against the driver where there is one."""
    monkeypatch.setattr(gpus, "_present", lambda: UUIDS)


@pytest.mark.usefixtures("three_cards")
@pytest.mark.parametrize(
    ("environment", "chosen"),
    [
        ({}, UUIDS),
        ({"PLAINVIEW_GPU": "auto"}, UUIDS),
        ({"PLAINVIEW_GPU": "off"}, ()),
        ({"PLAINVIEW_GPU": "simulated"}, ()),
        ({"PLAINVIEW_GPU_UUIDS": "GPU-b"}, ("GPU-b",)),
        ({"PLAINVIEW_GPU_UUIDS": "GPU-c, GPU-a"}, ("GPU-c", "GPU-a")),
        ({"CUDA_VISIBLE_DEVICES": "0,2"}, ("GPU-a", "GPU-c")),
        ({"CUDA_VISIBLE_DEVICES": "-1"}, ()),
        ({"CUDA_VISIBLE_DEVICES": ""}, ()),
    ],
    ids=str,
)
def test_settings_choose_the_gpus_that_get_a_worker(environment, chosen):
    assert gpus.for_workers(environment) == chosen


def test_host_without_a_driver_has_none():
    assert all(uuid.startswith(("GPU-", "MIG-")) for uuid in gpus._present())
