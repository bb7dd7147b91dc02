"""Where jobs keep their files. Names come from ids that the service made, never from a request."""

from __future__ import annotations

import math
import os
import shutil
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import ClassVar

from app.delivery import FileSource, Source


class StorageAwayError(OSError):
    """What files are kept in did not do what it was asked; the text says why, without addresses."""


def is_storage_away(error: BaseException) -> bool:
    """Tell whether `error` is that of a storage, not of what was asked of it."""
    return isinstance(error, StorageAwayError)


@dataclass(frozen=True, slots=True)
class Kept:
    """A result that is stored: its name, and how many bytes it has."""

    name: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Stored:
    """Something stored that is not new any more: a result by its name, or a job's upload, or what a dead run left.

    Attributes:
        place: what `discard` takes, of this store only.
    """

    job_id: str
    result_name: str | None
    place: str
    is_draft: bool = False


@dataclass(frozen=True, slots=True)
class JobFiles:
    """The folders of uploads and results under the data folder."""

    data: Path
    #: For how long `check` need not be repeated that found nothing amiss.
    good_seconds: ClassVar[float] = 0.0

    @property
    def uploads(self) -> Path:
        """One folder per job, with what was sent."""
        return self.data / "uploads"

    @property
    def results(self) -> Path:
        """One file per finished job; drafts of running ones begin with a dot."""
        return self.data / "results"

    def prepare(self) -> None:
        """Make the folders."""
        for folder in (self.uploads, self.results):
            folder.mkdir(parents=True, exist_ok=True)

    def upload(self, job_id: str) -> Path:
        """Return the folder of what was sent for this job."""
        return self.uploads / job_id

    def image(self, job_id: str) -> Path:
        """Return the portrait of this job."""
        return self.upload(job_id) / "image"

    def audio(self, job_id: str) -> Path:
        """Return the speech of this job."""
        return self.upload(job_id) / "audio"

    def draft(self, job_id: str, attempt: int) -> Path:
        """Return where a run writes its video; the name ends as generators expect of an MP4."""
        return self.results / f".{job_id}-{attempt}.mp4"

    def result(self, name: str) -> Path:
        """Return the result of this name, which is a job's row's."""
        return self.results / name

    def hand_over(self, job_id: str) -> None:
        """Put what was sent for the job, and is in its folder, where workers look for it."""

    @contextmanager
    def inputs(self, job_id: str) -> Iterator[tuple[Path, Path]]:
        """Give portrait and speech of the job as files for the block."""
        yield self.image(job_id), self.audio(job_id)

    def keep(self, draft: Path) -> Kept:
        """Turn a draft into a result, all or nothing: after a crash there is a whole file or none."""
        with draft.open("rb") as stream:
            os.fsync(stream.fileno())
        result = draft.with_name(draft.name.removeprefix("."))
        draft.replace(result)
        return Kept(result.name, result.stat().st_size)

    def drop(self, name: str) -> None:
        """Remove a result that no row has; what is gone already is fine."""
        self.result(name).unlink(missing_ok=True)

    async def source(self, name: str) -> Source | None:
        """Return the result of this name, None when it is not there."""
        return await FileSource.find(self.result(name))

    async def link(self, name: str, lasting: timedelta) -> str | None:  # noqa: ARG002 - a folder has no addresses
        """Return an address that gives the result to whoever has it, None where only the service can."""
        return None

    def remove(self, job_id: str, result_name: str | None) -> None:
        """Remove everything of a job; what is gone already is fine."""
        shutil.rmtree(self.upload(job_id), ignore_errors=True)
        if result_name is not None:
            self.result(result_name).unlink(missing_ok=True)

    def old(self, age: timedelta) -> list[Stored]:
        """Return what was last changed before that."""
        limit = time.time() - age.total_seconds()
        found = []
        for folder in (self.uploads, self.results):
            for path in folder.iterdir():
                if _changed_at(path) < limit:
                    name = path.name.removeprefix(".")
                    draft = path.name.startswith(".")
                    result = name if folder == self.results and not draft else None
                    found.append(Stored(name.partition("-")[0], result, str(path), is_draft=draft))
        return found

    def left_here(self, age: timedelta) -> list[Stored]:  # noqa: ARG002 - a folder is everybody's
        """Return what is of this host alone and was last changed before that: of folders that the API has too, nothing."""
        return []

    def discard(self, stored: Stored) -> None:
        """Remove something that `old` found."""
        path = Path(stored.place)
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)

    def round_trip(self, content: bytes) -> bytes:
        """Return what is read where results are kept once `content` was written there; nothing of it is left."""
        path = self.results / f".probe-{uuid.uuid4().hex}"
        try:
            with path.open("xb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            return path.read_bytes()
        finally:
            path.unlink(missing_ok=True)

    def check(self) -> None:
        """Raise what keeps results from being stored elsewhere than in these folders."""


def _changed_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:  # gone since it was listed, as the probe of the health check is
        return math.inf
