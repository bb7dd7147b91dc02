"""Access and database."""

from typing import Final

from telemetry.catalog._metric import Metric

AUTH_ATTEMPTS: Final = Metric(
    "auth_attempts_total",
    "counter",
    "Key checks, by outcome (accepted, missing, malformed, unknown, revoked, expired).",
    labels=("outcome",),
    source="service",
)
HEALTH_COMPONENT: Final = Metric(
    "health_component_status",
    "gauge",
    "State of a component as the last readiness check saw it: 1 healthy, 0.5 degraded, 0 unhealthy.",
    labels=("component",),
    source="service",
    processes="min",
)
