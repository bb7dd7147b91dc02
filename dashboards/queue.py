"""The queue: how full it is, who waits and for how long, who is refused, and what the workers manage."""

from __future__ import annotations

from dashboards.model import Board, Row
from dashboards.rows import jobs, queue


def board() -> Board:
    return Board(
        name="queue",
        title="Queue",
        description="How full the queue is, who waits and for how long, who is refused, and what the workers manage.",
        rows=(
            Row(
                "Does the queue move?",
                (queue.filled(), queue.expected(), jobs.oldest(), queue.now(), jobs.workers(), queue.manageable()),
            ),
            Row("How full", (queue.by_tier(), queue.expected_over_time(), jobs.oldest_over_time())),
            Row("Waits", (queue.wait(0.5), queue.wait(0.95), queue.wait_heatmap())),
            Row("In and out", (queue.refused(), queue.hourly(), queue.workers_over_time())),
        ),
    )
