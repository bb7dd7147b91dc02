"""Folder and object store keep files alike; with an object store the whole service works over it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import obstore
import pytest
from fastapi import FastAPI

from app.application import create_app
from app.database.engine import Database
from app.generation.confined import Examiner
from app.jobs.files import JobFiles, StorageAwayError
from app.jobs.runner import Runner
from app.jobs.sweeper import Sweeper, sweep_host
from app.services import Services
from app.settings import Settings
from app.storage import files_of
from app.storage.bucket import Bucket
from telemetry import Telemetry
from tests.app.conftest import client_of
from tests.s3_server import BUCKET, S3Server, s3_server

JOB = "0" * 32
NOW = timedelta(seconds=-60)


@pytest.fixture(scope="module")
def s3() -> Iterator[S3Server]:
    with s3_server() as server:
        yield server


def in_bucket(settings: Settings, url: str, prefix: str) -> Settings:
    """Return the settings with files in an object store, below a prefix of the test's own."""
    store = {"results_url": f"s3://{BUCKET}/{prefix}", "s3_endpoint": url}
    secret = Settings(s3_secret_access_key="secret").s3_secret_access_key
    return settings.model_copy(update=store | {"s3_access_key_id": "key", "s3_secret_access_key": secret})


@pytest.fixture(params=["folder", pytest.param("bucket", marks=[pytest.mark.slow, pytest.mark.integration])])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> JobFiles:
    """The files of jobs in each place."""
    settings = Settings(home=tmp_path)
    if request.param == "bucket":
        settings = in_bucket(settings, request.getfixturevalue("s3").url, tmp_path.name)
    files = files_of(settings)
    files.prepare()
    return files


def arrive(files: JobFiles) -> None:
    files.upload(JOB).mkdir()
    files.image(JOB).write_bytes(b"a portrait")
    files.audio(JOB).write_bytes(b"speech" * 100_000)
    files.hand_over(JOB)


async def content(files: JobFiles, name: str, start: int, stop: int) -> bytes:
    found = await files.source(name)
    assert found is not None
    return b"".join([chunk async for chunk in found.chunks(start, stop)])


def make(files: JobFiles, video: bytes, attempt: int = 1) -> str:
    draft = files.draft(JOB, attempt)
    draft.write_bytes(video)
    made = files.keep(draft)
    assert made.bytes == len(video)
    assert not draft.exists()
    return made.name


async def test_what_is_handed_over_and_kept_is_there_until_it_is_removed(kept: JobFiles) -> None:
    arrive(kept)
    with kept.inputs(JOB) as (image, audio):
        assert (image.read_bytes(), audio.read_bytes()) == (b"a portrait", b"speech" * 100_000)
    video = bytes(range(256)) * 4000
    name = make(kept, video)
    found = await kept.source(name)
    assert found is not None
    assert (found.size, found.etag[0], found.modified.tzinfo is not None) == (len(video), '"', True)
    assert await content(kept, name, 0, len(video)) == video
    assert await content(kept, name, 1000, 1003) == video[1000:1003]
    kept.remove(JOB, name)
    kept.remove(JOB, name)
    assert await kept.source(name) is None
    with pytest.raises(FileNotFoundError), kept.inputs(JOB) as (image, _):
        image.read_bytes()


async def test_second_run_leaves_the_result_of_the_first_alone(kept: JobFiles) -> None:
    first, second = make(kept, b"first", 1), make(kept, b"second", 2)
    kept.drop(second)
    kept.drop(second)
    assert await content(kept, first, 0, 5) == b"first"


def test_what_is_written_to_see_whether_it_can_be_is_read_and_leaves_nothing(kept: JobFiles) -> None:
    assert kept.round_trip(b"probe" * 1000) == b"probe" * 1000
    assert kept.old(NOW) == []


def test_old_things_are_found_and_discarded_one_by_one(kept: JobFiles) -> None:
    arrive(kept)
    name = make(kept, b"video")
    kept.draft(JOB, 2).write_bytes(b"half a vid")
    assert kept.old(timedelta(hours=1)) == []
    found = kept.old(NOW)
    assert {stored.job_id for stored in found} == {JOB}
    assert [stored.result_name for stored in found if stored.result_name] == [name]
    assert sum(stored.is_draft for stored in found) == 1
    for stored in found:
        kept.discard(stored)
    assert kept.old(NOW) == []


async def test_store_that_cannot_sign_is_away(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine's role that nobody grants any more."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_METADATA_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    files = files_of(Settings(home=tmp_path, results_url="s3://bucket"))
    with pytest.raises(StorageAwayError, match="object store failed"):
        await files.link("name", timedelta(hours=1))


def test_worker_sweeps_what_dead_runs_left_on_its_host(database: Database, tmp_path: Path) -> None:
    """With an object store no API may ever see the folders of a worker."""
    files = files_of(in_bucket(Settings(home=tmp_path), "http://127.0.0.1:9", "x"))
    files.prepare()
    inputs, draft, new = files.uploads / f"{JOB}-abc", files.draft(JOB, 1), files.draft(JOB, 2)
    inputs.mkdir()
    (inputs / "image").write_bytes(b"a portrait")
    for path in (inputs / "audio", draft, new):
        path.write_bytes(b"x")
    for path in (inputs, draft):
        os.utime(path, (0, 0))
    sweep_host(database, files)
    assert [*files.uploads.iterdir(), *files.results.iterdir()] == [new]


def test_folder_elsewhere_is_named_by_its_address(tmp_path: Path) -> None:
    assert files_of(Settings(home=tmp_path, results_url=f"file://{tmp_path}/a%20b")).data == tmp_path / "a b"


@pytest.mark.parametrize("url", ["http://x", "s3://", "file://relative", "s3://key:secret@bucket"])
def test_address_that_names_no_place_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"results_url|PLAINVIEW_RESULTS_URL"):
        Settings(results_url=url)


