"""How the jobs stand that anybody of this process listens to, and the keys they listen with: looked up together, twice a second."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from app.background import every
from app.database.engine import AsyncDatabase
from app.errors import Code, ServiceError
from app.jobs import rows
from app.jobs.job import Job, State
from app.keys import rows as key_rows
from app.keys.authentication import check_again
from app.keys.key import Key
from app.keys.scopes import Scope
from app.stopping import Stopping
from telemetry import catalog, counted

_SECONDS_BETWEEN: Final = 0.5
#: Open streams of one customer, and of all, in one process.
MOST_OF_ONE: Final = 20
MOST_OF_ALL: Final = 500
_OPEN: Final = counted(catalog.EVENT_STREAMS)


@dataclass(frozen=True, slots=True)
class Standing:
    """A job as it stands, and its place in the queue while it waits."""

    job: Job
    place: int | None


@dataclass(eq=False, slots=True)
class Watch:
    """What one stream waits for: only the latest standing is kept, so that a slow reader costs nothing.

    Attributes:
        standing: how the job stands; None when it is gone.
        key: whose stream it is.
        refusal: why the key does not open the stream any more; None while it does.
    """

    standing: Standing | None
    key: Key
    refusal: ServiceError | None = None
    _woken: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self, standing: Standing | None) -> None:
        """Say how the job stands now; None when it is gone."""
        if standing != self.standing:
            self.standing = standing
            self.wake()

    def check(self, key: Key, moment: datetime) -> None:
        """End the stream unless its key, which is like this at `moment`, still opens it."""
        try:
            check_again(key, moment, Scope.JOBS_READ)
        except ServiceError as error:
            self.refusal = error
            self.wake()

    def wake(self) -> None:
        """Have the stream look again, whether or not the job has changed."""
        self._woken.set()

    async def woken(self) -> None:
        """Return at the next change, or at once if there was one since the last call."""
        await self._woken.wait()
        self._woken.clear()


class Feed:
    """Tells all streams of a process; asks nothing while there are none. Lives as long as the app."""

    def __init__(self, database: AsyncDatabase) -> None:
        self._database = database
        self._watches: defaultdict[str, set[Watch]] = defaultdict(set)
        self._open: Counter[str] = Counter()

    @property
    def open_streams(self) -> int:
        """How many listen."""
        return self._open.total()

    @contextmanager
    def watching(self, standing: Standing, key: Key) -> Iterator[Watch]:
        """Give a watch on the job, on behalf of who has the key.

        Raises:
            ServiceError: the customer, or all together, have as many streams as may be.
        """
        listener = key.customer
        if self._open[listener] >= MOST_OF_ONE:
            raise _refused(
                f"{MOST_OF_ONE} event streams of {listener} are open, which is all that one customer may have.",
                MOST_OF_ONE,
            )
        if self.open_streams >= MOST_OF_ALL:
            raise _refused(
                f"{MOST_OF_ALL} event streams are open, which is all that this process may have.", MOST_OF_ALL
            )
        watch, job_id = Watch(standing, key), standing.job.id
        self._open[listener] += 1
        self._watches[job_id].add(watch)
        try:
            with _OPEN:
                yield watch
        finally:
            self._watches[job_id].discard(watch)
            if not self._watches[job_id]:
                del self._watches[job_id]
            self._open -= Counter({listener: 1})

    def wake(self) -> None:
        """Have all streams look around."""
        for watches in self._watches.values():
            for watch in watches:
                watch.wake()

    async def look(self) -> None:
        """Read how all watched jobs stand and tell who watches them, as long as they may."""
        if not self._watches:
            return
        wanted = list(self._watches)
        listening = {watch.key.id for watches in self._watches.values() for watch in watches}
        found = await self._database.read(standings, wanted)
        keys, moment = await self._database.read(key_rows.some, listening)
        for job_id in wanted:
            for watch in self._watches.get(job_id, ()):
                watch.check(keys.get(watch.key.id, watch.key), moment)  # who came meanwhile was just checked
                watch.tell(found.get(job_id))


def standings(connection: Connection, job_ids: list[str]) -> dict[str, Standing]:
    """Return how these jobs stand."""
    return {job.id: standing_of(connection, job) for job in rows.some(connection, job_ids)}


def standing_of(connection: Connection, job: Job) -> Standing:
    """Return the job with its place in the queue."""
    return Standing(job, rows.position(connection, job) if job.state is State.QUEUED else None)


def _refused(detail: str, limit: int) -> ServiceError:
    return ServiceError(Code.TOO_MANY_STREAMS, detail, context={"limit": limit}, headers={"Retry-After": "5"})


@asynccontextmanager
async def feeding(database: AsyncDatabase, stopping: Stopping) -> AsyncIterator[Feed]:
    """Give the feed, which looks while the block lasts; all streams end when the process is told to stop."""
    feed = Feed(database)
    _OPEN.add(0)

    async def wake() -> None:
        await stopping.wait()
        feed.wake()

    waking = asyncio.create_task(wake(), name="end streams")
    try:
        async with every(_SECONDS_BETWEEN, feed.look, name="follow jobs"):
            yield feed
    finally:
        waking.cancel()
        with suppress(asyncio.CancelledError):
            await waking
