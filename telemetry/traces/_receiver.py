"""One OTLP/HTTP receiver: posts an encoded batch and says what became of it."""

import ssl
import time
import zlib
from http.client import HTTPException
from typing import Final, Protocol
from urllib.parse import unquote, urlsplit

from telemetry.settings import TelemetrySettings
from telemetry.traces._answer import ANSWER_BYTES, Accepted, Refused, understood
from telemetry.traces._connection import Connection, basic

_GZIP: Final = 31  # zlib's window of 2^15 bytes, in gzip's format; the module of that name need not be loaded


class Receiver(Protocol):
    def post(self, body: bytes, timeout: float) -> Accepted | Refused: ...

    def close(self) -> None: ...


class HttpReceiver:
    """Lives as long as the processor that posts to it; used by one thread. After `close` a post connects again."""

    def __init__(self, settings: TelemetrySettings) -> None:
        whole = urlsplit(f"{str(settings.otlp_endpoint).rstrip('/')}/v1/traces")
        address = whole._replace(netloc=whole.netloc.rpartition("@")[2])
        self.url = address.geturl()
        self._headers = {
            "content-type": "application/x-protobuf",
            "content-encoding": "gzip",
            "user-agent": "plainview",
        }
        self._headers |= basic("authorization", whole) | _headers(settings.otlp_headers.get_secret_value())
        self._connection = Connection(address)

    def post(self, body: bytes, timeout: float) -> Accepted | Refused:
        """Send `body` and wait for the answer, at most `timeout` seconds together. Raises nothing."""
        answer = self._post(body, time.monotonic() + timeout)
        if isinstance(answer, Refused):
            self._connection.close()
        return answer

    def _post(self, body: bytes, deadline: float) -> Accepted | Refused:
        step = "connect"
        try:
            self._connection.connect(deadline)
            step = "connection"
            response, content = self._connection.post(zlib.compress(body, 1, wbits=_GZIP), self._headers, ANSWER_BYTES)
            headers = {name.lower(): value for name, value in response.getheaders()}
            return understood(response.status, headers, content)
        except TimeoutError:
            return Refused("timeout", retry=True)
        except ssl.SSLCertVerificationError:
            return Refused("certificate", retry=True)
        except OSError:
            return Refused(step, retry=True)
        except HTTPException:
            return Refused("not_http", retry=False)
        except Exception as error:  # noqa: BLE001 - whatever it is, the thread must live on and count it
            return Refused(type(error).__name__, retry=False)

    def close(self) -> None:
        self._connection.close()


def _headers(text: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in text.split(",") if "=" in part)
    return {name.strip().lower(): unquote(value.strip()) for name, _, value in pairs}
