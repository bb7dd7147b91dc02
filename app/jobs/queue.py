"""Delivery of jobs by DBOS: every call to it is here.

The queue carries ids only. Whether a job runs, ran or may run is said by our own `job` table; the queue makes sure
that each id reaches a worker, again when the worker died. Importing DBOS takes half a second, so it is done late.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import URL, Engine, create_engine, event

from app.admission.order import priority
from app.database.engine import SERVER_TIMEOUTS, let_go_when_idle, measured
from app.settings import Settings

if TYPE_CHECKING:
    from dbos import DBOSClient, EnqueueOptions

    from telemetry import Telemetry

QUEUE: Final = "generate"
_NAME: Final = "plainview"
_WORKFLOW: Final = "generate"
# One constant for all builds: a worker takes only jobs of its own version, so a release must not change it.
_APPLICATION_VERSION: Final = "1"
_POLLING_SECONDS: Final = 0.2
_MOST_STATES: Final = 500


class TryAgain(Exception):  # noqa: N818 - an answer to the queue, not an error of the service
    """Raised by a handler: this run of the job failed, give the job to the worker again in a moment."""


class JobQueue:
    """What the API needs of the queue; every method blocks for a few milliseconds, with PostgreSQL for `PATIENCE` at most. Lives as long as the app."""

    def __init__(self, client: DBOSClient) -> None:
        self._client = client

    def enqueue(self, job_id: str, turn: int | None) -> None:
        """Hand the job to the workers, who take the lowest turn first; a second call for the same id changes nothing."""
        options: EnqueueOptions = {
            "workflow_name": _WORKFLOW,
            "queue_name": QUEUE,
            "workflow_id": job_id,
            "app_version": _APPLICATION_VERSION,
        }
        if (number := priority(turn)) is not None:
            options["priority"] = number
        self._client.enqueue(options, job_id)

    def cancel(self, job_id: str) -> None:
        """Take a queued job out of the queue; a running one is stopped by its own flag, not from here."""
        self._client.cancel_workflow(job_id)

    def states(self, job_ids: Sequence[str]) -> dict[str, str]:
        """Return the queue's own state of each id that it knows: ENQUEUED, PENDING, SUCCESS, ERROR, CANCELLED."""
        found = self._client.list_workflows(workflow_ids=list(job_ids), load_input=False, load_output=False)
        return {workflow.workflow_id: workflow.status for workflow in found}

    def reclaim(self, worker_id: str) -> list[str]:
        """Put the jobs that a dead worker held back into the queue and return their ids."""
        held = self._client.list_workflows(
            status="PENDING", executor_id=worker_id, queue_name=QUEUE, load_input=False, load_output=False
        )
        for workflow in held:
            self._client.resume_workflow(workflow.workflow_id, queue_name=QUEUE)
        return [workflow.workflow_id for workflow in held]

    def restart(self, job_id: str, turn: int | None) -> bool:
        """Deliver a job again whose delivery ended or was lost; False when another node has done so by now."""
        from dbos import error  # noqa: PLC0415

        if job_id not in self.states([job_id]):
            self.enqueue(job_id, turn)
            return True
        try:
            # Keeps its place. Changes the record only if it is as it was read: a delivery that runs is never touched.
            self._client.rewind_workflow(job_id, queue_name=QUEUE)
        except error.DBOSException:
            return False
        return True

    def forget_finished(self, before: str) -> int:
        """Delete the records of deliveries that ended before `before` (RFC 3339); return how many went."""
        done = self._client.list_workflows(
            status=["SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"],
            completed_before=before,
            limit=_MOST_STATES,
            load_input=False,
            load_output=False,
        )
        if done:
            self._client.delete_workflows([workflow.workflow_id for workflow in done])
        return len(done)

    def round_trip(self, name: str) -> None:
        """Put a message into a queue that nobody reads, find it there and take it out; raises what keeps that from working."""
        self._client.enqueue({"workflow_name": _WORKFLOW, "queue_name": "probe", "workflow_id": name}, name)
        found = self.states([name])
        self._client.delete_workflows([name])
        if name not in found:
            raise LookupError("what was put in was not found")

    def check(self) -> None:
        """Raise what keeps the queue from being looked into."""
        self.states(["nobody's"])


