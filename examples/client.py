"""A client of the talking-portrait API in plain httpx, to be copied and changed.

    PLAINVIEW_API_KEY=pv_... python examples/client.py portrait.jpg speech.wav "A calm greeting" -o talking.mp4

It needs httpx (`pip install httpx`). It sends a job once however often it has to try, listens until the job has ended, and
fetches the video, going on where a download broke off. docs/API.md says why it does what it does.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import httpx

#: Worth another try: too many requests, and what passes by itself.
_LATER: Final = frozenset({408, 429, 502, 503, 504, 507})
_MOST_TRIES: Final = 6
_LONGEST_PAUSE: Final = 30.0
_ENDED: Final = frozenset({"succeeded", "failed", "cancelled"})
#: Events come at least every 15 seconds; silence for longer means that the connection is gone.
_SILENCE: Final = 40.0


class ApiError(Exception):
    """An answer that says no.

    Attributes:
        status: HTTP status.
        code: stable name of the kind of error.
        problem: the whole answer; `request_id` and `trace_id` help whoever is asked for help.
    """

    def __init__(self, answer: httpx.Response) -> None:
        is_problem = answer.headers.get("content-type", "").startswith("application/problem+json")
        self.problem: dict[str, Any] = answer.json() if is_problem else {"detail": answer.text[:200]}
        self.status = answer.status_code
        self.code = str(self.problem.get("code", "unknown"))
        super().__init__(f"{self.status} {self.code}: {self.problem.get('detail')}")


class Portraits:
    """Submits jobs, waits for them, fetches their videos."""

    def __init__(self, client: httpx.Client, sleep: Callable[[float], None] = time.sleep) -> None:
        self._client = client
        self._sleep = sleep

    def submit(self, image: Path, audio: Path, prompt: str) -> str:
        """Send a job and return its id; sent again after a lost answer, it is still one job."""
        name = {"Idempotency-Key": str(uuid.uuid4())}
        files = {"image": image.read_bytes(), "audio": audio.read_bytes(), "prompt": (None, prompt.encode())}
        with self._asked("POST", "/generate", headers=name, files=files) as answer:
            return str(answer.json()["job_id"])

    def wait(self, job_id: str) -> dict[str, Any]:
        """Return how the job ended; comes back to the stream, from where it was, as often as that breaks."""
        last: dict[str, Any] = {}
        known: dict[str, str] = {}
        while True:
            with suppress(httpx.TransportError):
                for version, status in self._events(job_id, known):
                    known, last = {"Last-Event-ID": version}, status
            if last.get("status") in _ENDED:
                return last
            self._sleep(1)

    def poll(self, job_id: str, pause: float = 2.0) -> dict[str, Any]:
        """Return how the job ended, where no stream gets through: asks again and again, which costs little by its ETag."""
        known: dict[str, str] = {}
        while True:
            with self._asked("GET", f"/status/{job_id}", headers=known) as answer:
                if answer.status_code == httpx.codes.OK:
                    status: dict[str, Any] = answer.json()
                    if status["status"] in _ENDED:
                        return status
                    known = {"If-None-Match": answer.headers["etag"]}
            self._sleep(pause)

    def download(self, job_id: str, target: Path) -> None:
        """Fetch the video into `target`, which is there when it is whole."""
        part = target.with_name(f".{target.name}.part")
        part.unlink(missing_ok=True)
        etag = ""
        for _ in range(_MOST_TRIES):
            have = part.stat().st_size if part.exists() else 0
            rest = {"Range": f"bytes={have}-", "If-Range": etag} if have else {}
            try:
                with self._asked("GET", f"/result/{job_id}", headers=rest, whole=False) as answer:
                    etag = answer.headers["etag"]
                    goes_on = answer.status_code == httpx.codes.PARTIAL_CONTENT
                    with part.open("ab" if goes_on else "wb") as stream:
                        for chunk in answer.iter_bytes():
                            stream.write(chunk)
            except httpx.TransportError:
                continue
            part.replace(target)
            return
        raise TimeoutError(f"the download broke off {_MOST_TRIES} times")

    def _events(self, job_id: str, known: dict[str, str]) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield each version of the job with its id, until the stream ends."""
        fields: dict[str, str] = {}
        wanted = {"Accept": "text/event-stream", **known}
        with self._asked("GET", f"/events/{job_id}", headers=wanted, whole=False, timeout=_SILENCE) as answer:
            for line in answer.iter_lines():
                name, _, value = line.partition(": ")
                fields[name] = value
                if line:
                    continue
                if fields.get("event") == "status":
                    yield fields["id"], json.loads(fields["data"])
                fields = {}

    @contextmanager
    def _asked(self, method: str, path: str, *, whole: bool = True, **request: Any) -> Iterator[httpx.Response]:
        """Give the answer, its body read if `whole`; tries again what may pass. Everything here may be sent twice."""
        for attempt in range(1, _MOST_TRIES + 1):
            is_given = False
            try:
                with self._client.stream(method, path, **request) as answer:
                    if whole or answer.is_error:
                        answer.read()
                    if not answer.is_error:
                        is_given = True
                        yield answer
                        return
                    if answer.status_code not in _LATER or attempt == _MOST_TRIES:
                        raise ApiError(answer)
                    pause = _pause(attempt, answer)
            except httpx.TransportError:
                if is_given or attempt == _MOST_TRIES:
                    raise
                pause = _pause(attempt)
            self._sleep(pause)


def _pause(attempt: int, answer: httpx.Response | None = None) -> float:
    """Return what the service asks for, else twice as long each time, and never the same for two clients."""
    asked = "" if answer is None else answer.headers.get("retry-after", "")
    if asked.isdigit():
        return float(asked)
    return random.uniform(0.5, 1) * min(_LONGEST_PAUSE, 2.0 ** (attempt - 1))  # noqa: S311 - no secret


def main() -> int:
    """Make one video, or say in a line why not."""
    parser = argparse.ArgumentParser(description="Make a talking portrait.")
    parser.add_argument("image", type=Path)
    parser.add_argument("audio", type=Path)
    parser.add_argument("prompt")
    parser.add_argument("-o", "--output", type=Path, default=Path("talking.mp4"))
    given = parser.parse_args()
    url = os.environ.get("PLAINVIEW_URL", "http://127.0.0.1:8000")
    key = os.environ.get("PLAINVIEW_API_KEY") or parser.error("set PLAINVIEW_API_KEY to an API key, pv_...")
    try:
        return _make(given, url, key)
    except (ApiError, httpx.HTTPError, OSError) as error:
        sys.stderr.write(f"{url}: {error}\n" if isinstance(error, httpx.HTTPError) else f"{error}\n")
        return 1


def _make(given: argparse.Namespace, url: str, key: str) -> int:
    with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=30) as client:
        portraits = Portraits(client)
        job_id = portraits.submit(given.image, given.audio, given.prompt)
        ended = portraits.wait(job_id)
        if ended["status"] != "succeeded":
            sys.stderr.write(f"{job_id} {ended['status']}: {ended['error'] or ''}\n")
            return 1
        portraits.download(job_id, given.output)
    sys.stdout.write(
        f"{given.output}: {given.output.stat().st_size} bytes, {ended['gpu_seconds']:.1f} device seconds\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
