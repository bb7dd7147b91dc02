"""Why a worker ends by itself, and the exit status by which a supervisor tells that from a crash."""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Reason(StrEnum):
    """Why only a fresh process will do; the value of `reason` in `worker_restarts_total`."""

    OUT_OF_MEMORY = "out_of_memory"
    LEAK = "leak"
    MEMORY_LIMIT = "memory_limit"


#: No other program ends with these: shells and sysexits.h stop at 78, signals begin at 128.
EXIT_STATUS: Final = MappingProxyType({Reason.OUT_OF_MEMORY: 80, Reason.LEAK: 81, Reason.MEMORY_LIMIT: 82})
