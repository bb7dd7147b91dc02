"""A headless Chromium driven through the DevTools protocol: what the browser tests need, and no more."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import tempfile
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from websockets.sync.client import ClientConnection, connect

QUIET = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--remote-debugging-port=0",
)
WAIT_FOR = """
new Promise((resolve, reject) => {{
  const found = () => {{ try {{ return {expression}; }} catch {{ return null; }} }};
  const settle = () => {{ const value = found(); if (value) {{ stop(); resolve(value === true ? true : String(value)); }} }};
  const observer = new MutationObserver(settle);
  const timer = setTimeout(() => {{ stop(); reject(new Error("never came true")); }}, {milliseconds});
  const stop = () => {{ observer.disconnect(); clearTimeout(timer); }};
  observer.observe(document, {{ subtree: true, childList: true, attributes: true, characterData: true }});
  settle();
}})
"""


class PageError(AssertionError):
    """Something in the page is not as expected."""


class Page:
    """One tab. `complaints` collects console errors, uncaught exceptions and policy violations."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._last = 0
        self._events: deque[dict[str, Any]] = deque()
        self.complaints: list[str] = []
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Send one command and return its result; events that come meanwhile are kept."""
        self._last += 1
        self._socket.send(json.dumps({"id": self._last, "method": method, "params": params}))
        while True:
            message = json.loads(self._socket.recv(timeout=60))
            if message.get("id") == self._last:
                if "error" in message:
                    raise PageError(f"{method}: {message['error']['message']}")
                result: dict[str, Any] = message["result"]
                return result
            self._note(message)

    def open(self, url: str) -> None:
        """Go to an address and wait until the document is loaded."""
        self._events.clear()
        result = self.call("Page.navigate", url=url)
        if result.get("errorText"):
            raise PageError(f"{url}: {result['errorText']}")
        self._await_event("Page.loadEventFired")

    def run(self, expression: str) -> Any:
        """Return the value of a JavaScript expression; a promise is awaited."""
        result = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in result:
            details = result["exceptionDetails"]
            raise PageError(
                f"{expression.strip()[:300]}: {details.get('exception', details).get('description', details)}"
            )
        return result["result"].get("value")

    def wait(self, expression: str, seconds: float = 20) -> Any:
        """Return the value of an expression as soon as it is truthy; it is tried at each change of the document."""
        try:
            return self.run(WAIT_FOR.format(expression=expression, milliseconds=int(seconds * 1000)))
        except PageError as error:
            text = self.run("document.body.innerText.slice(0, 1500)")
            raise PageError(f"{error}\nThe page says:\n{text}\nComplaints: {self.complaints}") from None

    def size(self, width: int, height: int) -> None:
        """Give the page a viewport."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def prefer(self, scheme: str) -> None:
        """Let the system prefer the `light` or the `dark` colour scheme."""
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def screenshot(self, path: Path) -> None:
        """Write what is in the viewport as PNG."""
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))

    def _await_event(self, method: str) -> None:
        while not any(event["method"] == method for event in self._events):
            self._note(json.loads(self._socket.recv(timeout=60)))

    def _note(self, message: dict[str, Any]) -> None:
        if "method" not in message:
            return
        self._events.append(message)
        params = message["params"]
        match message["method"]:
            case "Runtime.exceptionThrown":
                self.complaints.append(str(params["exceptionDetails"].get("exception", {}).get("description")))
            case "Runtime.consoleAPICalled" if params["type"] in {"error", "assert"}:
                self.complaints.append(
                    " ".join(str(arg.get("value", arg.get("description"))) for arg in params["args"])
                )
            case "Log.entryAdded" if params["entry"]["level"] == "error":
                self.complaints.append(f"{params['entry']['text']} {params['entry'].get('url', '')}")


@contextmanager
def browser(program: str) -> Iterator[Page]:
    """Yield a page of a fresh browser without any state."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = subprocess.Popen(
            [program, *QUIET, f"--user-data-dir={profile}", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            with connect(_address(Path(profile), process), max_size=None) as socket:
                yield Page(socket)
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(10)
            process.kill()
            process.wait()


def find() -> str | None:
    """Return Chromium's program, None where there is none."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


def _address(profile: Path, process: subprocess.Popen[bytes]) -> str:
    # Chromium writes the port it chose into this file; nothing announces that.
    file = profile / "DevToolsActivePort"
    deadline = time.monotonic() + 30
    while not (file.exists() and file.read_text().count("\n") > 0):
        if process.poll() is not None or time.monotonic() > deadline:
            raise PageError(f"{process.args[0]} did not start: exit status {process.returncode}")
        time.sleep(0.05)
    port = file.read_text().split("\n", 1)[0]
    with urlopen(f"http://127.0.0.1:{port}/json/list", timeout=10) as answer:
        targets = json.load(answer)
    address: str = next(target["webSocketDebuggerUrl"] for target in targets if target["type"] == "page")
    return address
