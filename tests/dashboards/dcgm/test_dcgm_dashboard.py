"""NVIDIA's dashboard over a real Prometheus that scrapes `plainview gpu export`: every panel has data of every card."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from stack.paths import PROJECT
from tests.dashboards.dcgm.panels import NEWER, OLDER, VARIABLES
from tests.dashboards.prometheus import scraping
from tests.fakenvml import fakenvml
from tests.parts import nvml_library

pytestmark = [pytest.mark.integration, pytest.mark.slow]

H100, DIVIDED = 0, 1
PANELS = [
    *(pytest.param(panel.query('instance=~".+",gpu=~".+"'), panel, id=f"older-{panel.title}") for panel in OLDER),
    *(pytest.param(panel.query('Hostname=~".+",gpu=~".+"'), panel, id=f"newer-{panel.title}") for panel in NEWER),
]


@pytest.fixture(scope="module")
def ask(program: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], list]]:
    """Return a function that asks Prometheus once it has scraped all there will be."""
    folder = tmp_path_factory.mktemp("dcgm")
    with _exporter(_cards(folder)) as address, scraping(program, folder, address) as url:

        def ask(expr: str) -> list:
            answer = httpx.post(f"{url}/api/v1/query", data={"query": expr}, timeout=10).json()
            assert answer["status"] == "success", answer
            return answer["data"]["result"]

        deadline = time.monotonic() + 30
        while len(ask("DCGM_FI_PROF_PIPE_TENSOR_ACTIVE")) < 3:
            assert time.monotonic() < deadline, "the activity of the cards was never scraped"
            time.sleep(0.2)
        yield ask


def _cards(folder: Path) -> fakenvml.State:
    state = fakenvml.State(folder / "cards", gpus=["h100", "h100"])
    with state.batch():
        for card in (H100, DIVIDED):
            state.gpu(card, util__gpu=83, memory__used="20GiB", temperature=61, power_mw=431_500, clock__sm=1755)
            state.gpu(card, {f"gpm.{number}": 37 for number in (1, 2, 5, 10)})
        state.mig(DIVIDED, ["3g.40gb", "2g.20gb"])
        state.gpu(DIVIDED, {f"gi.{part}.gpm.{number}": 30 for part in (1, 2) for number in (1, 2, 5, 10)})
    return state


class _exporter:  # noqa: N801 - used as a function in `with`
    """The real command in a process of its own; gives its address."""

    def __init__(self, cards: fakenvml.State) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            self._address = f"127.0.0.1:{taken.getsockname()[1]}"
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PLAINVIEW_")}
        environment |= {**cards.env(nvml_library()), "PLAINVIEW_GPU_DCGM_NAMES": "true", "PYTHONPATH": str(PROJECT)}
        port = self._address.rpartition(":")[2]
        command = [sys.executable, "-m", "stack", "gpu", "export", "--port", port]
        self._process = subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=subprocess.DEVNULL)

    def __enter__(self) -> str:
        return self._address

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        assert self._process.wait(10) == 0


@pytest.mark.parametrize(("query", "panel"), PANELS)
def test_panel_shows_every_card(query, panel, ask) -> None:
    found = ask(query)
    if panel.over:
        assert len(found) == 1
        return
    shown = {series["metric"]["gpu"] for series in found}
    # A divided card has no utilization as a whole: NVIDIA's own exporter leaves it out as well.
    assert shown == ({"0"} if panel.series == "DCGM_FI_DEV_GPU_UTIL" else {"0", "1"})


@pytest.mark.parametrize(("query", "panel"), [case for case in PANELS if "GPU_I_ID" in case.values[1].by])
def test_parts_of_a_divided_card_are_told_apart(query, panel, ask) -> None:
    parts = {series["metric"].get("GPU_I_PROFILE") for series in ask(query) if series["metric"]["gpu"] == "1"}
    assert parts == {"3g.40gb", "2g.20gb"}


@pytest.mark.parametrize("form", VARIABLES)
def test_variables_have_choices(form, ask) -> None:
    for series, label in VARIABLES[form]:
        assert all(found["metric"].get(label) for found in ask(series))
        assert ask(series)


def test_figures_are_in_the_units_of_the_panels(ask) -> None:
    def value(series: str) -> float:
        (found,) = (each for each in ask(series) if each["metric"]["gpu"] == "0")
        return float(found["value"][1])

    assert value("DCGM_FI_DEV_SM_CLOCK * 1000000") == 1_755_000_000
    assert value("DCGM_FI_DEV_FB_USED") == 20 * 1024
    assert value("DCGM_FI_PROF_GR_ENGINE_ACTIVE") == pytest.approx(0.37)
