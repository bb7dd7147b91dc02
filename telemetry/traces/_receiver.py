"""One OTLP/HTTP receiver: posts an encoded batch and says what became of it."""

import gzip
from dataclasses import dataclass
from typing import Final, Protocol
from urllib.parse import unquote

import httpx
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from telemetry.settings import TelemetrySettings

_RETRIED: Final = frozenset({429, 502, 503, 504})
_ANSWER_BYTES: Final = 64 * 1024


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


class Receiver(Protocol):
    def post(self, body: bytes, timeout: float) -> Accepted | Refused: ...

    def close(self) -> None: ...


class HttpReceiver:
    """Lives as long as the processor that posts to it; used by one thread."""

    def __init__(self, settings: TelemetrySettings) -> None:
        self.url = f"{str(settings.otlp_endpoint).rstrip('/')}/v1/traces"
        headers = {"content-type": "application/x-protobuf", "content-encoding": "gzip", "user-agent": "plainview"}
        headers |= _headers(settings.otlp_headers.get_secret_value())
        self._client = httpx.Client(headers=headers, follow_redirects=False)

    def post(self, body: bytes, timeout: float) -> Accepted | Refused:
        """Send `body`, waiting at most about `timeout` seconds for each step. Raises nothing."""
        limits = httpx.Timeout(timeout, connect=min(timeout, 3.0))
        try:
            with self._client.stream("POST", self.url, content=gzip.compress(body, 1), timeout=limits) as answer:
                if answer.status_code // 100 != 2:  # noqa: PLR2004 - the class of HTTP's good answers
                    return _refused(answer)
                return Accepted(_rejected(answer))
        except httpx.TimeoutException:
            return Refused("timeout", retry=True)
        except httpx.ConnectError:
            return Refused("connect", retry=True)
        except httpx.HTTPError:
            return Refused("connection", retry=True)
        except Exception as error:  # noqa: BLE001 - whatever it is, the thread must live on and count it
            return Refused(type(error).__name__, retry=False)

    def close(self) -> None:
        self._client.close()


def _headers(text: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in text.split(",") if "=" in part)
    return {name.strip().lower(): unquote(value.strip()) for name, _, value in pairs}


def _refused(answer: httpx.Response) -> Refused:
    after = answer.headers.get("retry-after", "")
    return Refused(
        f"http_{answer.status_code}",
        retry=answer.status_code in _RETRIED,
        retry_after=float(after) if after.isdigit() else None,
    )


def _rejected(answer: httpx.Response) -> int:
    """Return how many spans a good answer says were refused; an answer that cannot be read refuses none."""
    body = b""
    for part in answer.iter_bytes():
        body += part
        if len(body) > _ANSWER_BYTES:
            return 0
    if not body or "protobuf" not in answer.headers.get("content-type", ""):
        return 0
    try:
        return int(ExportTraceServiceResponse.FromString(body).partial_success.rejected_spans)
    except Exception:  # noqa: BLE001 - garbage after a 200 means no more than that there is nothing to read
        return 0
