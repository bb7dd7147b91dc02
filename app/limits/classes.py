"""Which class an endpoint is of, by method and the beginning of its path; the first that fits counts."""

from __future__ import annotations

from typing import Final

from app.limits.table import EndpointClass

_ANY: Final = ""
#: An endpoint that is not here has no limit of its own: it counts towards the total of its tier only.
RULES: Final[tuple[tuple[str, str, EndpointClass], ...]] = (
    (_ANY, "/health", "health"),
    (_ANY, "/ready", "health"),
    ("POST", "/generate", "submit"),
    ("POST", "/uploads", "upload"),
    ("PUT", "/uploads", "upload"),
    (_ANY, "/status", "status"),
    (_ANY, "/events", "status"),
    (_ANY, "/result", "result"),
    (_ANY, "/links", "result"),
    (_ANY, "/cancel", "cancel"),
    (_ANY, "/jobs", "stats"),
    (_ANY, "/usage", "stats"),
    (_ANY, "/quote", "stats"),
    (_ANY, "/keys", "admin"),
    (_ANY, "/budgets", "admin"),
    (_ANY, "/queue", "admin"),
)
#: What an orchestrator asks: an answer of 429 would look like a service that is not ready.
NEVER_REFUSED: Final = frozenset({"/health/live", "/health/ready", "/health/startup", "/ready"})


def class_of(method: str, path: str) -> EndpointClass | None:
    """Return the class of the endpoint with this method and path template, None for one without a limit of its own."""
    for wanted, beginning, found in RULES:
        if method.startswith(wanted) and (path == beginning or path.startswith(f"{beginning}/")):
            return found
    return None
