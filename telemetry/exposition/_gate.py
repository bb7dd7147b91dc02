"""Who may read /metrics: everybody, or who sends the bearer token that is set.

Series: `telemetry_scrapes_refused_total{reason}`.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Final, Literal

from pydantic import SecretStr

from telemetry import catalog
from telemetry._families import Families

_SCHEME: Final = "bearer"
REFUSAL: Final = b"Send the bearer token that PLAINVIEW_METRICS_TOKEN is set to.\n"
REFUSAL_HEADERS: Final = {
    "www-authenticate": 'Bearer realm="metrics"',
    "content-type": "text/plain; charset=utf-8",
    "cache-control": "no-store",
}


class Gate:
    """Compares tokens by digest, in a time that tells nothing about the right one. Lives as long as the process."""

    def __init__(self, token: SecretStr | None, families: Families) -> None:
        self._digest = None if token is None else _digest(token.get_secret_value())
        self._refused = families.counter(catalog.TELEMETRY_SCRAPES_REFUSED)
        if token is not None:
            for reason in ("missing", "wrong"):
                self._refused.labels(reason)

    def admits(self, authorization: str) -> bool:
        """Return whether this Authorization header, "" for none, opens; a refusal is counted."""
        return self.opens(authorization) or self.refuse(authorization)

    def opens(self, authorization: str) -> bool:
        """Return the same and count nothing."""
        if self._digest is None:
            return True
        return hmac.compare_digest(_digest(_given(authorization)), self._digest)

    def refuse(self, authorization: str) -> Literal[False]:
        """Count a refusal of this header."""
        self._refused.labels("wrong" if _given(authorization) else "missing").inc()
        return False


def _given(authorization: str) -> str:
    scheme, _, given = authorization.partition(" ")
    return given.strip() if scheme.lower() == _SCHEME else ""


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
