"""What a part gets of the user's environment: everything ordinary, and of the settings only what is its own to know."""

from collections.abc import Mapping
from typing import Final

SETTINGS: Final = ("PLAINVIEW_", "OTEL_")

#: Variables that hold a secret, or an address with one in it, and the parts that are handed them.
SECRETS: Final[Mapping[str, frozenset[str]]] = {
    "PLAINVIEW_API_KEY": frozenset({"api"}),
    "PLAINVIEW_CONSOLE_TOKEN": frozenset({"console"}),
    "PLAINVIEW_DATABASE_PASSWORD": frozenset({"migrate", "bootstrap", "api", "worker"}),
    "PLAINVIEW_DATABASE_URL": frozenset({"migrate", "bootstrap", "api", "worker"}),
    "PLAINVIEW_FIRST_KEY": frozenset({"bootstrap"}),
    "PLAINVIEW_METRICS_TOKEN": frozenset({"api", "app", "worker", "notifier", "console"}),
    "PLAINVIEW_NOTIFIER_TOKEN": frozenset({"notifier", "console"}),
    "PLAINVIEW_NOTIFY_URLS": frozenset({"notifier"}),
    "PLAINVIEW_REDIS_PASSWORD": frozenset({"api", "worker"}),
    "PLAINVIEW_REDIS_URL": frozenset({"api", "worker"}),
    "PLAINVIEW_RUNPOD_API_KEY": frozenset({"api"}),
    "PLAINVIEW_S3_SECRET_ACCESS_KEY": frozenset({"api", "worker"}),
    "OTEL_EXPORTER_OTLP_HEADERS": frozenset({"api", "app", "worker", "notifier"}),
    "OTEL_EXPORTER_OTLP_TRACES_HEADERS": frozenset({"api", "app", "worker", "notifier"}),
}
FILE: Final = "_FILE"


def inherited(environment: Mapping[str, str], part: str, *, settings: bool) -> dict[str, str]:
    """Return the variables of `environment` that the part gets; without `settings` none of Plainview's at all."""
    return {
        name: value
        for name, value in environment.items()
        if not name.startswith(SETTINGS) or (settings and allowed(name, part))
    }


def allowed(variable: str, part: str) -> bool:
    """Say whether the part may know a setting; a worker of another number is a worker too."""
    readers = SECRETS.get(variable.removesuffix(FILE))
    return readers is None or part.partition("-")[0] in readers
