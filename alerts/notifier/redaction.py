"""Takes a target's secrets out of what its service says about a failure."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import unquote

# Shorter pieces (`a`, `to`, `v1`) are no secrets, and replacing them would make the text unreadable.
_SHORTEST: Final = 5
_LONGEST_REASON: Final = 300


class Redactor:
    """Knows the pieces of one target's URL; lives as long as the target."""

    def __init__(self, url: str) -> None:
        _, _, rest = url.partition("://")
        credentials, at, address = rest.rpartition("@")
        host, _, path = (address if at else rest).partition("/")
        # A webhook service has its first token where others have a host, so a dotless "host" counts as secret.
        suspects = f"{credentials} {path} {host if '.' not in host and 'localhost' not in host else ''}"
        pieces = {piece for raw in re.split(r"[\s/:@?&=#,]+", suspects) for piece in (raw, unquote(raw))}
        self._secrets = sorted((piece for piece in pieces if len(piece) >= _SHORTEST), key=len, reverse=True)

    def clean(self, text: str) -> str:
        """Return `text` without any piece of the URL, cut to what a log line bears."""
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return " ".join(text.split())[:_LONGEST_REASON]
