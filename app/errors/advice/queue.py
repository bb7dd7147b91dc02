"""Advice on codes about a full queue."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from app.errors.advice._advice import Advice, Retry
from app.errors.codes import Code

ADVICE: Final[Mapping[Code, Advice]] = {
    Code.QUEUE_FULL: Advice(
        "The queue is as full as it may be (`PLAINVIEW_QUEUE_MAX_WAIT_SECONDS`, `PLAINVIEW_QUEUE_MAX_JOBS`), and so is the "
        "room in it for customers that hold little.",
        "Come back after `Retry-After`: that is when there should be room at the rate at which jobs end.",
        Retry.LATER,
        "The queue is full. There should be room in 240 s.",
        {"retry_after_seconds": 240},
    ),
    Code.CUSTOMER_QUEUE_FULL: Advice(
        "The queue is full, and the customer's jobs in it are its fair share or more. Others are still let in.",
        "Come back after `Retry-After`, or cancel jobs that are not needed any more: that frees their room at once.",
        Retry.LATER,
        "The queue is full, and your jobs in it are your share of it or more. There should be room in 240 s.",
        {"retry_after_seconds": 240},
    ),
}
