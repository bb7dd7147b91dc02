"""Cards that a test scripts, seen through the real pynvml."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest

from telemetry import Telemetry, TelemetrySettings
from telemetry.gpu import Gpus, open_gpus
from tests.fakenvml import fakenvml
from tests.parts import nvml_library

Opened = Callable[..., AbstractContextManager[Gpus]]


@pytest.fixture
def cards(tmp_path) -> Iterator[fakenvml.State]:
    """An H100 and a GeForce RTX 4090; the first is slot 0."""
    state = fakenvml.State(tmp_path / "cards", gpus=["h100", "rtx4090"])
    with fakenvml.active(nvml_library(), state):
        yield state


@pytest.fixture
def opened(telemetry: Telemetry) -> Opened:
    """Return a function that opens the cards, read every 20 ms."""

    def opened(**settings) -> AbstractContextManager[Gpus]:
        asked = TelemetrySettings(gpu_interval=timedelta(milliseconds=20), **settings)
        return open_gpus(asked, telemetry)

    return opened
