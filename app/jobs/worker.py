"""The worker: one process, one device, one job at a time, until it is told to stop."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Final, NoReturn

from app import VERSION
from app.breakers import Breakers
from app.database.away import is_away
from app.database.engine import open_database
from app.database.schema import check_schema
from app.database.watched import PAUSE
from app.generation import load
from app.generation.confined import examining
from app.jobs import process_start
from app.jobs.attempt import Attempt
from app.jobs.exit_status import EXIT_STATUS
from app.jobs.files import is_storage_away
from app.jobs.heartbeat import Heartbeat, beating
from app.jobs.host_memory import available_bytes
from app.jobs.job import MOST_ATTEMPTS
from app.jobs.queue import open_queue, queue_engine, start_consuming, stop_consuming
from app.jobs.restarting import Restarting
from app.jobs.runner import Runner
from app.jobs.sweeper import sweep_host
from app.jobs.worker_files import WorkerFiles
from app.jobs.worker_identity import Identity, only_one, worker_id
from app.ledger.book import Book
from app.ledger.entry import BookedPrice
from app.ledger.keeping import keeping
from app.settings import Settings
from app.storage import files_of
from telemetry import TelemetrySettings, start
from telemetry.catalog import Event
from telemetry.gpu import Device, Gpus, open_gpus
from telemetry.logs import get_logger

_log = get_logger(__name__)
# Heartbeat, ledger and job: once each of them has waited, the job goes on without telling how far it is.
_THRESHOLD: Final = 3
_SECONDS_TO_UNWIND: Final = 2.0
_SECONDS_TO_NOTE: Final = 1.0
# The rest is for the other processes of the host, or of the container.
_SHARE_OF_MEMORY: Final = 0.8


def work(settings: Settings, telemetry_settings: TelemetrySettings) -> NoReturn:
    """Take jobs until SIGTERM or SIGINT, then finish or hand back the running one, and end the process.

    Ends by itself, with a status of `EXIT_STATUS`, when only a fresh process has the memory for the next job.
    """
    with ExitStack() as stack:
        stop = stack.enter_context(told_to_stop())
        telemetry = stack.enter_context(start(telemetry_settings))
        breakers = Breakers(telemetry)
        breaker = breakers.make("database", threshold=_THRESHOLD, pause=PAUSE, counts=is_away)
        database = stack.enter_context(open_database(settings.database, telemetry=telemetry, breaker=breaker))
        database.read(check_schema)
        gpus = stack.enter_context(open_gpus(telemetry_settings, telemetry))
        device = gpus.device()
        name = worker_id(settings, device)
        stack.enter_context(only_one(settings, name))
        book = Book(device, BookedPrice.of(telemetry.prices.of(device)), began=process_start.began())
        keeper = stack.enter_context(keeping(database, name, book, telemetry))
        generator = load(settings.generator, device)
        identity = Identity(name, device, generator.model)
        kept = files_of(settings)
        kept.prepare()
        sweep_host(database, kept)
        # One is enough: a store's client has tried again by then.
        storage = breakers.make("storage", threshold=1, pause=PAUSE, counts=is_storage_away)
        files = WorkerFiles(kept, storage)
        restarting = Restarting(
            identity,
            telemetry,
            stop,
            leak_bytes=settings.worker_leak_bytes,
            memory_bytes=settings.worker_memory_bytes or int(available_bytes() * _SHARE_OF_MEMORY),
        )
        attempt = Attempt(database, files, generator, keeper, telemetry, stack.enter_context(examining(1)))
        runner = Runner(database, files, attempt, identity, telemetry, restarting=restarting, tariff=settings.tariff)
        heartbeat = stack.enter_context(beating(database, identity))
        ready = threading.Event()
        stack.enter_context(
            telemetry.serve_metrics(
                settings.worker_host,
                settings.worker_port,
                ready=lambda: (
                    ready.is_set() and heartbeat.is_fresh and storage.state == "closed" and not _is_lost(device, gpus)
                ),
            )
        )
        engine = stack.enter_context(queue_engine(settings, telemetry))
        start_consuming(engine, identity.id, runner, retries=MOST_ATTEMPTS)
        ready.set()
        book.ready()
        _log.info(Event.WORKER_STARTED, worker=identity.id, device=device.kind, model=identity.model, version=VERSION)
        stop.wait()
        ready.clear()
        book.draining()
        _drain(settings, runner, heartbeat, identity)
        _log.info(Event.WORKER_STOPPED, worker=identity.id, reason=str(restarting.reason or "told_to"))
    # The queue's threads would keep the process alive for a job that was handed back.
    os._exit(EXIT_STATUS[restarting.reason] if restarting.reason else 0)


def _is_lost(device: Device, gpus: Gpus) -> bool:
    """Say whether the worker's card has gone; one on the CPU has none to lose."""
    return any(card.lost is not None for card in gpus.snapshot().cards if card.uuid == device.uuid)


def _drain(settings: Settings, runner: Runner, heartbeat: Heartbeat, identity: Identity) -> None:
    runner.drain()
    heartbeat.draining()
    _log.info(Event.WORKER_DRAINING, worker=identity.id, idle=runner.is_idle)
    stop_consuming(_patience(settings, runner))
    if not runner.give_up(_SECONDS_TO_UNWIND):
        _log.warning(Event.WORKER_JOB_DOES_NOT_STOP, worker=identity.id)
    with open_queue(settings) as queue:
        for job_id in queue.reclaim(identity.id):
            _log.info(Event.JOB_HANDED_BACK, job_id=job_id)


def _patience(settings: Settings, runner: Runner) -> float:
    if not runner.is_idle:
        return settings.shutdown_grace.total_seconds()
    # The queue may still be noting the end of a delivery; one that is parked never ends.
    return 0 if runner.is_parked else _SECONDS_TO_NOTE


@contextmanager
def told_to_stop() -> Iterator[threading.Event]:
    """Give an event that SIGTERM and SIGINT set, instead of ending the process at once."""
    stop = threading.Event()
    before = {number: signal.signal(number, lambda *_: stop.set()) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
