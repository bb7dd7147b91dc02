"""GPU: what cards there are, how busy, how full, how hot, and what is wrong with them."""

from __future__ import annotations

from dashboards.model import Board, Row
from dashboards.panels import text
from dashboards.rows import gpu, gpu_cards, gpu_errors, gpu_limits, gpu_links, gpu_memory, gpu_reader

NOTE = (
    "No number here stands for something that is not known. A card that does not give a reading stands in the legend "
    "without a value and with the reason: **not_supported** by this card, **failed** just now, **absent** (nothing to "
    "report yet), **lost** (it does not answer) or **stale** (its last reading is too old). 0 is a reading. "
    "On a host without a GPU the top row says so and the CPU stands in for jobs. "
    "**Simulated** cards (`up --demo`) do not exist: the table says so."
)


def board() -> Board:
    return Board(
        name="gpu",
        title="GPU",
        description="Cards, utilization, memory of cards and of work, power, temperature, clocks, links, errors, and how fresh the readings are.",
        rows=(
            Row(
                "Is every card all right?",
                (
                    gpu_cards.reader(),
                    gpu_cards.count(),
                    gpu_cards.lost(),
                    gpu_cards.faulty(),
                    gpu_cards.failing(),
                    gpu_cards.hottest(),
                    gpu_cards.fullest(),
                    gpu_cards.facts(),
                    text("About these readings", NOTE, height=4),
                ),
            ),
            Row(
                "Use",
                (
                    gpu.utilization(),
                    gpu.activity(),
                    gpu.tensor(),
                    gpu.memory(),
                    gpu.memory_share(),
                    gpu.bandwidth(),
                ),
            ),
            Row(
                "Memory of the work",
                (
                    gpu_memory.of_models(),
                    gpu_memory.leak(),
                    gpu_memory.peak(),
                    gpu_memory.torch(),
                    gpu_memory.exhausted(),
                    gpu_memory.restarts(),
                ),
            ),
            Row("Parts of divided cards (MIG)", (gpu.instance_activity(), gpu.instance_memory())),
            Row(
                "Saturation",
                (
                    gpu_limits.throttled(),
                    gpu_limits.clock_events(),
                    gpu_limits.clocks(),
                    gpu_limits.temperature(),
                    gpu_limits.margin(),
                    gpu_limits.fan(),
                    gpu_limits.power(),
                    gpu_limits.energy(),
                    gpu_limits.memory_busy(),
                ),
            ),
            Row(
                "Errors",
                (
                    gpu_errors.xid(),
                    gpu_errors.xid_times(),
                    gpu_errors.ecc(),
                    gpu_errors.remapped(),
                    gpu_errors.retired(),
                    gpu_errors.recovery(),
                ),
            ),
            Row(
                "Links",
                (
                    gpu_links.pcie_traffic(),
                    gpu_links.pcie_link(),
                    gpu_links.pcie_replays(),
                    gpu_links.nvlink_traffic(),
                    gpu_links.nvlinks_up(),
                    gpu_links.nvlink_errors(),
                ),
            ),
            Row("Engines and processes", (gpu.engines(12), gpu.process_memory(12))),
            Row(
                "Readings",
                (
                    gpu_reader.age(),
                    gpu_reader.read_time(),
                    gpu_reader.read_errors(),
                    gpu_reader.missing(),
                    gpu_reader.stand_in(),
                ),
            ),
        ),
    )
