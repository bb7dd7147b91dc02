"""Which settings the running stack was started with, told by digests: their values are not kept anywhere."""

import hashlib
import hmac
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from stack.native.inherited import FILE, SETTINGS

# Read by the commands, or given again as an option; no part's setting.
_NOT_A_PARTS: Final = ("PLAINVIEW_HOME", "PLAINVIEW_PYTHON", "PLAINVIEW_API_KEY", "PLAINVIEW_TEST_")


def digests(environment: Mapping[str, str], secret: Path) -> dict[str, str]:
    """Return a digest of each of the user's settings; keyed with the file `secret`, so that nobody can guess values."""
    key = secret.read_bytes()
    return {
        name: hmac.new(key, _value(name, value), hashlib.sha256).hexdigest()[:16]
        for name, value in environment.items()
        if value and name.startswith(SETTINGS) and not name.startswith(_NOT_A_PARTS)
    }


def differing(started: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """Return the names of the settings that were changed, added or taken away since the start."""
    return sorted(name for name in started.keys() | now.keys() if started.get(name) != now.get(name))


def _value(name: str, value: str) -> bytes:
    """Return the value, with what the file has that it names: a new password in the same file is a change."""
    if name.endswith(FILE):
        try:
            return value.encode() + b"\0" + Path(value).read_bytes()
        except (OSError, ValueError):
            pass
    return value.encode(errors="surrogateescape")
