"""`gpu_work`: seconds a device was held, what they cost, who for.

Series: `job_gpu_seconds_total{operation,device}`, `cost_usd_total{kind}`,
`cost_attributed_usd_total{customer,operation}`, `gpu_second_price_usd{device}`. Span: `gpu work`.
"""

import inspect
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from decimal import Decimal
from functools import wraps
from types import TracebackType
from typing import Any, Final, Literal, ParamSpec, Self, TypeVar, cast

from opentelemetry import trace
from opentelemetry.trace import Span, StatusCode

from telemetry import catalog
from telemetry._current import current
from telemetry._guard import UNATTRIBUTED
from telemetry._process import Telemetry
from telemetry.catalog import Attribute
from telemetry.gpu._device import Device, cpu_device
from telemetry.settings import DEFAULT_PRICE

P = ParamSpec("P")
T = TypeVar("T")

Kind = Literal["job", "retry", "cancelled", "failed"]
Outcome = Literal["succeeded", "failed", "cancelled"]

_NANOSECONDS: Final = Decimal(10) ** 9


class GpuWork:
    """One piece of work on a device. `gpu_seconds`, `cost_usd` and `outcome` hold after the block.

    Attributes:
        kind: what the cost is booked as; work of kind `job` that ends by an exception is booked as failed or
            cancelled. May be set within the block.
        device: what the work ran on; a CPU that stands in and a simulated card say so.
    """

    def __init__(self, operation: str, customer: str | None, model: str | None, kind: str, device: Device) -> None:
        self.operation = operation
        self.customer = customer
        self.model = model
        self.kind = kind
        self.device = device
        self.outcome: Outcome = "succeeded"
        self.gpu_seconds = 0.0
        self.cost_usd = Decimal(0)

    def attributes(self) -> dict[str, str | float | bool]:
        """Return what the span says about this work."""
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
            Attribute.COST_USD: float(self.cost_usd),
        }
        return {name: value for name, value in known.items() if value is not None}


def gpu_work(  # noqa: PLR0913 - each names one fact of the work
    operation: str,
    *,
    customer: str | None = None,
    model: str | None = None,
    kind: str = "job",
    device: Device | None = None,
    telemetry: Telemetry | None = None,
) -> "GpuWorkBlock":
    """Measure work that holds a device: a context manager, sync or async, and a decorator for functions of both kinds.

    `with gpu_work("render", customer="acme") as work:` measures from entry to exit by the monotonic clock, whatever
    happens in between: work that fails has held the device too and is charged.

    Args:
        operation: what is done, from a small set; a label.
        customer: who it is for; beyond the bound of 50 the label is `other`, the span keeps the name.
        model: the model that runs; on the span only.
        kind: job, retry, cancelled or failed.
        device: what is held; the first card of `open_gpus`, else the CPU.
        telemetry: where to report; what was started last. Without any, nothing is reported and the default price holds.
    """
    return GpuWorkBlock(_Asked(operation, customer, model, kind, device, telemetry))


@dataclass(frozen=True, slots=True)
class _Asked:
    operation: str
    customer: str | None
    model: str | None
    kind: str
    device: Device | None
    telemetry: Telemetry | None


class GpuWorkBlock:
    """What `gpu_work` returns: a context manager to be entered once, or a decorator."""

    def __init__(self, asked: _Asked) -> None:
        self._asked = asked
        self._work: GpuWork | None = None
        self._stack = ExitStack()
        self._span: Span = trace.INVALID_SPAN
        self._telemetry: Telemetry | None = None
        self._began = 0

    def __enter__(self) -> GpuWork:
        if self._work is not None:
            raise RuntimeError("a gpu_work block can be entered once; call gpu_work(...) again")
        asked = self._asked
        self._telemetry = asked.telemetry or current()
        device = asked.device or (self._telemetry.device() if self._telemetry else cpu_device())
        self._work = GpuWork(asked.operation, asked.customer, asked.model, asked.kind, device)
        if self._telemetry is not None:
            with self._telemetry.edge("gpu_work"):
                self._stack.enter_context(self._telemetry.held.one_more())
                # The exception is noted in __exit__, in our words: the SDK would keep its text unredacted.
                self._span = self._stack.enter_context(
                    self._telemetry.tracer.start_as_current_span(
                        catalog.Span.GPU_WORK, record_exception=False, set_status_on_exception=False
                    )
                )
        self._began = time.monotonic_ns()
        return self._work

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        work = cast("GpuWork", self._work)
        nanoseconds = time.monotonic_ns() - self._began
        telemetry = self._telemetry
        price = telemetry.settings.gpu_price_usd_per_second if telemetry else DEFAULT_PRICE
        work.gpu_seconds = nanoseconds / 1e9
        work.cost_usd = Decimal(nanoseconds) / _NANOSECONDS * price
        if error is not None:
            work.outcome = _outcome(error)
            work.kind = work.outcome if work.kind == "job" else work.kind
        with self._stack:
            if telemetry is not None:
                with telemetry.edge("gpu_work"):
                    self._report(telemetry, work, error)

    async def __aenter__(self) -> GpuWork:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, traceback)

    def __call__(self, function: Callable[P, T]) -> Callable[P, T]:
        """Return `function` with every call measured."""
        if inspect.iscoroutinefunction(function):

            @wraps(function)
            async def measured_coroutine(*args: P.args, **kwargs: P.kwargs) -> Any:
                async with self._again():
                    return await function(*args, **kwargs)

            return cast("Callable[P, T]", measured_coroutine)

        @wraps(function)
        def measured(*args: P.args, **kwargs: P.kwargs) -> T:
            with self._again():
                return function(*args, **kwargs)

        return measured

    def _again(self) -> Self:
        return type(self)(self._asked)

    def _report(self, telemetry: Telemetry, work: GpuWork, error: BaseException | None) -> None:
        device = work.device.kind
        cost = float(work.cost_usd)
        telemetry.counter(catalog.JOB_GPU_SECONDS).labels(work.operation, device).inc(work.gpu_seconds)
        telemetry.counter(catalog.COST).labels(work.kind).inc(cost)
        customer = work.customer or UNATTRIBUTED
        telemetry.counter(catalog.COST_ATTRIBUTED).labels(customer, work.operation).inc(cost)
        telemetry.gauge(catalog.GPU_PRICE).labels(device).set(float(telemetry.settings.gpu_price_usd_per_second))
        self._span.set_attributes(work.attributes())
        if error is not None and work.outcome == "failed":
            self._span.set_attribute("error.type", type(error).__qualname__)
            self._span.set_status(StatusCode.ERROR, type(error).__name__)


def _outcome(error: BaseException) -> Outcome:
    """Tell a cancellation from a failure by the name of the exception: an app's own `Cancelled` counts as one."""
    return "cancelled" if type(error).__name__ in ("Cancelled", "CancelledError") else "failed"
