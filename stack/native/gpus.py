"""Which GPUs get a worker."""

import os
from collections.abc import Mapping
from contextlib import suppress


def for_workers(environment: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """Return the UUID of each GPU that shall have a worker; none where one worker on the CPU, or simulated, does it.

    PLAINVIEW_GPU_UUIDS and CUDA_VISIBLE_DEVICES narrow the choice.
    """
    if environment.get("PLAINVIEW_GPU", "auto") in {"off", "simulated"}:
        return ()
    present = _present()
    for variable in ("PLAINVIEW_GPU_UUIDS", "CUDA_VISIBLE_DEVICES"):
        if variable in environment:
            chosen = [word.strip() for word in environment[variable].split(",") if word.strip()]
            numbered = dict(enumerate(present))
            present = tuple(
                numbered.get(int(word), word) if word.isdigit() else word for word in chosen if word != "-1"
            )
    return present


def _present() -> tuple[str, ...]:
    import pynvml  # noqa: PLC0415 - the start of every other command need not pay for it

    with suppress(pynvml.NVMLError):
        pynvml.nvmlInit()
        try:
            handles = [pynvml.nvmlDeviceGetHandleByIndex(index) for index in range(pynvml.nvmlDeviceGetCount())]
            return tuple(str(pynvml.nvmlDeviceGetUUID(handle)) for handle in handles)
        finally:
            pynvml.nvmlShutdown()
    return ()
