"""A real server that speaks S3, of one test run: moto's, which keeps everything in memory."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx

from tests.app.processes import free_port, until
from tests.parts import missing

BUCKET = "videos"


@dataclass(frozen=True)
class S3Server:
    url: str
    process: subprocess.Popen[bytes]

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(10)


@contextmanager
def s3_server() -> Iterator[S3Server]:
    """Run a server with an empty bucket."""
    program = shutil.which("moto_server")
    if program is None:
        missing("moto_server is not on PATH: python -m venv FOLDER && FOLDER/bin/pip install -r requirements/s3.txt")
    port = free_port()
    server = S3Server(
        f"http://127.0.0.1:{port}",
        subprocess.Popen(
            [program, "-H", "127.0.0.1", "-p", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ),
    )
    try:
        until(lambda: made_bucket(server.url))
        yield server
    finally:
        server.kill()


def made_bucket(url: str) -> bool:
    try:
        return httpx.put(f"{url}/{BUCKET}").is_success
    except httpx.TransportError:
        return False
