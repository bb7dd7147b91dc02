"""How busy the parts of a Hopper or later card were between two samples (NVML's "GPM")."""

import contextlib
from collections.abc import Callable
from typing import Any, Final

from telemetry import catalog
from telemetry.gpu._asking import NOT_SUPPORTED, Asking, Missing
from telemetry.gpu._numbers import number
from telemetry.gpu._readings import Absent, Key, Reading, Value

# Closer samples give noise.
_APART_SECONDS: Final = 1.0

# Metric ids of nvml.h, in percent: graphics and compute engine, streaming multiprocessors, tensor cores, memory bandwidth.
_IDS: Final = (1, 2, 5, 10)
_CARD: Final = (
    Key(catalog.GPU_GRAPHICS_ACTIVITY),
    Key(catalog.GPU_SM_ACTIVITY),
    Key(catalog.GPU_TENSOR_ACTIVITY),
    Key(catalog.GPU_MEMORY_BANDWIDTH),
)
_METRICS_CALL: Final = "nvmlGpmMetricsGet"


def instance_keys(instance: int) -> tuple[Key, ...]:
    """Return the series of a GPU instance, in the order of a card's own."""
    label = (str(instance),)
    return (
        Key(catalog.GPU_INSTANCE_GRAPHICS_ACTIVITY, label),
        Key(catalog.GPU_INSTANCE_SM_ACTIVITY, label),
        Key(catalog.GPU_INSTANCE_TENSOR_ACTIVITY, label),
        Key(catalog.GPU_INSTANCE_MEMORY_BANDWIDTH, label),
    )


class Activity:
    """Samples of one card, or of one GPU instance of it. Must be closed before NVML is shut down.

    Samples further apart than `gap_seconds` are not compared: what they say is not about now.
    """

    def __init__(
        self, asking: Asking, clock: Callable[[], float], gap_seconds: float, instance: int | None = None
    ) -> None:
        self._asking = asking
        self._clock = clock
        self._gap_seconds = gap_seconds
        self._instance = instance
        self._keys = _CARD if instance is None else instance_keys(instance)
        self._call = "nvmlGpmSampleGet" if instance is None else "nvmlGpmMigSampleGet"
        self._supported = False
        self._before: Any = None
        self._taken = 0.0
        self._last: dict[Key, Reading] = dict.fromkeys(self._keys, Absent("first sample"))

    def read(self) -> dict[Key, Reading]:
        """Return the activity between the last two samples. Raises CardLost or SourceGone."""
        supported = self._supported or self._asking.get("nvmlGpmQueryDeviceSupport", _supported)
        self._supported = supported is True
        if not self._supported:
            missing = supported if isinstance(supported, Missing) else NOT_SUPPORTED
            return dict.fromkeys(self._keys, missing)
        now = self._clock()
        if self._before is None or now - self._taken >= _APART_SECONDS:
            self._last = self._step(now)
        return self._last

    def close(self) -> None:
        """Free the sample that is kept; raises nothing."""
        self._free(self._before)
        self._before = None

    def _step(self, now: float) -> dict[Key, Reading]:
        sample = self._asking.get(self._call, self._sample, self._instance)
        if isinstance(sample, Missing):
            self.close()  # what lies between two samples is unknown once one of them is missing
            return dict.fromkeys(self._keys, sample)
        before, taken = self._before, self._taken
        self._before, self._taken = sample, now
        if before is None or now - taken > self._gap_seconds:
            self._free(before)
            return dict.fromkeys(self._keys, Absent("first sample"))
        try:
            return self._between(before, sample)
        finally:
            self._free(before)

    def _sample(self, nvml: Any, card: Any) -> Any:
        sample = nvml.nvmlGpmSampleAlloc()
        try:
            if self._instance is None:
                return nvml.nvmlGpmSampleGet(card, sample)
            return nvml.nvmlGpmMigSampleGet(card, self._instance, sample)
        except BaseException:
            self._free(sample)
            raise

    def _between(self, before: Any, after: Any) -> dict[Key, Reading]:
        answer = self._asking.get(_METRICS_CALL, lambda nvml, _card: _metrics(nvml, before, after), self._instance)
        if isinstance(answer, Missing):
            return dict.fromkeys(self._keys, answer)
        return {key: self._reading(key, answer.metrics[place]) for place, key in enumerate(self._keys)}

    def _reading(self, key: Key, metric: Any) -> Reading:
        try:
            self._asking.check(metric.nvmlReturn)
            return Value(number(metric.value) / 100)
        except Exception as error:  # noqa: BLE001 - as for any other call
            return self._asking.missing(_METRICS_CALL, error, key)

    def _free(self, sample: Any) -> None:
        if sample is not None:
            with contextlib.suppress(Exception):
                self._asking.nvml.nvmlGpmSampleFree(sample)


def _supported(nvml: Any, card: Any) -> bool:
    return bool(nvml.nvmlGpmQueryDeviceSupport(card).isSupportedDevice)


def _metrics(nvml: Any, before: Any, after: Any) -> Any:
    asked = nvml.c_nvmlGpmMetricsGet_t()
    asked.version = nvml.NVML_GPM_METRICS_GET_VERSION
    asked.numMetrics = len(_IDS)
    asked.sample1, asked.sample2 = before, after
    for place, metric in enumerate(_IDS):
        asked.metrics[place].metricId = metric
    return nvml.nvmlGpmMetricsGet(asked)
