"""The example client against a service that is really served, over a network that fails at every step."""

from __future__ import annotations

import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from app.database.migrate import migrate
from app.errors.documented import Problem
from app.keys.store import create_key
from app.settings import Settings
from examples.client import ApiError, Portraits, main
from tests.app.conftest import TINY
from tests.app.finished import finished_job
from tests.app.processes import Service, service, until

SAMPLES = Path(__file__).resolve().parents[2] / "app" / "samples"


class Breaking(httpx.BaseTransport):
    """A network that loses the first answer to each submit, refuses once, and breaks off what is longer than `most` bytes."""

    def __init__(self, most: int) -> None:
        self._inner = httpx.HTTPTransport()
        self._most = most
        self.seen: list[str] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        first = request.url.path not in self.seen
        self.seen.append(request.url.path)
        if first and request.url.path.startswith("/status"):
            return httpx.Response(429, headers={"Retry-After": "7"})
        answer = self._inner.handle_request(request)
        if first and request.method == "POST":
            answer.read()
            answer.close()
            raise httpx.ReadError("the network is gone")
        assert isinstance(answer.stream, httpx.SyncByteStream)
        return httpx.Response(answer.status_code, headers=answer.headers, stream=_Cut(answer.stream, self._most))

    def close(self) -> None:
        self._inner.close()


class _Cut(httpx.SyncByteStream):
    def __init__(self, stream: httpx.SyncByteStream, most: int) -> None:
        self._stream = stream
        self._left = most

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._stream:
            yield chunk[: self._left]
            self._left -= len(chunk)
            if self._left < 0:
                raise httpx.ReadError("the network is gone")

    def close(self) -> None:
        self._stream.close()


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    settings = Settings(home=tmp_path_factory.mktemp("served"))
    migrate(settings)
    return settings


@pytest.fixture(scope="module")
def running(settings: Settings) -> Iterator[Service]:
    environment = {"PLAINVIEW_HOME": str(settings.home), "PLAINVIEW_GENERATOR": TINY}
    with service(environment, settings.home) as running:
        running.spawn("worker")
        running.start("serve")
        yield running


@pytest.fixture(scope="module")
def key(settings: Settings) -> str:
    return create_key(settings, "acme")[1].text


def client_of(running: Service, key: str, transport: httpx.BaseTransport) -> httpx.Client:
    headers = {"Authorization": f"Bearer {key}"}
    return httpx.Client(base_url=running.url, headers=headers, transport=transport, timeout=20)


@pytest.mark.slow
def test_one_video_over_a_network_that_fails(running: Service, key: str, tmp_path: Path) -> None:
    network, pauses = Breaking(most=6_000), []
    with client_of(running, key, network) as client:
        portraits = Portraits(client, sleep=pauses.append)
        job_id = portraits.submit(SAMPLES / "portrait.jpg", SAMPLES / "speech.wav", "slow=0.5")
        ended = portraits.wait(job_id)
        assert ended["status"] == "succeeded"
        assert portraits.poll(job_id)["status"] == "succeeded"
        assert 7.0 in pauses  # what Retry-After asked for
        jobs = client.get("/jobs").json()["jobs"]
    assert [job["job_id"] for job in jobs] == [job_id]  # sent twice, made once
    assert network.seen.count("/generate") == 2


@pytest.mark.parametrize(
    ("key", "image", "status", "said"),
    [
        (None, "portrait.jpg", 2, "set PLAINVIEW_API_KEY"),
        ("pv_short", "nosuch.jpg", 1, "nosuch.jpg"),
        ("pv_short", "portrait.jpg", 1, "401 key_malformed"),
    ],
    ids=["no-key", "no-file", "refused"],
)
def test_what_stands_in_the_way_is_said_in_a_line(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    key: str | None,
    image: str,
    status: int,
    said: str,
) -> None:
    problem = {"code": "key_malformed", "detail": "A key begins with pv_."}
    refusal = httpx.Response(401, json=problem, headers={"Content-Type": "application/problem+json"})
    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", lambda *_: refusal)
    monkeypatch.setattr("sys.argv", ["client.py", str(SAMPLES / image), str(SAMPLES / "speech.wav"), "A calm greeting"])
    monkeypatch.delenv("PLAINVIEW_API_KEY", raising=False)
    if key is not None:
        monkeypatch.setenv("PLAINVIEW_API_KEY", key)
    try:
        ended: object = main()
    except SystemExit as left:
        ended = left.code
    line = capsys.readouterr().err.splitlines()[-1]
    assert (ended, said in line) == (status, True)


