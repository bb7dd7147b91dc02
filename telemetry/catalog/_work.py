"""GPU work and memory.

What `gpu_work` measures. `device` is gpu, cpu where the CPU stands in, or simulated; `gpu_uuid` is empty without a
card. `source` says where a figure of memory comes from: torch (its allocator), nvml_process (NVML, this process),
nvml_device (NVML, the card in use above its baseline), rss (resident memory of the process, where the CPU stands in).
"""

from typing import Final

from telemetry.catalog._metric import JOB_SECONDS, MEMORY_BYTES, Metric

_MODEL = ("model", "device", "source")
_CARD = ("device", "gpu_uuid")
_DEVICES = ("gpu", "cpu", "simulated")
_OUTCOMES = ("succeeded", "failed", "cancelled", "out_of_memory")
_TOLD_BY = (
    *("torch", "cuda", "cudnn", "cublas", "cupy", "jax", "tensorflow", "onnxruntime", "tensorrt", "nvml"),
    *("host", "reading"),
)
_RESTARTS = ("out_of_memory", "leak", "memory_limit")

GPU_WORK_DURATION: Final = Metric(
    "gpu_work_duration_seconds",
    "histogram",
    "Time from begin to end of a piece of work, by outcome (succeeded, failed, cancelled, out_of_memory).",
    unit="seconds",
    labels=("operation", "outcome"),
    values={"outcome": _OUTCOMES},
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, *JOB_SECONDS),
)
GPU_WORK_RUNNING: Final = Metric(
    "gpu_work_running",
    "gauge",
    "Pieces of work that run now; nested ones count too.",
    labels=("operation",),
    processes="sum",
)
GPU_WORK_BUSY: Final = Metric(
    "gpu_work_busy_seconds_total",
    "counter",
    "Time in which at least one piece of work of this process ran on the device, counted once however many overlapped.",
    unit="seconds",
    labels=_CARD,
)
GPU_WORK_ENERGY: Final = Metric(
    "gpu_work_energy_joules_total",
    "counter",
    "Energy that the card used while work ran, shared by works that overlap. `source`: counter (the card's energy counter) or power (samples of its power).",
    unit="joules",
    labels=("operation", "device", "source"),
    values={"device": _DEVICES, "source": ("counter", "power")},
)
GPU_WORK_MEMORY_PEAK: Final = Metric(
    "gpu_work_memory_peak_bytes",
    "histogram",
    "Highest memory in use while a piece of work ran.",
    unit="bytes",
    labels=("operation", "device", "source"),
    buckets=MEMORY_BYTES,
)
GPU_OUT_OF_MEMORY: Final = Metric(
    "gpu_out_of_memory_total",
    "counter",
    "Pieces of work that ran out of memory, by what told: torch, cuda, cudnn, cublas, cupy, jax, tensorflow, onnxruntime, tensorrt, nvml, host (main memory), reading (a full card when a CUDA error came).",
    labels=("operation", "source"),
    values={"source": _TOLD_BY},
)
MODEL_MEMORY_BASELINE: Final = Metric(
    "model_memory_baseline_bytes",
    "gauge",
    "Memory in use once the model was loaded, before its first piece of work.",
    unit="bytes",
    labels=_MODEL,
    processes="max",
)
MODEL_MEMORY_AFTER: Final = Metric(
    "model_memory_after_work_bytes",
    "gauge",
    "Memory in use after the last piece of work, when the device was idle.",
    unit="bytes",
    labels=_MODEL,
    processes="max",
)
MODEL_MEMORY_LEAK: Final = Metric(
    "model_memory_leak_bytes",
    "gauge",
    "Bytes by which the memory after a piece of work grows with each one: robust slope over the last ones; absent until enough have run, negative when it shrinks.",
    unit="bytes",
    labels=_MODEL,
    processes="max",
)
MODEL_MEMORY_GROWTH: Final = Metric(
    "model_memory_growth_bytes",
    "gauge",
    "Memory after work now, above what it was once the first ones had warmed the process up.",
    unit="bytes",
    labels=_MODEL,
    processes="max",
)
TORCH_MEMORY_ALLOCATED: Final = Metric(
    "torch_memory_allocated_bytes",
    "gauge",
    "Device memory of tensors after the last piece of work, as torch's allocator counts it.",
    unit="bytes",
    labels=("gpu_uuid",),
    processes="sum",
)
TORCH_MEMORY_RESERVED: Final = Metric(
    "torch_memory_reserved_bytes",
    "gauge",
    "Device memory that torch's allocator holds; above what is allocated it is cached or fragmented.",
    unit="bytes",
    labels=("gpu_uuid",),
    processes="sum",
)
TORCH_MEMORY_INACTIVE_SPLIT: Final = Metric(
    "torch_memory_inactive_split_bytes",
    "gauge",
    "Device memory in free parts of blocks that are in use elsewhere, which torch cannot give back: fragmentation.",
    unit="bytes",
    labels=("gpu_uuid",),
    processes="sum",
)
PROCESS_GPU_MEMORY: Final = Metric(
    "process_gpu_memory_bytes",
    "gauge",
    "Device memory of this process as NVML lists it; absent where NVML does not list the process (containers, WSL).",
    unit="bytes",
    labels=("gpu_uuid",),
    processes="sum",
)
WORKER_RESTARTS: Final = Metric(
    "worker_restarts_total",
    "counter",
    "Times a worker ended by itself to be started anew, by reason (out_of_memory, leak, memory_limit).",
    labels=("reason",),
    values={"reason": _RESTARTS},
    source="worker",
)
