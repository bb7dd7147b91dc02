"""Signed sessions: a cookie that only this console could have made, good until a moment it names."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Final

_VERSION: Final = "v1"
_MAX_ENDED: Final = 10_000


class Sessions:
    """Issues and checks sessions of one token. Lives as long as the app.

    A session outlives a restart of the console and ends with the token it was made from: the signing key is
    derived from it. Signing out ends the session in this process; after a restart only its cookie is gone.
    """

    def __init__(self, token: str, life: timedelta, clock: Callable[[], float] = time.time) -> None:
        self._token = token.encode()
        self._key = hmac.digest(self._token, b"plainview console session", hashlib.sha256)
        self._clock = clock
        self._ended: dict[str, None] = {}
        self.life = life

    def knows(self, token: str) -> bool:
        """Tell, in constant time, whether this is the token."""
        return hmac.compare_digest(token.encode(errors="replace"), self._token)

    def issue(self) -> str:
        """Return the value of the cookie of a new session."""
        expires = int(self._clock() + self.life.total_seconds())
        claim = f"{_VERSION}.{expires}.{secrets.token_urlsafe(12)}"
        return f"{claim}.{self._mac(claim)}"

    def valid(self, value: str) -> bool:
        """Tell whether the value was issued here, has not run out and was not signed out."""
        claim, _, mac = value.rpartition(".")
        if not hmac.compare_digest(mac.encode(), self._mac(claim).encode()):
            return False
        expires = claim.split(".")[1]
        return self._clock() < int(expires) and value not in self._ended

    def end(self, value: str) -> None:
        """Make the value worthless for the rest of this process's life."""
        if self.valid(value):
            self._ended[value] = None
            while len(self._ended) > _MAX_ENDED:
                self._ended.pop(next(iter(self._ended)))

    def _mac(self, claim: str) -> str:
        return hmac.new(self._key, claim.encode(), hashlib.sha256).hexdigest()
