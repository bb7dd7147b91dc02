"""`gpu_work`: what a piece of work took of a device (seconds, joules, memory, money), for whom, and how it ended.

Series: `gpu_work_*`, `gpu_out_of_memory_total`, `model_memory_*`, `torch_memory_*`, `job_gpu_seconds_total`,
`cost_usd_total{kind}`, `cost_attributed_usd_total{customer,operation}`, `gpu_second_price_usd{device}`. Span:
`gpu work`, with an event `gpu.out_of_memory`. Log line: `gpu.work`.

Several pieces at once share a device: each moment is divided equally among those that run, so that their seconds,
joules and cost add up to what the device gave. Of nested pieces the inner one runs and the outer one waits.
"""

from telemetry.work._block import GpuWorkBlock, gpu_work
from telemetry.work._memory_life import Life
from telemetry.work._out_of_memory import SOURCES, out_of_memory
from telemetry.work._piece import GpuWork, Memory
from telemetry.work._resident import resident_bytes

__all__ = [
    "SOURCES",
    "GpuWork",
    "GpuWorkBlock",
    "Life",
    "Memory",
    "gpu_work",
    "out_of_memory",
    "resident_bytes",
]
