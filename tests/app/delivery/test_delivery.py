from __future__ import annotations

import email
import email.policy
import errno
from collections.abc import AsyncGenerator, AsyncIterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from fastapi import FastAPI, Request
from hypothesis import given
from hypothesis import strategies as st
from starlette.responses import Response
from starlette.types import Message

from app.delivery import FileSource, deliver
from app.delivery.ranges import UnsatisfiableError, wanted
from app.errors.handlers import add_handlers

CONTENT = bytes(range(256)) * 4


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "video"
    path.write_bytes(CONTENT)
    return path


@pytest.fixture
async def video(path: Path) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    add_handlers(app)

    @app.api_route("/video", methods=["GET", "HEAD"])
    async def get(request: Request) -> Response:
        source = await FileSource.find(path)
        assert source is not None
        return deliver(request, source, media_type="video/mp4", filename="a.mp4")

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        yield client


async def ask(client: httpx.AsyncClient, method: str = "GET", **headers: str) -> httpx.Response:
    return await client.request(method, "/video", headers={name.replace("_", "-"): at for name, at in headers.items()})


async def test_whole_video_names_its_version_and_may_be_kept_by_its_owner_alone(video: httpx.AsyncClient) -> None:
    answer = await ask(video)
    assert (answer.status_code, answer.content) == (200, CONTENT)
    assert answer.headers["content-length"] == str(len(CONTENT))
    assert answer.headers["cache-control"] == "private, no-cache"
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["etag"].startswith('"')


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=10-19", 10, 20),
        ("bytes=1000-", 1000, 1024),
        ("bytes=-24", 1000, 1024),
        ("bytes=-5000", 0, 1024),
        ("bytes=1000-9999", 1000, 1024),
        ("BYTES = 5-6", 5, 7),
        ("bytes=0-9, 10-19", 0, 20),
        ("bytes=5-9,0-7,9999-", 0, 10),
    ],
)
async def test_one_part_comes_as_it_is(video: httpx.AsyncClient, asked: str, start: int, stop: int) -> None:
    answer = await ask(video, Range=asked)
    assert (answer.status_code, answer.content) == (206, CONTENT[start:stop])
    assert answer.headers["content-range"] == f"bytes {start}-{stop - 1}/1024"
    assert answer.headers["content-type"] == "video/mp4"
    assert answer.headers["content-length"] == str(stop - start)


async def test_several_parts_come_as_multipart(video: httpx.AsyncClient) -> None:
    answer = await ask(video, Range="bytes=100-109,0-9,-4")
    assert answer.status_code == 206
    assert int(answer.headers["content-length"]) == len(answer.content)
    head = f"Content-Type: {answer.headers['content-type']}\r\n\r\n".encode()
    message: Any = email.message_from_bytes(head + answer.content, policy=email.policy.HTTP)
    assert [part["Content-Range"] for part in message.iter_parts()] == [
        "bytes 100-109/1024",
        "bytes 0-9/1024",
        "bytes 1020-1023/1024",
    ]
    assert [part.get_payload(decode=True) for part in message.iter_parts()] == [
        CONTENT[100:110],
        CONTENT[:10],
        CONTENT[-4:],
    ]


@pytest.mark.parametrize("asked", ["bytes=1024-", "bytes=9999-99999", "bytes=-0", "bytes=5000-,-0"])
async def test_part_that_is_not_there_is_416_in_the_one_shape(video: httpx.AsyncClient, asked: str) -> None:
    answer = await ask(video, Range=asked)
    assert (answer.status_code, answer.json()["code"]) == (416, "range_not_satisfiable")
    assert answer.headers["content-range"] == "bytes */1024"
    assert answer.json()["context"] == {"size_bytes": 1024}


@pytest.mark.parametrize(
    "asked",
    ["bytes", "bytes=", "bytes=a-b", "bytes=9-5", "bytes=-", "lines=0-5", "bytes=0-1,x", "bytes=" + "0-0," * 40],
)
async def test_range_that_is_none_is_ignored(video: httpx.AsyncClient, asked: str) -> None:
    assert (await ask(video, Range=asked)).status_code == 200


async def test_known_version_is_not_sent_again(video: httpx.AsyncClient) -> None:
    etag = (await ask(video)).headers["etag"]
    for known in (etag, f'"other", {etag}', f"W/{etag}", "*"):
        answer = await ask(video, If_None_Match=known)
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", etag)
    assert (await ask(video, If_None_Match='"other"')).status_code == 200


