"""Uploads and results in an object store: objects `uploads/JOB/FIELD` and `results/JOB-ATTEMPT.mp4`.

The folders are still where an upload arrives, where a run reads its inputs and where it writes its draft.
"""

from __future__ import annotations

import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final

import obstore
from obstore.exceptions import AlreadyExistsError
from obstore.store import S3Store

from app.delivery import Source
from app.jobs.files import JobFiles, Kept, Stored
from app.settings import Settings
from app.storage.failing import failing
from app.storage.source import ObjectSource

if TYPE_CHECKING:
    from obstore.store import S3Config

_FIELDS: Final = ("image", "audio")
_CHUNK: Final = 1024 * 1024
_VIDEO: Final = {"Content-Type": "video/mp4"}


@dataclass(frozen=True)  # with slots `super()` would not find its way
class Bucket(JobFiles):
    """Every call but `source` and `link` blocks; what keeps the store from answering is raised as `StorageAwayError`."""

    store: S3Store
    #: Each question is charged for. That calls fail is told by the breaker `storage`, too.
    good_seconds: ClassVar[float] = 30.0

    def hand_over(self, job_id: str) -> None:
        with failing():
            for field in _FIELDS:
                obstore.put(self.store, _input(job_id, field), self.upload(job_id) / field)
        shutil.rmtree(self.upload(job_id), ignore_errors=True)

    @contextmanager
    def inputs(self, job_id: str) -> Iterator[tuple[Path, Path]]:
        with tempfile.TemporaryDirectory(prefix=f"{job_id}-", dir=self.uploads) as folder:
            for field in _FIELDS:
                self._fetch(_input(job_id, field), Path(folder) / field)
            yield Path(folder) / "image", Path(folder) / "audio"

    def keep(self, draft: Path) -> Kept:
        name, size = draft.name.removeprefix("."), draft.stat().st_size
        with failing():
            try:
                obstore.put(
                    self.store, _result(name), draft, mode="create", use_multipart=False, attributes=_VIDEO
                )  # fmt: skip
            except AlreadyExistsError:
                # Its name has the number of the run: this very run has put it, and the answer was lost.
                size = obstore.head(self.store, _result(name))["size"]
        draft.unlink()
        return Kept(name, size)

    def drop(self, name: str) -> None:
        self._delete([_result(name)])

    async def source(self, name: str) -> Source | None:
        with failing():
            try:
                return ObjectSource(self.store, await obstore.head_async(self.store, _result(name)))
            except FileNotFoundError:
                return None

    async def link(self, name: str, lasting: timedelta) -> str | None:
        with failing():  # the machine's role may have to be asked for
            signed: str = await obstore.sign_async(self.store, "GET", _result(name), lasting)
        return signed

    def remove(self, job_id: str, result_name: str | None) -> None:
        super().remove(job_id, None)
        inputs = [_input(job_id, field) for field in _FIELDS]
        self._delete([*inputs, _result(result_name)] if result_name is not None else inputs)

    def old(self, age: timedelta) -> list[Stored]:
        limit = datetime.now(UTC) - age
        found = super().old(age)
        with failing():
            for objects in obstore.list(self.store, chunk_size=1000):
                for each in objects:
                    if each["last_modified"] < limit and (stored := _stored(each["path"])) is not None:
                        found.append(stored)
        return found

    def left_here(self, age: timedelta) -> list[Stored]:
        return super().old(age)

    def discard(self, stored: Stored) -> None:
        if Path(stored.place).is_absolute():
            super().discard(stored)
        else:
            self._delete([stored.place])

    def round_trip(self, content: bytes) -> bytes:
        key = _result(f".probe-{uuid.uuid4().hex}")  # where the sweep finds one whose process was killed
        with failing():
            obstore.put(self.store, key, content, use_multipart=False)
            try:
                return bytes(obstore.get(self.store, key).bytes())
            finally:
                obstore.delete(self.store, key)

    def check(self) -> None:
        with failing():
            next(iter(obstore.list(self.store, prefix="none", chunk_size=1)), None)

    def _fetch(self, key: str, path: Path) -> None:
        with failing(), path.open("wb") as stream:
            for chunk in obstore.get(self.store, key).stream(min_chunk_size=_CHUNK):
                stream.write(chunk)

    def _delete(self, keys: list[str]) -> None:
        with failing():
            for key in keys:
                try:
                    obstore.delete(self.store, key)
                except FileNotFoundError:
                    continue


def open_bucket(settings: Settings, bucket: str, prefix: str) -> S3Store:
    """Return the store; without a key of its own it takes the one of the environment or the machine."""
    config: S3Config = {"region": settings.s3_region}
    if settings.s3_endpoint is not None:
        config["endpoint"] = settings.s3_endpoint
    if settings.s3_access_key_id is not None and settings.s3_secret_access_key is not None:
        config["access_key_id"] = settings.s3_access_key_id
        config["secret_access_key"] = settings.s3_secret_access_key.get_secret_value()
    return S3Store(
        bucket,
        prefix=prefix or None,
        config=config,
        client_options={
            "allow_http": (settings.s3_endpoint or "").startswith("http://"),
            "connect_timeout": timedelta(seconds=2),
            "timeout": timedelta(seconds=60),
        },
        retry_config={
            "max_retries": 3,
            "retry_timeout": timedelta(seconds=15),
            "backoff": {"init_backoff": timedelta(milliseconds=100), "max_backoff": timedelta(seconds=2), "base": 2},
        },
    )


def _input(job_id: str, field: str) -> str:
    return f"uploads/{job_id}/{field}"


def _result(name: str) -> str:
    return f"results/{name}"


def _stored(key: str) -> Stored | None:
    match key.split("/"):
        case ["uploads", job_id, _]:
            return Stored(job_id, None, key)
        case ["results", name]:
            return Stored(name.partition("-")[0], name, key)
        case _:
            return None  # not ours
