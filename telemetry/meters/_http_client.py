"""Time of calls to other services.

Series: `http_client_request_duration_seconds{http_request_method,server_address,http_response_status_code,error_type}`.
"""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, Final

import httpx

from telemetry import catalog
from telemetry._methods import bounded_method
from telemetry._outcome import error_type_of
from telemetry._series import Series, exemplar, quiet

if TYPE_CHECKING:
    from telemetry._process import Telemetry

_PART: Final = "http_client"
_FIRST_ERROR: Final = 400


class HttpClientMeter:
    """Records requests to other services, whatever client makes them; lives as long as the process."""

    def __init__(self, *, telemetry: Telemetry | None = None) -> None:
        self._durations = Series(catalog.HTTP_CLIENT_DURATION, telemetry=telemetry)

    @quiet(_PART)
    def record(
        self,
        method: str,
        address: str,
        seconds: float,
        *,
        status: int | None = None,
        error: BaseException | None = None,
    ) -> None:
        """Record one request.

        Args:
            method: as sent; an unknown one is `_OTHER`.
            address: the host without its port; hosts beyond the bound of the entry are `other`.
            seconds: from the request to the head of its answer, or to the error.
            status: of the answer, None without one; from 400 on it is the error_type too.
            error: what the client raised.
        """
        if error is None and status is not None and status >= _FIRST_ERROR:
            error_type = str(status)
        else:
            error_type = error_type_of(error)
        answered = "" if status is None else str(status)
        child = self._durations.now().labels(bounded_method(method.upper()), address, answered, error_type)
        child.observe(seconds, exemplar())


class MeteredTransport(httpx.BaseTransport):
    """Times each request of an httpx client: `httpx.Client(transport=MeteredTransport(httpx.HTTPTransport()))`."""

    def __init__(self, transport: httpx.BaseTransport, meter: HttpClientMeter | None = None) -> None:
        self._transport = transport
        self._meter = meter or HttpClientMeter()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        began = perf_counter()
        try:
            response = self._transport.handle_request(request)
        except BaseException as error:
            self._meter.record(request.method, request.url.host, perf_counter() - began, error=error)
            raise
        self._meter.record(request.method, request.url.host, perf_counter() - began, status=response.status_code)
        return response

    def close(self) -> None:
        self._transport.close()


class AsyncMeteredTransport(httpx.AsyncBaseTransport):
    """`MeteredTransport` for `httpx.AsyncClient`."""

    def __init__(self, transport: httpx.AsyncBaseTransport, meter: HttpClientMeter | None = None) -> None:
        self._transport = transport
        self._meter = meter or HttpClientMeter()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        began = perf_counter()
        try:
            response = await self._transport.handle_async_request(request)
        except BaseException as error:
            self._meter.record(request.method, request.url.host, perf_counter() - began, error=error)
            raise
        self._meter.record(request.method, request.url.host, perf_counter() - began, status=response.status_code)
        return response

    async def aclose(self) -> None:
        await self._transport.aclose()
