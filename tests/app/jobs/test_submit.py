from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from prometheus_client import CollectorRegistry

from app.application import create_app
from app.generation.confined import Examiner
from app.jobs.files import JobFiles
from app.services import Services
from app.settings import Settings
from telemetry import Telemetry
from tests.app.conftest import bearer, client_of

Form = dict[str, tuple[str | None, bytes]]


async def test_good_request_is_accepted_with_all_that_is_needed_to_follow_it(
    client: httpx.AsyncClient, acme: dict[str, str], form: Form, files: JobFiles, portrait: bytes, wav: bytes
) -> None:
    answer = await client.post("/generate", headers=acme, files=form)
    body = answer.json()
    assert answer.status_code == 202
    assert body["status"] == "queued"
    assert body["queue_position"] == 1
    assert body["status_url"] == f"http://test/status/{body['job_id']}"
    assert body["result_url"] == f"http://test/result/{body['job_id']}"
    assert body["trace_id"] == answer.headers["traceparent"].split("-")[1]
    assert sorted(path.name for path in files.upload(body["job_id"]).iterdir()) == ["audio", "image"]
    assert files.image(body["job_id"]).read_bytes() == portrait
    assert files.audio(body["job_id"]).read_bytes() == wav


async def test_accepted_job_is_in_the_queue_and_its_position_counts_those_before_it(
    client: httpx.AsyncClient, acme: dict[str, str], services: Services, submit: Any
) -> None:
    jobs = [await submit() for _ in range(3)]
    assert [job["queue_position"] for job in jobs] == [1, 2, 3]
    states = await services.queue.states([job["job_id"] for job in jobs])
    assert set(states.values()) == {"ENQUEUED"}
    status = (await client.get(f"/status/{jobs[2]['job_id']}", headers=acme)).json()
    assert (status["status"], status["queue_position"], status["progress"]) == ("queued", 3, 0)


def wav_of(seconds: int, present: int) -> bytes:
    size = seconds * 8000
    fmt = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, 8000, 8000, 1, 8)
    data = struct.pack("<4sI", b"data", size) + bytes(present)
    return b"RIFF" + struct.pack("<I", 4 + len(fmt) + 8 + size) + b"WAVE" + fmt + data


def jpeg_of(width: int, height: int) -> bytes:
    frame = struct.pack(">HHBHHB", 0xFFC0, 11, 8, height, width, 1) + b"\x01\x11\x00"
    return b"\xff\xd8" + frame + b"\xff\xda\x00\x02\x00\xff\xd9"


@pytest.mark.parametrize(
    ("field", "content", "status"),
    [
        ("image", b"#!/bin/sh\necho hello\n", 422),
        ("image", b"", 422),
        ("image", jpeg_of(40_000, 40_000), 422),
        ("image", b"\xff\xd8" + bytes(11 * 2**20), 413),
        ("audio", b"not audio", 422),
        ("audio", wav_of(2, 4000), 422),
        ("audio", wav_of(7200, 8000), 422),
        ("prompt", b"   ", 422),
        ("prompt", b"\xff\xfe", 422),
        ("prompt", b"x" * 2001, 422),
        ("prompt", b"x" * 100_000, 413),
    ],
    ids=[
        "script-as-image", "empty-image", "40-kilopixel-image", "image-too-large", "text-as-audio", "truncated-wav",
        "two-hours-of-audio", "empty-prompt", "prompt-not-utf8", "prompt-too-long", "prompt-far-too-long",
    ],
)  # fmt: skip
async def test_bad_input_names_the_field_and_leaves_nothing_behind(
    field: str,
    content: bytes,
    status: int,
    client: httpx.AsyncClient,
    acme: dict[str, str],
    form: Form,
    files: JobFiles,
) -> None:
    answer = await client.post("/generate", headers=acme, files=form | {field: ("x", content)})
    problem = answer.json()
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert [error["field"] for error in problem["errors"]] == [field]
    assert list(files.uploads.iterdir()) == []
    assert (await client.get("/jobs", headers=acme)).json()["jobs"] == []


async def test_missing_and_unknown_and_doubled_fields_are_refused(
    client: httpx.AsyncClient, acme: dict[str, str], form: Form, files: JobFiles
) -> None:
    missing = await client.post("/generate", headers=acme, files={"image": form["image"]})
    assert [error["field"] for error in missing.json()["errors"]] == ["audio", "prompt"]
    assert [error["message"].partition(".")[0] for error in missing.json()["errors"]] == ["The field is required"] * 2
    assert "WAV, MP3, FLAC, OGG or M4A" in missing.json()["errors"][0]["message"]
    assert "1 to 2000 characters" in missing.json()["errors"][1]["message"]
    unknown = await client.post("/generate", headers=acme, files=form | {"../evil": ("x", b"x")})
    assert unknown.json()["errors"] == [
        {"field": "../evil", "value": "not read", "message": "There is no such field. Allowed: image, audio, prompt."}
    ]
    doubled = await client.post("/generate", headers=acme, files=[*form.items(), ("prompt", (None, b"x"))])
    assert doubled.json()["errors"][0]["value"] == "sent twice"
    assert [answer.status_code for answer in (missing, unknown, doubled)] == [422, 422, 422]
    assert list(files.uploads.iterdir()) == []