def test_stream_that_ends_too_early_is_come_back_to_after_a_pause() -> None:
    states, asked, pauses = ["queued", "running", "succeeded"], [], []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.headers.get("last-event-id"))
        number = len(asked)
        status = f'event: status\nid: v{number}\ndata: {{"status":"{states[number - 1]}"}}\n\n'
        return httpx.Response(200, text=f'{status}event: error\ndata: {{"code":"internal"}}\n\n')

    with httpx.Client(base_url="http://test", transport=httpx.MockTransport(answer)) as client:
        assert Portraits(client, sleep=pauses.append).wait("1") == {"status": "succeeded"}
    assert asked == [None, "v1", "v2"]
    assert len(pauses) == 2


@pytest.mark.slow
def test_download_that_breaks_off_goes_on(running: Service, settings: Settings, key: str, tmp_path: Path) -> None:
    video = bytes(range(256)) * 4000
    job_id = finished_job(settings, "acme", video)
    network = Breaking(most=300_000)
    with client_of(running, key, network) as client:
        Portraits(client).download(job_id, tmp_path / "talking.mp4")
    assert (tmp_path / "talking.mp4").read_bytes() == video
    assert 3 <= len(network.seen) <= 6
    assert [path.name for path in tmp_path.iterdir()] == ["talking.mp4"]


@pytest.mark.slow
def test_refusal_is_an_error_with_its_code(running: Service, key: str) -> None:
    with client_of(running, key, httpx.HTTPTransport()) as client, pytest.raises(ApiError) as refused:
        Portraits(client).wait("0" * 32)
    assert (refused.value.status, refused.value.code) == (404, "job_unknown")
    assert refused.value.problem["request_id"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"nonsense", 400),
        (b"GET /jobs HTTP/1.1\r\nHost: localhost\r\nBad Header: x", 400),
        (b"BREW /jobs HTTP/1.1\r\nHost: localhost", 400),
        (b"PROPFIND /jobs HTTP/1.1\r\nHost: localhost", 501),
        (b"GET /status/%ff%00 HTTP/1.1\r\nHost: localhost", 400),
        (b"GET /jobs\xff HTTP/1.1\r\nHost: localhost", 400),
        (b"GET /jobs HTTP/1.1\r\nHost: evil.example", 421),
    ],
)
def test_what_is_hardly_http_is_answered_in_the_one_shape(running: Service, sent: bytes, status: int) -> None:
    host, port = running.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(sent + b"\r\nConnection: close\r\n\r\n")
        head, _, body = connection.makefile("rb").read().partition(b"\r\n\r\n")
    assert head.startswith(f"HTTP/1.1 {status} ".encode())
    assert Problem.model_validate_json(body).status == status


@pytest.mark.slow
def test_open_stream_does_not_hold_the_end_of_the_process(settings: Settings, key: str, tmp_path: Path) -> None:
    environment = {"PLAINVIEW_HOME": str(settings.home), "PLAINVIEW_SHUTDOWN_GRACE_SECONDS": "30"}
    with service(environment, tmp_path) as running:
        api = running.start("serve")
        with client_of(running, key, httpx.HTTPTransport()) as client:
            files = {"image": (SAMPLES / "portrait.jpg").read_bytes(), "audio": (SAMPLES / "speech.wav").read_bytes()}
            sent = client.post("/generate", files=files | {"prompt": (None, b"slow=60")}).json()  # type: ignore[dict-item]
            with client.stream("GET", f"/events/{sent['job_id']}") as stream:
                lines = stream.iter_lines()
                assert until(lambda: next(lines) or None) == "retry: 2000"
                assert until(lambda: next(lines) or None) == "event: status"
                began = time.monotonic()
                api.process.send_signal(signal.SIGTERM)
                rest = list(lines)
                assert api.process.wait(15) == 0
        assert "event: end" not in rest
        assert time.monotonic() - began < 12
