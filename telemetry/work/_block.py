"""The block that `gpu_work` returns, and how it is entered, left and put around a function."""

import contextlib
import time
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from decimal import Decimal
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, ParamSpec, Self, TypeVar, cast

from opentelemetry import context as otel
from opentelemetry import trace
from opentelemetry.trace import Span

from telemetry import catalog
from telemetry._current import current
from telemetry._outcome import outcome_of
from telemetry.gpu._device import Device, cpu_device
from telemetry.settings import DEFAULT_PRICE
from telemetry.work._decorate import decorated
from telemetry.work._out_of_memory import out_of_memory
from telemetry.work._piece import GpuWork
from telemetry.work._place import Stay
from telemetry.work._places import Places
from telemetry.work._report import report
from telemetry.work._which import chosen

if TYPE_CHECKING:
    from torch import device as TorchDevice  # noqa: N812

    from telemetry._process import Telemetry

P = ParamSpec("P")
T = TypeVar("T")

#: Work measured where no telemetry was started.
_UNREPORTED: Final = Places()
_AROUND: Final[ContextVar["GpuWorkBlock | None"]] = ContextVar("plainview_gpu_work", default=None)


def gpu_work(  # noqa: PLR0913 - each names one fact of the work
    operation: str,
    *,
    customer: str | None = None,
    model: str | None = None,
    kind: str = "job",
    device: "Device | TorchDevice | str | int | None" = None,
    telemetry: "Telemetry | None" = None,
) -> "GpuWorkBlock":
    """Measure work that holds a device: a context manager, sync or async, and a decorator.

    `with gpu_work("render", customer="acme") as work:` measures from entry to exit by the monotonic clock, whatever
    happens in between: work that fails has held the device too and is charged. It decorates functions, coroutine
    functions, generators and async generators, which hold the device until they are exhausted or closed.

    Several at once, in threads or tasks, share the device. Within another one on the same device, the inner runs and
    the outer waits: what the inner takes is not counted twice. It inherits customer and model.

    Args:
        operation: what is done, from a small set; a label.
        customer: who it is for; beyond the bound of 50 the label is `other`, the span keeps the name.
        model: the model that runs; its memory is followed from one piece of work to the next.
        kind: job, retry, cancelled or failed.
        device: a UUID of NVML's, a number in CUDA's order, "cuda:1", a torch.device or a Device. Without it torch's
            current card where torch is in use, the first of CUDA_VISIBLE_DEVICES, the first there is, the CPU.
        telemetry: where to report; what was started last. Without any, nothing is reported and the default price holds.
    """
    return GpuWorkBlock(_Asked(operation, customer, model, kind, device, telemetry))


@dataclass(frozen=True, slots=True)
class _Asked:
    operation: str
    customer: str | None
    model: str | None
    kind: str
    device: Any
    telemetry: "Telemetry | None"


class GpuWorkBlock:
    """What `gpu_work` returns: a context manager to be entered once, or a decorator.

    Attributes:
        work: what is measured, None before the entry.
        stay: its stay on the device, None before the entry.
    """

    def __init__(self, asked: _Asked) -> None:
        self._asked = asked
        self.work: GpuWork | None = None
        self._telemetry: Telemetry | None = None
        self._span: Span = trace.INVALID_SPAN
        self.stay: Stay | None = None
        self._held = contextlib.ExitStack()
        self._around: GpuWorkBlock | None = None
        self._context: otel.Context | None = None
        self._began = 0

    def __enter__(self) -> GpuWork:
        work = self.begin()
        self.attach()
        return work

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.detach()
        self.end(error)

    async def __aenter__(self) -> GpuWork:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, traceback)

    def __call__(self, function: Callable[P, T]) -> Callable[P, T]:
        """Return `function` with every call measured."""
        return decorated(function, self._again)

    def begin(self) -> GpuWork:
        """Begin the work; without `attach` nothing below knows of it."""
        if self.work is not None:
            raise RuntimeError("a gpu_work block can be entered once; call gpu_work(...) again")
        asked = self._asked
        self._telemetry = asked.telemetry or current()
        self._around = _AROUND.get()
        outer, outer_stay = (self._around.work, self._around.stay) if self._around is not None else (None, None)
        customer = asked.customer or (outer.customer if outer else None)
        model = asked.model or (outer.model if outer else None)
        self.work = GpuWork(asked.operation, customer, model, asked.kind, self._device())
        with self._edge():
            self._start(self.work)
        self.stay = stay = Stay(self._places().of(self.work.device), self.work.model, outer_stay)
        with self._edge():
            stay.place.mark(stay)
        self._began = time.monotonic_ns()
        stay.place.enter(stay)
        return self.work

    def attach(self) -> None:
        """Make this the current work and its span the current span."""
        # Put back by value in `detach`: a generator may be left in another context than it was entered in, where a
        # token of contextvars is refused.
        with self._edge():
            self._context = otel.get_current()
            otel.attach(trace.set_span_in_context(self._span, self._context))
            self._around = _AROUND.get()
            _AROUND.set(self)

    def detach(self) -> None:
        """Undo `attach`, if the context is still the one that it was called in."""
        with self._edge():
            if _AROUND.get() is self:
                _AROUND.set(self._around)
            if self._context is not None and trace.get_current_span() is self._span:
                otel.attach(self._context)

    def end(self, error: BaseException | None) -> None:
        """End the work; `error` is what ended it, None when it went well."""
        work = cast("GpuWork", self.work)
        stay = cast("Stay", self.stay)
        source = stay.place.leave(stay)
        work.duration_seconds = (time.monotonic_ns() - self._began) / 1e9
        work.gpu_seconds = stay.share.seconds
        if source is not None and stay.share.joules is not None:
            work.joules, work.joules_source = max(0.0, stay.share.joules), source
        with self._edge():
            work.memory = stay.place.measure(stay)
        if error is not None:
            with self._edge():  # an app's error may fail at being shown
                work.out_of_memory = out_of_memory(error, stay.fullest)
            work.ended_as("out_of_memory" if work.out_of_memory else outcome_of(error))
        price = self._telemetry.prices.of(work.device).usd_per_second if self._telemetry else DEFAULT_PRICE
        work.cost_usd = None if price is None else Decimal(str(work.gpu_seconds)) * price
        with self._held, self._edge():
            if self._telemetry is not None:
                report(self._telemetry, work, self._span, error)
        self._span.end()

    def _start(self, work: GpuWork) -> None:
        if (telemetry := self._telemetry) is not None:
            self._held.enter_context(telemetry.held.one_more())
            running = telemetry.gauge(catalog.GPU_WORK_RUNNING).labels(work.operation)
            running.inc()
            self._held.callback(running.dec)
            # The exception is noted at the end, in our words: the SDK would keep its text unredacted.
            self._span = telemetry.tracer.start_span(catalog.Span.GPU_WORK)

    def _device(self) -> Device:
        with self._edge():
            if self._telemetry is None:
                return chosen(self._asked.device, (), cpu_device())
            if not self._telemetry.watches_gpus:
                self._telemetry.watch_gpus()
            return chosen(self._asked.device, self._telemetry.cards(), self._telemetry.device())
        return cpu_device()

    def _places(self) -> Places:
        return self._telemetry.places if self._telemetry else _UNREPORTED

    def _edge(self) -> contextlib.AbstractContextManager[None]:
        return self._telemetry.edge("gpu_work") if self._telemetry else contextlib.suppress(Exception)

    def _again(self) -> Self:
        return type(self)(self._asked)
