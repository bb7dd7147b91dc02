"""NVIDIA's own names: the readings as dcgm-exporter shows them, for dashboards and rules written for it.

Units are DCGM's (percent, MiB, MHz, mJ, ns). Nothing is read twice: each alias is another name of a reading.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final, Literal

from prometheus_client import Metric as Family

from telemetry import catalog
from telemetry.gpu._readings import Card, Facts, Key, Snapshot, Value

_PERCENT: Final = 100.0
_MEBI: Final = 2.0**-20
_MEGA: Final = 1e-6
_MILLI: Final = 1e3
_NANO: Final = 1e9


@dataclass(frozen=True, slots=True)
class Alias:
    """A DCGM field, the reading it stands for, and what the reading is multiplied by.

    `type` is `unknown` for DCGM's counters: the client would put `_total` behind the name of a counter.
    """

    name: str
    key: Key
    help: str
    factor: float = 1.0
    type: Literal["gauge", "unknown"] = "gauge"


def _alias(name: str, metric: catalog.Metric, help_: str, factor: float = 1.0, label: str | None = None) -> Alias:
    return Alias(f"DCGM_FI_{name}", Key(metric, () if label is None else (label,)), help_, factor)


def _count(name: str, metric: catalog.Metric, help_: str, factor: float = 1.0, label: str | None = None) -> Alias:
    return replace(_alias(name, metric, help_, factor, label), type="unknown")


ALIASES: Final = (
    _alias("DEV_GPU_TEMP", catalog.GPU_TEMPERATURE, "GPU temperature (in C)."),
    _alias("DEV_MEMORY_TEMP", catalog.GPU_MEMORY_TEMPERATURE, "Memory temperature (in C)."),
    _alias("DEV_GPU_TEMP_LIMIT", catalog.GPU_TEMPERATURE_MARGIN, "Distance to the thermal slowdown (in C)."),
    _alias("DEV_POWER_USAGE", catalog.GPU_POWER, "Power draw (in W)."),
    _alias("DEV_ENFORCED_POWER_LIMIT", catalog.GPU_POWER_LIMIT, "Power limit in force (in W)."),
    _count("DEV_TOTAL_ENERGY_CONSUMPTION", catalog.GPU_ENERGY, "Energy since boot (in mJ).", _MILLI),
    _alias("DEV_SM_CLOCK", catalog.GPU_CLOCK, "SM clock frequency (in MHz).", _MEGA, label="sm"),
    _alias("DEV_MEM_CLOCK", catalog.GPU_CLOCK, "Memory clock frequency (in MHz).", _MEGA, label="memory"),
    _alias("DEV_GPU_UTIL", catalog.GPU_UTILIZATION, "GPU utilization (in %).", _PERCENT),
    _alias("DEV_MEM_COPY_UTIL", catalog.GPU_MEMORY_BUSY, "Memory utilization (in %).", _PERCENT),
    _alias("DEV_ENC_UTIL", catalog.GPU_ENCODER, "Encoder utilization (in %).", _PERCENT),
    _alias("DEV_DEC_UTIL", catalog.GPU_DECODER, "Decoder utilization (in %).", _PERCENT),
    _alias("DEV_FB_TOTAL", catalog.GPU_MEMORY_TOTAL, "Framebuffer memory (in MiB).", _MEBI),
    _alias("DEV_FB_USED", catalog.GPU_MEMORY_USED, "Framebuffer memory used (in MiB).", _MEBI),
    _alias("DEV_FB_FREE", catalog.GPU_MEMORY_FREE, "Framebuffer memory free (in MiB).", _MEBI),
    _alias("DEV_FB_RESERVED", catalog.GPU_MEMORY_RESERVED, "Framebuffer memory reserved (in MiB).", _MEBI),
    _alias("DEV_PSTATE", catalog.GPU_PERFORMANCE_STATE, "Performance state."),
    _alias("DEV_FAN_SPEED", catalog.GPU_FAN_SPEED, "Fan speed (in %).", _PERCENT),
    _count(
        "DEV_POWER_VIOLATION",
        catalog.GPU_THROTTLE,
        "Throttling by the power limit (in ns).",
        _NANO,
        label="sw_power_cap",
    ),
    _count("DEV_ECC_SBE_VOL_TOTAL", catalog.GPU_ECC_ERRORS, "Volatile single-bit errors.", label="corrected"),
    _count("DEV_ECC_DBE_VOL_TOTAL", catalog.GPU_ECC_ERRORS, "Volatile double-bit errors.", label="uncorrected"),
    _count("DEV_ECC_SBE_AGG_TOTAL", catalog.GPU_ECC_LIFETIME, "Lifetime single-bit errors.", label="corrected"),
    _count("DEV_ECC_DBE_AGG_TOTAL", catalog.GPU_ECC_LIFETIME, "Lifetime double-bit errors.", label="uncorrected"),
    _count(
        "DEV_CORRECTABLE_REMAPPED_ROWS",
        catalog.GPU_REMAPPED_ROWS,
        "Rows remapped for correctable errors.",
        label="correctable",
    ),
    _count(
        "DEV_UNCORRECTABLE_REMAPPED_ROWS",
        catalog.GPU_REMAPPED_ROWS,
        "Rows remapped for uncorrectable errors.",
        label="uncorrectable",
    ),
    _alias("DEV_ROW_REMAP_FAILURE", catalog.GPU_REMAP_FAILED, "Whether remapping of rows has failed."),
    _alias("DEV_ROW_REMAP_PENDING", catalog.GPU_REMAP_PENDING, "Whether remapping of rows is pending."),
    _count("DEV_RETIRED_SBE", catalog.GPU_RETIRED_PAGES, "Pages retired for single-bit errors.", label="single_bit"),
    _count("DEV_RETIRED_DBE", catalog.GPU_RETIRED_PAGES, "Pages retired for double-bit errors.", label="double_bit"),
    _count("DEV_RETIRED_PENDING", catalog.GPU_RETIRED_PENDING, "Pages pending retirement."),
    _alias("DEV_GET_GPU_RECOVERY_ACTION", catalog.GPU_RECOVERY_ACTION, "What the driver asks for."),
    _count("DEV_PCIE_REPLAY_COUNTER", catalog.GPU_PCIE_REPLAYS, "PCIe retries."),
    _alias("DEV_PCIE_LINK_GEN", catalog.GPU_PCIE_GENERATION, "PCIe link generation."),
    _alias("DEV_PCIE_LINK_WIDTH", catalog.GPU_PCIE_WIDTH, "PCIe link width."),
    _alias("PROF_GR_ENGINE_ACTIVE", catalog.GPU_GRAPHICS_ACTIVITY, "Share of time the graphics engine is active."),
    _alias("PROF_SM_ACTIVE", catalog.GPU_SM_ACTIVITY, "Share of cycles with work on an SM."),
    _alias("PROF_PIPE_TENSOR_ACTIVE", catalog.GPU_TENSOR_ACTIVITY, "Share of cycles the tensor pipe is active."),
    _alias("PROF_DRAM_ACTIVE", catalog.GPU_MEMORY_BANDWIDTH, "Share of cycles the memory interface is active."),
)

# Of a card in MIG mode dcgm-exporter shows these by GPU instance, and only so: the sum of a panel stays true.
_INSTANCE: Final = {
    catalog.GPU_MEMORY_TOTAL: catalog.GPU_INSTANCE_MEMORY_TOTAL,
    catalog.GPU_MEMORY_USED: catalog.GPU_INSTANCE_MEMORY_USED,
    catalog.GPU_MEMORY_FREE: catalog.GPU_INSTANCE_MEMORY_FREE,
    catalog.GPU_MEMORY_RESERVED: catalog.GPU_INSTANCE_MEMORY_RESERVED,
    catalog.GPU_GRAPHICS_ACTIVITY: catalog.GPU_INSTANCE_GRAPHICS_ACTIVITY,
    catalog.GPU_SM_ACTIVITY: catalog.GPU_INSTANCE_SM_ACTIVITY,
    catalog.GPU_TENSOR_ACTIVITY: catalog.GPU_INSTANCE_TENSOR_ACTIVITY,
    catalog.GPU_MEMORY_BANDWIDTH: catalog.GPU_INSTANCE_MEMORY_BANDWIDTH,
}
XID: Final = "DCGM_FI_DEV_XID_ERRORS"
_XID_HELP: Final = "Value of the last XID error, 0 when none came while this process watched."


def dcgm_families(snapshot: Snapshot, cards: Iterable[Card], host: str) -> list[Family]:
    """Return the readings of the cards that answer, under DCGM's names."""
    families = [Family(alias.name, alias.help, alias.type) for alias in ALIASES]
    xids = Family(XID, _XID_HELP, "gauge")
    for card in cards:
        if card.facts is None:
            continue
        labels = _labels(card.uuid, card.facts, host)
        instances = _instances(card)
        for alias, family in zip(ALIASES, families, strict=True):
            _add(family, alias, card, labels, instances)
        last = max(((x.last, code) for (uuid, code), x in snapshot.xids.items() if uuid == card.uuid), default=(0, 0))
        xids.add_sample(XID, labels, last[1])
    return [family for family in (*families, xids) if family.samples]


def _add(family: Family, alias: Alias, card: Card, labels: dict[str, str], instances: dict[str, str]) -> None:
    if instances and alias.key.metric in _INSTANCE:
        metric = _INSTANCE[alias.key.metric]
        found = [
            (card.reading(metric, instance), {**labels, "GPU_I_PROFILE": profile, "GPU_I_ID": instance})
            for instance, profile in instances.items()
        ]
    else:
        found = [(card.reading(alias.key.metric, *alias.key.labels), labels)]
    for reading, own in found:
        if isinstance(reading, Value):
            family.add_sample(alias.name, own, reading.value * alias.factor)


def _instances(card: Card) -> dict[str, str]:
    """Return the GPU instances of a card and their profiles."""
    return {key.labels[0]: key.labels[2] for key in card.readings if key.metric is catalog.GPU_INSTANCE_INFO}


def _labels(uuid: str, facts: Facts, host: str) -> dict[str, str]:
    return {
        "gpu": facts.index,
        "UUID": uuid,
        "pci_bus_id": facts.pci_bus_id,
        "device": f"nvidia{facts.index}",
        "modelName": facts.model,
        "Hostname": host,
        "DCGM_FI_DRIVER_VERSION": facts.driver_version,
    }
