"""A real server that speaks S3, of one test run: moto's, which keeps everything in memory."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
import pytest

from tests.app.processes import free_port, until

BUCKET = "videos"


@dataclass(frozen=True)
class S3Server:
    url: str
    process: subprocess.Popen[bytes]

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(10)


def command() -> list[str] | None:
    """Return how the server is started, None where it is not installed."""
    if importlib.util.find_spec("moto") is not None:
        return [sys.executable, "-m", "moto.server"]
    found = shutil.which("moto_server")
    return None if found is None else [found]


@contextmanager
def s3_server() -> Iterator[S3Server]:
    """Run a server with an empty bucket."""
    program = command()
    if program is None:
        if os.environ.get("CI") == "true":
            pytest.fail("moto is not installed: pip install 'moto[server]'")
        pytest.skip("moto is not installed: pip install 'moto[server]'")
    port = free_port()
    server = S3Server(
        f"http://127.0.0.1:{port}",
        subprocess.Popen(
            [*program, "-H", "127.0.0.1", "-p", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
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
