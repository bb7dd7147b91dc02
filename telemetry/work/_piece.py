"""What is known of one piece of work."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

from telemetry.catalog import Attribute
from telemetry.gpu._device import Device

Kind = Literal["job", "retry", "cancelled", "failed"]
Outcome = Literal["succeeded", "failed", "cancelled", "out_of_memory"]

_BOOKED_AS: Final[dict[Outcome, Kind]] = {"failed": "failed", "cancelled": "cancelled", "out_of_memory": "failed"}


@dataclass(frozen=True, slots=True)
class Memory:
    """Memory in bytes as one source tells it; None is what it cannot tell.

    Attributes:
        source: torch, nvml_process, nvml_device or rss, see the catalog's section on GPU work.
        peak: highest in use while the work ran; of nvml_device above its baseline.
        peak_reserved: highest that torch's allocator held.
        after: in use after the work, when nothing else ran.
        baseline: in use before the first work with this model.
        leak: bytes by which `after` grows with each piece of work.
        fragmented: held by torch's allocator and in no tensor, after the work.
    """

    source: str
    peak: int | None = None
    peak_reserved: int | None = None
    after: int | None = None
    baseline: int | None = None
    leak: float | None = None
    fragmented: int | None = None


class GpuWork:
    """One piece of work on a device. What it took holds after the block.

    Attributes:
        kind: what the cost is booked as; work of kind `job` that ends by an exception is booked as failed or
            cancelled. May be set within the block.
        device: what the work ran on; a CPU that stands in and a simulated card say so.
        outcome: succeeded, failed, cancelled or out_of_memory.
        duration_seconds: from begin to end.
        gpu_seconds: its share of that time; less than the duration where works overlapped.
        cost_usd: `gpu_seconds` times the price of a second; None where that is not known.
        joules: its share of the energy of the card; None where that is not known.
        joules_source: counter (the card's energy counter) or power (samples of its power).
        memory: memory in use; None where nothing tells it.
        out_of_memory: what told that memory ran out, None while it did not.
    """

    def __init__(self, operation: str, customer: str | None, model: str | None, kind: str, device: Device) -> None:
        self.operation = operation
        self.customer = customer
        self.model = model
        self.kind = kind
        self.device = device
        self.outcome: Outcome = "succeeded"
        self.duration_seconds = 0.0
        self.gpu_seconds = 0.0
        self.cost_usd: Decimal | None = Decimal(0)
        self.joules: float | None = None
        self.joules_source: str | None = None
        self.memory: Memory | None = None
        self.out_of_memory: str | None = None

    def ended_as(self, outcome: Outcome) -> None:
        """Note how the work ended, and that its cost is no longer that of a job that went well."""
        self.outcome = outcome
        if self.kind == "job":
            self.kind = _BOOKED_AS.get(outcome, "job")

    def attributes(self) -> dict[str, str | float | bool]:
        """Return what the span says about this work; what is not known is left out."""
        known = {
            Attribute.OPERATION: self.operation,
            Attribute.CUSTOMER: self.customer,
            Attribute.MODEL: self.model,
            Attribute.DEVICE: self.device.kind,
            Attribute.DEVICE_NAME: self.device.name,
            Attribute.DEVICE_SIMULATED: self.device.kind == "simulated",
            Attribute.GPU_UUID: self.device.uuid,
            Attribute.OUTCOME: self.outcome,
            Attribute.COST_KIND: self.kind,
            Attribute.GPU_SECONDS: self.gpu_seconds,
            Attribute.COST_USD: None if self.cost_usd is None else float(self.cost_usd),
            Attribute.JOULES: self.joules,
            Attribute.JOULES_SOURCE: self.joules_source,
            Attribute.OUT_OF_MEMORY_SOURCE: self.out_of_memory,
            **_memory_attributes(self.memory),
        }
        return {name: value for name, value in known.items() if value is not None}


def _memory_attributes(memory: Memory | None) -> dict[str, str | float | None]:
    if memory is None:
        return {}
    return {
        Attribute.MEMORY_SOURCE: memory.source,
        Attribute.MEMORY_PEAK: memory.peak,
        Attribute.MEMORY_PEAK_RESERVED: memory.peak_reserved,
        Attribute.MEMORY_AFTER: memory.after,
        Attribute.MEMORY_BASELINE: memory.baseline,
        Attribute.MEMORY_LEAK: memory.leak,
        Attribute.MEMORY_FRAGMENTED: memory.fragmented,
    }
