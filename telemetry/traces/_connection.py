"""An HTTP connection whose every exchange ends by a deadline, however slowly the other side trickles.

The standard library's client costs 2 MB, and 130 us of CPU a post, less than a fuller one. What posts a batch a second
needs no more than keep-alive, TLS, and a proxy where the environment names one.
"""

import base64
import contextlib
import selectors
import ssl
import time
import urllib.request
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPResponse
from typing import Any, Final
from urllib.parse import SplitResult, unquote, urlsplit

from telemetry.traces._timed_socket import TimedSocket

_CONNECT_SECONDS: Final = 3.0
_PORTS: Final = {"http": 80, "https": 443}


class Connection:
    """Posts to one URL; used by one thread, connects when needed, and again after `close`."""

    def __init__(self, url: SplitResult) -> None:
        self._url = url
        self._deadline = float("inf")
        self._proxy = _proxy(url)
        self._tls = _tls_context() if url.scheme == "https" else None
        self._http: HTTPConnection | None = None

    def connect(self, deadline: float) -> None:
        """Be connected. Raises OSError."""
        self._deadline = deadline
        if self._http is not None and _is_over(self._http):
            self.close()
        if self._http is None:
            http = self._open()
            try:
                http.connect()
                http.sock = TimedSocket(self._wrapped(http.sock), self._remaining)
            except BaseException:
                http.close()
                raise
            self._http = http

    def post(self, body: bytes, headers: Mapping[str, str], most: int) -> tuple[HTTPResponse, bytes]:
        """Send `body` and return the answer, with the first `most` bytes of its body. Raises OSError, HTTPException."""
        http = self._http
        if http is None:
            raise ConnectionError("not connected")
        target, headers = self._url, dict(headers)
        if self._proxy is None or self._tls is not None:
            target = target._replace(scheme="", netloc="")
        else:
            headers |= basic("proxy-authorization", self._proxy)
        http.request("POST", target.geturl() or "/", body, headers)
        answer = http.getresponse()
        content = answer.read(most)
        if answer.length and len(content) < most:
            raise ConnectionResetError(f"the answer ended {answer.length} bytes early")
        if not answer.isclosed():  # the rest of a long answer would be taken for the next one
            self.close()
        return answer, content

    def close(self) -> None:
        if self._http is not None:
            with contextlib.suppress(Exception):
                self._http.close()
            self._http = None

    def _remaining(self) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left

    def _open(self) -> HTTPConnection:
        near = self._proxy or self._url
        http = HTTPConnection(
            near.hostname or "", near.port or _PORTS[near.scheme], timeout=min(self._remaining(), _CONNECT_SECONDS)
        )
        http.auto_open = 0  # by itself it would connect without a deadline
        if self._proxy is not None and self._tls is not None:
            http.set_tunnel(self._url.hostname or "", self._url.port or 443, basic("proxy-authorization", self._proxy))
        return http

    def _wrapped(self, plain: Any) -> Any:
        return plain if self._tls is None else self._tls.wrap_socket(plain, server_hostname=self._url.hostname)


def basic(header: str, url: SplitResult) -> dict[str, str]:
    """Return the header for the user and password of a URL, if it has them."""
    if url.username is None:
        return {}
    pair = f"{unquote(url.username)}:{unquote(url.password or '')}"
    return {header: f"Basic {base64.b64encode(pair.encode()).decode()}"}


def _is_over(http: HTTPConnection) -> bool:
    """Return whether an idle connection was closed from the other side, or has something nobody asked for."""
    if http.sock is None:
        return True
    try:
        with selectors.DefaultSelector() as selector:
            selector.register(http.sock.fileno(), selectors.EVENT_READ)
            return bool(selector.select(0))
    except (OSError, ValueError):
        return True


def _proxy(url: SplitResult) -> SplitResult | None:
    if not url.hostname or urllib.request.proxy_bypass(url.hostname):
        return None
    proxies = urllib.request.getproxies()
    found = proxies.get(url.scheme) or proxies.get("all")
    proxy = urlsplit(found if found is None or "//" in found else f"http://{found}")
    return proxy if isinstance(proxy, SplitResult) and proxy.scheme == "http" and proxy.hostname else None


def _tls_context() -> ssl.SSLContext:
    import httpx  # noqa: PLC0415 - for its choice of certificates; those who do not use TLS need not load it

    return httpx.create_ssl_context()
