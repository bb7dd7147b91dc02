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
PROBLEMS: Final = Metric(
    "problems_total",
    "counter",
    "Answers in problem details, by their code: errors of clients and of the service by type.",
    labels=("code",),
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
