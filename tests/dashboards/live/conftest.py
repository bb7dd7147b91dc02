from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.dashboards.live import exposition
from tests.dashboards.prometheus import Prometheus, serving

HOUR = 3600


@pytest.fixture(scope="session")
def prometheus(program: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """Holds half an hour of a busy installation."""
    end = int(time.time()) // 15 * 15 - 60
    text = exposition.text(end - HOUR // 2, end)
    with serving(program, tmp_path_factory.mktemp("prometheus"), text, end) as prometheus:
        yield prometheus
