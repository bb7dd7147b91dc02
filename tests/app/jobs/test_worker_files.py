"""A storage that is away for a while: a made video waits for it, and a job is begun once it is back."""

from __future__ import annotations

import errno
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.breakers import Breaker, Breakers
from app.database.engine import Database
from app.jobs import worker_files
from app.jobs.context import HandedBackError
from app.jobs.files import JobFiles, Kept, StorageAwayError, is_storage_away
from app.jobs.queue import TryAgain
from app.jobs.runner import Runner
from app.jobs.worker_files import WorkerFiles
from app.settings import Settings
from telemetry import Telemetry
from tests.app.jobs.test_runner import runs, status_of

NEVER, SET = threading.Event(), threading.Event()
SET.set()


@dataclass(frozen=True, slots=True)
class FarFiles(JobFiles):
    """A folder that is as far away as an object store: what was asked of it, and how often it fails from now on."""

    asked: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    @contextmanager
    def inputs(self, job_id: str) -> Iterator[tuple[Path, Path]]:
        self._ask("inputs")
        with super(FarFiles, self).inputs(job_id) as found:
            yield found

    def keep(self, draft: Path) -> Kept:
        self._ask("keep")
        return super(FarFiles, self).keep(draft)

    def check(self) -> None:
        self._ask("check")

    def _ask(self, what: str) -> None:
        self.asked.append(what)
        if self.failures:
            self.failures.pop()
            raise StorageAwayError(errno.EIO, "The object store failed")


@pytest.fixture
def files(settings: Settings) -> JobFiles:
    files = FarFiles(settings.data)
    files.prepare()
    return files


@pytest.fixture
def storage(telemetry: Telemetry, monkeypatch: pytest.MonkeyPatch) -> Breaker:
    monkeypatch.setattr(worker_files, "_SECONDS_BETWEEN", 0.02)
    return Breakers(telemetry).make("storage", threshold=1, pause=timedelta(milliseconds=10), counts=is_storage_away)


def draft(files: JobFiles) -> Path:
    path = files.draft("0" * 32, 1)
    path.write_bytes(b"a video")
    return path


def test_made_video_waits_until_the_storage_is_back(files: FarFiles, storage: Breaker) -> None:
    files.failures.extend("ab")
    kept = WorkerFiles(files, storage).keep(draft(files), NEVER)
    assert files.result(kept.name).read_bytes() == b"a video"
    assert files.asked == ["keep"] * 3


def test_made_video_of_a_worker_that_stops_is_handed_back(files: FarFiles, storage: Breaker) -> None:
    files.failures.extend("a")
    with pytest.raises(HandedBackError):
        WorkerFiles(files, storage).keep(draft(files), SET)


def test_storage_that_never_comes_back_ends_the_wait(
    files: FarFiles, storage: Breaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_files, "_MOST_SECONDS", 0.0)
    files.failures.extend("ab")
    with pytest.raises(StorageAwayError):
        WorkerFiles(files, storage).keep(draft(files), NEVER)


async def test_job_is_begun_again_once_the_storage_is_back(
    client: httpx.AsyncClient,
    acme: dict[str, str],
    submit: Any,
    database: Database,
    files: FarFiles,
    runner_of: Callable[[str], Runner],
    storage: Breaker,
) -> None:
    runner, job_id = runner_of("w1"), (await submit())["job_id"]
    files.failures.extend("abc")
    with pytest.raises(TryAgain):
        runner(job_id)
    runner(job_id)
    assert (await status_of(client, acme, job_id))["status"] == "succeeded"
    assert runs(database) == [(1, "job", "failed"), (2, "retry", "succeeded")]
    assert files.asked == ["inputs", "check", "check", "check", "inputs", "keep"]


def test_worker_that_stops_waits_for_no_storage(files: FarFiles, storage: Breaker) -> None:
    files.failures.extend("ab")
    watched = WorkerFiles(files, storage)
    with pytest.raises(StorageAwayError), watched.inputs("0" * 32):
        pass
    watched.wait(SET)
    assert storage.state == "open"
