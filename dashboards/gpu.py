"""GPU: what cards there are, how busy, how full, how hot, and what is wrong with them."""

from __future__ import annotations

from dashboards.model import Board, Row
from dashboards.panels import text
from dashboards.rows import gpu, gpu_cards, gpu_errors

NOTE = (
    "Values come from NVIDIA's driver. A reading that a card does not support is left out, one that failed is counted "
    "below, and a card that stopped answering is shown as lost; none of them is ever shown as 0. "
    "On a host without a GPU these panels are empty and the CPU stands in for jobs. "
    "**Simulated** cards (`up --demo`) do not exist: the table says so."
)


def board() -> Board:
    return Board(
        name="gpu",
        title="GPU",
        description="Cards, utilization, memory, power, temperature, clocks, errors, and how fresh the readings are.",
        rows=(
            Row(
                "Cards",
                (
                    gpu_cards.count(),
                    gpu_cards.available(),
                    gpu_cards.reading_age(),
                    gpu_cards.stand_in(),
                    gpu_cards.facts(),
                    text("About these readings", NOTE),
                ),
            ),
            Row("Use", (gpu.utilization(), gpu.memory(), gpu.memory_share())),
            Row(
                "Saturation",
                (
                    gpu.memory_busy(),
                    gpu.power(),
                    gpu.temperature(),
                    gpu.clocks(),
                    gpu_errors.clock_events(),
                    gpu.energy(),
                ),
            ),
            Row("Errors", (gpu_errors.ecc(), gpu_errors.xid(), gpu_errors.read_errors(), gpu_errors.read_time())),
        ),
    )
