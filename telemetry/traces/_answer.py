"""What became of a batch, as an OTLP/HTTP receiver's answer tells it."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, Final

#: No receiver has more to say; what is longer is not read.
ANSWER_BYTES: Final = 64 * 1024
_RETRIED: Final = frozenset({429, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Accepted:
    """The receiver has the batch, but for `rejected` spans that it refused for good."""

    rejected: int = 0


@dataclass(frozen=True, slots=True)
class Refused:
    """The batch did not get through. `error_type` is from a small set; `retry_after` is in seconds."""

    error_type: str
    retry: bool
    retry_after: float | None = None


def understood(status: int, headers: Mapping[str, str], body: bytes) -> Accepted | Refused:
    """Return what a whole answer means.

    A good status with an empty body is enough. A page of HTML, or a message that cannot be read, is nobody's word for
    having understood the spans: they are counted as lost, not as exported.
    """
    if status // 100 != 2:  # noqa: PLR2004 - the class of HTTP's good answers
        retry = status in _RETRIED
        return Refused(f"http_{status}", retry, _seconds(headers.get("retry-after", "")) if retry else None)
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    try:
        return Accepted(_rejected(kind, body) if body else 0)
    except Exception:  # noqa: BLE001 - protobuf and JSON each raise several kinds
        return Refused("bad_answer", retry=False)


def _rejected(kind: str, body: bytes) -> int:
    if kind == "text/html" or len(body) >= ANSWER_BYTES:
        raise ValueError("no answer of a receiver")
    if kind.endswith("protobuf"):
        # Good answers are empty as a rule, and protobuf takes 2 MB.
        from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (  # noqa: PLC0415
            ExportTraceServiceResponse,
        )

        return max(0, int(ExportTraceServiceResponse.FromString(body).partial_success.rejected_spans))
    if kind == "application/json":
        answer: dict[str, Any] = json.loads(body)
        return max(0, int((answer.get("partialSuccess") or {}).get("rejectedSpans") or 0))
    return 0


def _seconds(after: str) -> float | None:
    """Return a Retry-After header, a number or a date, in seconds; None for nonsense."""
    if after.isascii() and after.isdigit():
        return float(after)
    try:
        return max(0.0, parsedate_to_datetime(after).timestamp() - time.time())
    except (ValueError, OverflowError):
        return None
