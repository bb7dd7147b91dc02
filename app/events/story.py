"""What a stream tells of one job, from how it stands to how it ended."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Final

from app.errors import Code, ServiceError
from app.events.feed import Standing, Watch
from app.events.stream import BEAT, event
from app.jobs.schemas import JobView
from app.jobs.version import version
from app.stopping import Stopping

#: Milliseconds after which a client that lost its stream comes back.
_RETRY: Final = b"retry: 2000\n\n"
_BEAT_SECONDS: Final = 15.0


async def story(
    watch: Watch, seen: str | None, show: Callable[[Standing], Awaitable[JobView]], stopping: Stopping
) -> AsyncGenerator[bytes]:
    """Yield an event for each version of the job that the client has not `seen`, and a last one when it has ended.

    The stream also ends, without a last event, when the process does: the client comes back to another one.

    Raises:
        ServiceError: the key no longer opens the stream, or the job is gone.
    """
    yield _RETRY
    while not stopping.has_begun:
        if watch.refusal is not None:
            raise watch.refusal
        if (standing := watch.standing) is None:
            raise ServiceError(Code.JOB_UNKNOWN, "The job was removed.")
        if (present := version(standing.job, standing.place)) != seen:
            yield event("status", (await show(standing)).model_dump_json().encode(), present)
            seen = present
        if standing.job.state.is_final:
            yield event("end", json.dumps({"status": standing.job.state}).encode())
            return
        try:
            async with asyncio.timeout(_BEAT_SECONDS):
                await watch.woken()
        except TimeoutError:
            yield BEAT