@pytest.mark.slow
@pytest.mark.integration
class TestServiceOverAnObjectStore:
    """Marked slow, as the server is a process."""

    @pytest.fixture
    def s3(self) -> Iterator[S3Server]:
        with s3_server() as server:
            yield server

    @pytest.fixture
    def settings(self, settings: Settings, s3: S3Server) -> Settings:
        return in_bucket(settings, s3.url, "plainview").model_copy(update={"cache_scope": "customer"})

    @pytest.fixture
    def files(self, settings: Settings) -> JobFiles:
        files = files_of(settings)
        files.prepare()
        return files

    @pytest.fixture
    async def client(self, api: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
        async with client_of(api) as client:
            yield client

    def objects(self, files: JobFiles) -> list[str]:
        assert isinstance(files, Bucket)
        return sorted(each["path"] for some in obstore.list(files.store) for each in some)

    async def test_job_goes_its_whole_way_and_leaves_nothing_on_the_nodes(
        self,
        client: httpx.AsyncClient,
        acme: dict[str, str],
        submit: Any,
        runner_of: Callable[[str], Runner],
        services: Services,
        files: JobFiles,
        wav: bytes,
    ) -> None:
        job_id = (await submit())["job_id"]
        assert self.objects(files) == [f"uploads/{job_id}/audio", f"uploads/{job_id}/image"]
        await asyncio.to_thread(runner_of("w1"), job_id)
        assert [*files.uploads.iterdir(), *files.results.iterdir()] == []
        whole = await client.get(f"/result/{job_id}", headers=acme)
        part = await client.get(f"/result/{job_id}", headers=acme | {"Range": "bytes=4-9"})
        same = await client.get(f"/result/{job_id}", headers=acme | {"If-None-Match": whole.headers["ETag"]})
        assert [each.status_code for each in (whole, part, same)] == [200, 206, 304]
        assert (whole.content, part.content) == (wav, wav[4:10])
        again = await submit()
        assert (again["status"], again["cached"]) == ("succeeded", True)
        link = (await client.post(f"/jobs/{job_id}/link", headers=acme)).json()["url"]
        async with httpx.AsyncClient() as anybody:
            direct = await anybody.get(link)
            assert (direct.status_code, direct.content) == (200, wav)
            assert direct.headers["Content-Type"] == "video/mp4"
        await Sweeper(services.database, services.queue, files, timedelta(0)).run()
        assert self.objects(files) == []
        assert (await client.get(f"/result/{job_id}", headers=acme)).status_code == 410

    async def test_refused_submit_leaves_nothing_there(
        self, client: httpx.AsyncClient, acme: dict[str, str], form: Any, files: JobFiles
    ) -> None:
        named = acme | {"Idempotency-Key": "a"}
        first = await client.post("/generate", headers=named, files=form)
        other = await client.post("/generate", headers=named, files=form | {"prompt": (None, b"other")})
        assert (first.status_code, other.status_code) == (202, 409)
        assert {path.split("/")[1] for path in self.objects(files)} == {first.json()["job_id"]}

    async def test_store_that_is_away_is_said_so_and_left_alone(
        self,
        client: httpx.AsyncClient,
        acme: dict[str, str],
        form: Any,
        submit: Any,
        runner_of: Callable[[str], Runner],
        s3: S3Server,
        files: JobFiles,
    ) -> None:
        job_id = (await submit())["job_id"]
        await asyncio.to_thread(runner_of("w1"), job_id)
        s3.kill()
        with pytest.raises(StorageAwayError, match="object store failed") as away:
            files.check()
        with pytest.raises(StorageAwayError):
            files.round_trip(b"probe")
        assert s3.url.removeprefix("http://") not in str(away.value)
        answers = [await client.get(f"/result/{job_id}", headers=acme) for _ in range(6)]
        answers.append(await client.post("/generate", headers=acme, files=form))
        assert {each.status_code for each in answers} == {503}
        assert {each.json()["code"] for each in answers} <= {"storage_unavailable", "upstream_unavailable"}
        assert all(int(each.headers["Retry-After"]) > 0 for each in answers)
        assert list(files.uploads.iterdir()) == []
        assert (await client.get(f"/status/{job_id}", headers=acme)).status_code == 200


def test_api_may_be_given_settings_of_a_store_that_is_not_there_yet(
    settings: Settings, telemetry: Telemetry, examiner: Examiner
) -> None:
    assert create_app(in_bucket(settings, "http://127.0.0.1:9", "x"), telemetry, examiner=examiner)
