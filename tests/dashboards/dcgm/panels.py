"""What NVIDIA's own dashboard asks for ("NVIDIA DCGM Exporter Dashboard", 12239), in its older and its newer form.

A list of the questions, not the dashboard: `grafana/dcgm-exporter-dashboard.json` of NVIDIA/dcgm-exporter has it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Asked:
    """One panel: the series it selects, what it does with it, and by which labels."""

    title: str
    series: str
    by: tuple[str, ...] = ()
    over: str = ""

    def query(self, selector: str) -> str:
        inner = f"{self.series}{{{selector}}}"
        grouped = f"max({inner}) by ({', '.join(self.by)})" if self.by else inner
        return f"{self.over}({grouped})" if self.over else grouped


_CARD = ("Hostname", "gpu", "UUID")
_PART = ("Hostname", "gpu", "GPU_I_ID", "GPU_I_PROFILE")

#: Selects by scrape target.
OLDER = (
    Asked("GPU Temperature", "DCGM_FI_DEV_GPU_TEMP"),
    Asked("GPU Avg. Temp", "DCGM_FI_DEV_GPU_TEMP", over="avg"),
    Asked("GPU Power Usage", "DCGM_FI_DEV_POWER_USAGE"),
    Asked("GPU Power Total", "DCGM_FI_DEV_POWER_USAGE", over="sum"),
    Asked("GPU SM Clocks", "DCGM_FI_DEV_SM_CLOCK"),
    Asked("GPU Utilization", "DCGM_FI_DEV_GPU_UTIL"),
    Asked("GPU Framebuffer Mem Used", "DCGM_FI_DEV_FB_USED"),
    Asked("Tensor Core Utilization", "DCGM_FI_PROF_PIPE_TENSOR_ACTIVE"),
)
#: Selects by host, and tells the parts of a divided card apart.
NEWER = (
    Asked("GPU Temperature", "DCGM_FI_DEV_GPU_TEMP", _CARD),
    Asked("GPU Avg. Temp", "DCGM_FI_DEV_GPU_TEMP", over="avg"),
    Asked("GPU Power Usage", "DCGM_FI_DEV_POWER_USAGE", _CARD),
    Asked("GPU Power Total", "DCGM_FI_DEV_POWER_USAGE", ("gpu",), "sum"),
    Asked("GPU SM Clocks", "DCGM_FI_DEV_SM_CLOCK", _CARD),
    Asked("GPU Utilization", "DCGM_FI_PROF_GR_ENGINE_ACTIVE", _PART),
    Asked("Tensor Core Utilization", "DCGM_FI_PROF_PIPE_TENSOR_ACTIVE", _PART),
    Asked("GPU Framebuffer Mem Used", "DCGM_FI_DEV_FB_USED", _PART),
)
#: Where its variables take their choices from: series and label.
VARIABLES = {
    "older": (("DCGM_FI_DEV_GPU_TEMP", "instance"), ("DCGM_FI_DEV_GPU_TEMP", "gpu")),
    "newer": (("DCGM_FI_DEV_FB_FREE", "Hostname"), ("DCGM_FI_DEV_FB_FREE", "gpu")),
}