@contextmanager
def open_queue(settings: Settings, telemetry: Telemetry | None = None) -> Iterator[JobQueue]:
    """Give the API, and a worker that stops, its end of the queue."""
    from dbos import DBOSClient, DBOSPortableJSONSerializer  # noqa: PLC0415

    _adopt_logger()
    with queue_engine(settings, telemetry) as engine:
        if engine.dialect.name == "postgresql":
            from app.database.bounded import bound  # noqa: PLC0415 - what a service on SQLite does not load

            bound(engine)
        client = DBOSClient(
            system_database_engine=engine,
            # The default is pickle, which would run whatever a writer to the database puts there.
            serializer=DBOSPortableJSONSerializer(),
            application_name=_NAME,
            retry_connection_errors=False,
        )
        try:
            yield JobQueue(client)
        finally:
            client.destroy()


def start_consuming(engine: Engine, worker_id: str, handle: Callable[[str], None], *, retries: int) -> None:
    """Start taking jobs, one at a time; `handle` gets each id and may raise `TryAgain` up to `retries` times.

    Jobs that this `worker_id` held when it last died come first. Two processes must never share the id.
    """
    from dbos import DBOS, DBOSPortableJSONSerializer  # noqa: PLC0415

    _adopt_logger()
    DBOS(
        config={
            "name": _NAME,
            "application_version": _APPLICATION_VERSION,
            "executor_id": worker_id,
            "system_database_engine": engine,
            "serializer": DBOSPortableJSONSerializer(),
            "run_migrations": False,
            "log_level": "WARNING",
        }
    )
    _adopt_logger()

    @DBOS.step(
        name="render",
        retries_allowed=True,
        max_attempts=retries + 1,
        interval_seconds=1.0,
        should_retry=lambda error: isinstance(error, TryAgain),
    )
    def render(job_id: str) -> None:
        handle(job_id)

    # One step long: what is replayed after a crash or a release is always the whole of it.
    @DBOS.workflow(name=_WORKFLOW)
    def generate(job_id: str) -> None:
        render(job_id)

    DBOS.listen_queues([QUEUE])
    DBOS.launch()
    DBOS.register_queue(QUEUE, worker_concurrency=1, polling_interval_sec=_POLLING_SECONDS)


def stop_consuming(patience: float) -> None:
    """Take no more jobs and wait up to `patience` seconds for the running one, not at all with 0."""
    from dbos import DBOS  # noqa: PLC0415

    DBOS.destroy(workflow_completion_timeout_sec=math.ceil(patience))


def migrate_queue(settings: Settings) -> None:
    """Bring the queue's own tables up to date."""
    from dbos import DBOS  # noqa: PLC0415

    DBOS.migrate(_url(settings).render_as_string(hide_password=False))


@contextmanager
def queue_engine(settings: Settings, telemetry: Telemetry | None = None) -> Iterator[Engine]:
    """Give an engine for the queue's tables: a SQLite file of their own, or the schema `dbos` in PostgreSQL."""
    url = _url(settings)
    postgresql = url.get_backend_name() == "postgresql"
    engine = create_engine(url, pool_pre_ping=postgresql, connect_args=SERVER_TIMEOUTS if postgresql else {})
    if postgresql:
        let_go_when_idle(engine)
    else:
        event.listen(engine, "connect", _pragmas)
    try:
        with measured(engine, "queue", telemetry):
            yield engine
    finally:
        engine.dispose()


def _url(settings: Settings) -> URL:
    if settings.database.get_backend_name() == "sqlite":
        return URL.create("sqlite", database=str(settings.data / "dbos.db"))
    return settings.database.set(drivername="postgresql+psycopg")


def _pragmas(connection: Any, _record: object) -> None:
    # What DBOS sets on engines of its own, and WAL, which makes an enqueue four times as fast.
    connection.isolation_level = "IMMEDIATE"
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "busy_timeout=30000"):
        connection.execute(f"PRAGMA {pragma}")


def _adopt_logger() -> None:
    # DBOS writes to stderr in a shape of its own; its lines should go where all others go, and only what matters.
    logger = logging.getLogger("dbos")
    for handler in list(logger.handlers):
        logger.removeHandler(handler)
    logger.propagate = True
    logger.setLevel(logging.WARNING)
