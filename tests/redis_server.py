"""A real Redis of one test run, or of one test that ends it and starts it again."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis

from tests.app.processes import free_port, until
from tests.parts import missing


def binary() -> str:
    """Return the server's program.

    On Debian `redis-server` is a link, in a package that also starts a service, to a program in `redis-tools`.
    """
    found = shutil.which("redis-server") or shutil.which("redis-check-rdb")
    return found or missing("Redis is not installed: apt-get install redis-tools")


class RedisServer:
    """A server without persistence on a port that stays its own, so that it can go away and come back.

    With `everywhere` it answers whoever reaches this host: for networks of a test's own only.
    """

    def __init__(self, folder: Path, *, password: str = "", everywhere: bool = False) -> None:
        self.port = free_port()
        self.url = self.url_at("127.0.0.1", self.port)
        self.process: subprocess.Popen[bytes] | None = None
        self._password = password
        listens = ["--bind", "*", "--protected-mode", "no"] if everywhere else ["--bind", "127.0.0.1"]
        self._options = [*listens, "--save", "", "--appendonly", "no", "--dir", str(folder)]

    @staticmethod
    def url_at(host: str, port: int) -> str:
        """Return the address of the server for those who reach it so."""
        return f"redis://{host}:{port}"

    def start(self) -> None:
        """Start the server and wait until it answers."""
        options = [*self._options, *(["--requirepass", self._password] if self._password else [])]
        command = ["redis-server", "--port", str(self.port), *options]
        self.process = subprocess.Popen(command, executable=binary(), stdout=subprocess.DEVNULL)
        with self.client() as client:
            until(lambda: _answers(client))

    def client(self) -> redis.Redis:
        """Return a client of the server's own."""
        return redis.Redis(port=self.port, password=self._password or None)

    def kill(self) -> None:
        """End the server at once, as fate does."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(10)
            self.process = None


@contextmanager
def redis_server(folder: Path, *, password: str = "", everywhere: bool = False) -> Iterator[RedisServer]:
    """Give a server that answers; it ends with the block."""
    server = RedisServer(folder, password=password, everywhere=everywhere)
    try:
        server.start()
        yield server
    finally:
        server.kill()


def _answers(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except redis.ConnectionError:
        return False