async def test_other_media_types_and_broken_bodies_are_refused(
    client: httpx.AsyncClient, acme: dict[str, str], files: JobFiles
) -> None:
    json_body = await client.post("/generate", headers=acme, json={"image": "x"})
    assert (json_body.status_code, json_body.json()["code"]) == (415, "media_type_unsupported")
    headers = acme | {"Content-Type": "multipart/form-data; boundary=abc"}
    cut = await client.post("/generate", headers=headers, content=b"--abc\r\nContent-Disposition: form-data; name=")
    broken = await client.post("/generate", headers=headers, content=b"nothing of the kind")
    assert [(each.status_code, each.json()["code"]) for each in (cut, broken)] == [(400, "bad_request")] * 2
    assert cut.json()["detail"] == "The multipart body ends before its last boundary, --abc--."
    assert broken.json()["detail"] == (
        "The body is not the multipart that its Content-Type announces: no part begins with the boundary --abc. "
        "Let your HTTP client make both, such as `curl -F`."
    )
    headers = acme | {"Content-Type": "multipart/form-data; boundary=abc"}
    odd = await client.post("/generate", headers=headers, content=b"--abc\r\nA header without an end\x00\r\n\r\nx")
    assert odd.status_code == 400
    assert odd.json()["detail"].startswith("The multipart body cannot be read: a part's header is broken")
    assert list(files.uploads.iterdir()) == []


async def test_body_is_refused_by_its_declared_length_before_it_is_read(
    client: httpx.AsyncClient, acme: dict[str, str], files: JobFiles
) -> None:
    async def never() -> AsyncIterator[bytes]:
        raise AssertionError("the body was read")
        yield b""

    headers = acme | {"Content-Type": "multipart/form-data; boundary=abc", "Content-Length": str(10**9)}
    answer = await client.post("/generate", headers=headers, content=never())
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
    assert list(files.uploads.iterdir()) == []


async def test_body_without_a_length_is_refused_once_it_is_longer_than_its_fields_may_be(
    client: httpx.AsyncClient, acme: dict[str, str], files: JobFiles
) -> None:
    """What follows the last boundary belongs to no field."""
    taken = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal taken
        yield b"--abc\r\nContent-Disposition: form-data; name=prompt\r\n\r\nhello\r\n--abc--\r\n"
        while taken < 1000:
            taken += 1
            yield bytes(2**20)

    headers = acme | {"Content-Type": "multipart/form-data; boundary=abc"}
    answer = await client.post("/generate", headers=headers, content=endless())
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
    assert taken < 50
    assert list(files.uploads.iterdir()) == []


async def test_body_that_takes_too_long_is_given_up(
    settings: Settings, telemetry: Telemetry, examiner: Examiner, acme: dict[str, str], files: JobFiles
) -> None:
    waiting = asyncio.Event()

    async def never_ends() -> AsyncIterator[bytes]:
        yield b"--abc\r\nContent-Disposition: form-data; name=image\r\n\r\n"
        await waiting.wait()

    hasty = settings.model_copy(update={"upload_time": timedelta(seconds=0.1)})
    headers = acme | {"Content-Type": "multipart/form-data; boundary=abc"}
    async with client_of(create_app(hasty, telemetry, examiner=examiner)) as client:
        answer = await client.post("/generate", headers=headers, content=never_ends())
    assert (answer.status_code, answer.json()["code"]) == (408, "request_timeout")
    assert list(files.uploads.iterdir()) == []


async def test_body_is_not_read_without_a_key(client: httpx.AsyncClient, form: Form, files: JobFiles) -> None:
    answer = await client.post("/generate", headers=bearer("pv_wrong"), files=form)
    assert answer.status_code == 401
    assert list(files.uploads.iterdir()) == []


async def test_accepted_and_refused_jobs_are_counted(
    client: httpx.AsyncClient, acme: dict[str, str], services: Services, submit: Any
) -> None:
    await submit()
    await client.post("/generate", headers=acme, json={})
    registry: CollectorRegistry = services.telemetry.registry
    assert registry.get_sample_value("job_submitted_total", {"operation": "generate", "tier": "standard"}) == 1
    refused = {"operation": "generate", "code": "media_type_unsupported"}
    assert registry.get_sample_value("job_rejected_total", refused) == 1
