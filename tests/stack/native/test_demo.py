"""The demo's traffic against a real server that counts who asks for what."""

import asyncio
import contextlib
import http.server
import json
import stat
import threading

import httpx
import pytest

from stack.native.demo import Demo


class Service(http.server.BaseHTTPRequestHandler):
    """A service of one administrator's key, which makes keys and knows the last one it made."""

    asked: list
    made: list

    def do_GET(self):
        self.answer(json.dumps({"jobs": []}))

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path == "/keys":
            self.made.append(f"pv_{len(self.made)}")
            self.answer(json.dumps({"key": self.made[-1]}), key="admin")
        else:
            self.answer(json.dumps({"job_id": "1"}))

    def answer(self, body, key=None):
        wanted = key or (self.made[-1] if self.made else None)
        right = self.headers.get("Authorization") == f"Bearer {wanted}"
        self.asked.append((self.path, right))
        self.send_response(200 if right else 401)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_):
        pass


@pytest.fixture
def service():
    kind = type("Counting", (Service,), {"asked": [], "made": []})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), kind)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    kind.url = f"http://127.0.0.1:{server.server_port}"
    yield kind
    server.shutdown()
    thread.join()
    server.server_close()


@contextlib.asynccontextmanager
async def traffic(service, folder):
    (folder / "admin").write_text("admin")
    async with httpx.AsyncClient(base_url=service.url, trust_env=False) as http:
        running = asyncio.ensure_future(Demo(http, folder / "admin", folder / "own").run())
        try:
            yield
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


async def test_first_request_makes_the_one_key_and_none_is_unauthorized(service, tmp_path, until):
    async with traffic(service, tmp_path):
        await until(lambda: len(service.asked) >= 5)
    assert service.asked[0] == ("/keys", True)
    assert all(right for _, right in service.asked)
    assert service.made == ["pv_0"]
    assert stat.S_IMODE((tmp_path / "own").stat().st_mode) == 0o600


async def test_key_that_was_revoked_is_replaced_once(service, tmp_path, until):
    (tmp_path / "own").write_text("pv_revoked")
    async with traffic(service, tmp_path):
        await until(lambda: sum(right for _, right in service.asked) >= 5)
    assert service.made == ["pv_0"]
