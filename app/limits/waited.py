"""Whether a request has waited for Redis in vain: its further decisions do not, so that it waits once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from starlette.requests import Request

_WAITED: Final = "plainview_waited"


@dataclass(slots=True)
class Waited:
    """What the decisions about one request know of each other."""

    in_vain: bool = False


def waited_by(request: Request) -> Waited:
    """Return what is known of this request."""
    found: Waited = request.scope.setdefault("state", {}).setdefault(_WAITED, Waited())
    return found
