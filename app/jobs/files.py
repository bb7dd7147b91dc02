"""Where jobs keep their files. Names come from ids that the service made, never from a request."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class JobFiles:
    """The folders of uploads and results under the data folder."""

    data: Path

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

    def keep(self, draft: Path) -> Path:
        """Turn a draft into a result, all or nothing: after a crash there is a whole file or none."""
        with draft.open("rb") as stream:
            os.fsync(stream.fileno())
        result = draft.with_name(draft.name.removeprefix("."))
        draft.replace(result)
        return result

    def result(self, name: str) -> Path:
        """Return the result of this name, which is a job's row's."""
        return self.results / name

    def remove(self, job_id: str, result_name: str | None) -> None:
        """Remove everything of a job; what is gone already is fine."""
        shutil.rmtree(self.upload(job_id), ignore_errors=True)
        if result_name is not None:
            self.result(result_name).unlink(missing_ok=True)
