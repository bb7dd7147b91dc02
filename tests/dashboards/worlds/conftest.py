from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.dashboards.prometheus import Prometheus, serving
from tests.dashboards.worlds.worlds import WORLDS

APART = 3 * 3600


@pytest.fixture(scope="session")
def asked(
    program: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], Prometheus]]:
    """Return a function from a world's name to the Prometheus that watched it, as of its end.

    One server has them all, each in hours of its own.
    """
    end = int(time.time()) // 15 * 15 - 60
    ends = {name: end - APART * place for place, name in enumerate(WORLDS)}
    lines = [
        line for name, world in WORLDS.items() for line in world.lines(tmp_path_factory.mktemp("cards"), ends[name])
    ]
    text = "\n".join((*lines, "# EOF", ""))
    with serving(program, tmp_path_factory.mktemp("worlds"), text, end) as prometheus:
        yield lambda name: prometheus.at(ends[name])