async def test_time_counts_where_no_version_is_named(video: httpx.AsyncClient) -> None:
    made = (await ask(video)).headers["last-modified"]
    assert (await ask(video, If_Modified_Since=made)).status_code == 304
    assert (await ask(video, If_Modified_Since="Mon, 01 Jan 2001 00:00:00 GMT")).status_code == 200
    assert (await ask(video, If_Modified_Since="yesterday")).status_code == 200
    assert (await ask(video, If_None_Match='"other"', If_Modified_Since=made)).status_code == 200
    assert (await ask(video, If_Unmodified_Since="Mon, 01 Jan 2001 00:00:00 GMT")).status_code == 412
    assert (await ask(video, If_Unmodified_Since=made)).status_code == 200


async def test_condition_that_does_not_hold_is_412(video: httpx.AsyncClient) -> None:
    etag = (await ask(video)).headers["etag"]
    assert (await ask(video, If_Match=etag)).status_code == 200
    for wanted_tag in ('"other"', f"W/{etag}"):
        answer = await ask(video, If_Match=wanted_tag)
        assert (answer.status_code, answer.json()["code"]) == (412, "precondition_failed")


async def test_rest_of_another_version_is_the_whole(video: httpx.AsyncClient, path: Path) -> None:
    before = await ask(video)
    assert (await ask(video, Range="bytes=9-", If_Range=before.headers["etag"])).status_code == 206
    assert (await ask(video, Range="bytes=9-", If_Range=before.headers["last-modified"])).status_code == 206
    await anyio.Path(path).write_bytes(CONTENT[::-1] + b"longer")
    answer = await ask(video, Range="bytes=9-", If_Range=before.headers["etag"])
    assert (answer.status_code, answer.content) == (200, CONTENT[::-1] + b"longer")


async def test_head_reads_nothing_and_tells_the_length(video: httpx.AsyncClient) -> None:
    answer = await ask(video, "HEAD", Range="bytes=0-5")
    assert (answer.status_code, answer.content, answer.headers["content-length"]) == (200, b"", "1024")


async def test_video_that_cannot_be_read_is_an_error_with_a_status(video: httpx.AsyncClient, path: Path) -> None:
    await anyio.Path(path).unlink()
    await anyio.Path(path).mkdir()
    answer = await ask(video)
    assert (answer.status_code, answer.json()["code"]) == (503, "storage_unavailable")


class _Breaks(FileSource):
    """A video whose storage goes away after the first bytes."""

    async def chunks(self, start: int, stop: int) -> AsyncGenerator[bytes]:
        yield CONTENT[start : stop // 2]
        raise OSError(errno.EIO, "gone")


async def test_video_that_breaks_off_is_never_said_to_be_whole(caplog: pytest.LogCaptureFixture) -> None:
    """The server closes a connection whose answer was left unfinished; nothing is raised that looks like a fault here."""
    scope = {"type": "http", "method": "GET", "headers": []}
    request = Request(scope)
    answer = deliver(request, _Breaks(Path("video"), 1024, 0), media_type="video/mp4", filename="a.mp4")
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    await answer(scope, request.receive, send)
    assert [message.get("more_body") for message in sent] == [None, True]
    assert (answer.headers["Content-Length"], len(sent[1]["body"])) == ("1024", 512)
    assert "storage.failed" in caplog.text


async def test_nothing_more_is_read_for_who_has_gone(path: Path) -> None:
    await anyio.Path(path).write_bytes(CONTENT * 5000)
    source, sent = await FileSource.find(path), []
    assert source is not None

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        if len(sent) < 3:
            await anyio.sleep_forever()
        return {"type": "http.disconnect"}

    scope = {"type": "http", "method": "GET", "headers": []}
    await deliver(Request(scope), source, media_type="video/mp4", filename="a.mp4")(scope, receive, send)
    assert [message.get("more_body") for message in sent] == [None, True, True]
    assert sum(len(message.get("body", b"")) for message in sent) < source.size / 5


async def test_empty_video_has_no_parts(video: httpx.AsyncClient, path: Path) -> None:
    await anyio.Path(path).write_bytes(b"")
    assert ((await ask(video)).status_code, (await ask(video, Range="bytes=0-")).status_code) == (200, 416)


@given(
    header=st.one_of(st.text(max_size=30), st.from_regex(r"bytes=(\d{0,4}-\d{0,4},){0,4}\d{0,4}-\d{0,4}")),
    size=st.integers(0, 3000),
)
def test_parts_lie_within_the_whole_and_apart(header: str, size: int) -> None:
    try:
        spans = wanted(header, size)
    except UnsatisfiableError:
        return
    taken = sorted(spans or [], key=lambda span: span.start)
    assert all(0 <= span.start < span.stop <= size for span in taken)
    assert all(first.stop <= second.start for first, second in pairwise(taken))
