"""Service: rate, errors and duration of any app, jobs or not."""

from __future__ import annotations

from dashboards.model import Board, Row
from dashboards.rows import connections, glance, protection, requests, routes, waits, watch


def board() -> Board:
    return Board(
        name="service",
        title="Service",
        description="Rate, errors and duration by route: of any FastAPI app, whether it has jobs or not.",
        rows=(
            Row(
                "Is the app all right?",
                (
                    glance.service(4),
                    glance.errors(4),
                    glance.latency(4),
                    routes.now(),
                    routes.unhandled(),
                    glance.alerts(4),
                ),
            ),
            Row("Rate, errors, duration", (requests.rate(), requests.errors(), requests.latency())),
            Row(
                "Routes",
                (
                    routes.latency(),
                    routes.errors(),
                    routes.busiest(),
                    routes.sent(),
                    routes.received(),
                    requests.active(8),
                ),
            ),
            Row("What requests wait for", (waits.event_loop(), waits.database(), waits.outbound())),
            protection.row(),
            connections.row(),
            Row("WebSockets", (routes.connections(), routes.messages(), routes.lost())),
            Row("Process", (watch.cpu(12), watch.memory(12))),
        ),
    )
