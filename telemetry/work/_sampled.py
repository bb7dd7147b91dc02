"""Device memory as NVML told it in the reader's snapshots, where torch is not there to ask."""


class SampledMemory:
    """Device memory of this process where NVML lists the process, else that of the whole card above its baseline.

    A peak between two readings is not seen. Work that no reading fell into has no peak.
    """

    def __init__(self) -> None:
        self.name = "nvml_device"
        self._used: int | None = None
        self._peak: int | None = None
        self._baseline: int | None = None

    @property
    def of_this_process(self) -> bool:
        """Whether the figure is this process's alone."""
        return self.name == "nvml_process"

    def take(self, own: float | None, card: float | None) -> None:
        """Take a reading: memory of this process and of the card in bytes, None where NVML does not tell."""
        name = "nvml_device" if own is None else "nvml_process"
        if name != self.name and (own, card) != (None, None):
            self.name, self._peak, self._baseline = name, None, None
        used = card if own is None else own
        self._used = None if used is None else int(used)
        if self._used is not None:
            self._peak = self._used if self._peak is None else max(self._peak, self._used)

    def mark(self) -> None:
        self._peak = None
        if self._baseline is None:
            self._baseline = self._used

    def peak(self) -> int | None:
        if self._peak is None or self.of_this_process:
            return self._peak
        return None if self._baseline is None else max(0, self._peak - self._baseline)

    def peak_reserved(self) -> int | None:
        return None

    def now(self) -> int | None:
        return self._used

    def fragmented(self) -> int | None:
        return None
