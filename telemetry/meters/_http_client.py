"""Time of calls to other services.

Series: `http_client_request_duration_seconds{http_request_method,server_address,http_response_status_code,error_type}`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from telemetry import catalog
from telemetry._methods import bounded_method
from telemetry._outcome import error_type_of
from telemetry._series import Series, exemplar, quiet

if TYPE_CHECKING:
    from telemetry._process import Telemetry

_PART: Final = "http_client"
_FIRST_ERROR: Final = 400


class HttpClientMeter:
    """Records requests to other services by clients that are not measured already; lives as long as the process.

    httpx and requests are, unless the setting `outbound` leaves them out.
    """

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
        error: BaseException | str | None = None,
    ) -> None:
        """Record one request.

        Args:
            method: as sent; an unknown one is `_OTHER`.
            address: the host without its port; hosts beyond the bound of the entry are `other`.
            seconds: from the request to the head of its answer, or to the error.
            status: of the answer, None without one; from 400 on it is the error_type too.
            error: what the client raised, or the name of its class.
        """
        error_type = error if isinstance(error, str) else error_type_of(error)
        if not error_type and status is not None and status >= _FIRST_ERROR:
            error_type = str(status)
        answered = "" if status is None else str(status)
        child = self._durations.now().labels(bounded_method(method.upper()), address, answered, error_type)
        child.observe(seconds, exemplar())
