"""Between the signal and the end: requests are still answered, and told to go elsewhere."""

from __future__ import annotations

import signal
import threading
import time
from datetime import timedelta

import httpx
import pytest
from fastapi import FastAPI

from telemetry.serving import bind, serve


@pytest.mark.parametrize("impatient", [False, True], ids=["one signal", "two signals"])
def test_requests_are_answered_until_the_drain_is_over(impatient):
    told, seen = threading.Event(), []
    app = FastAPI()

    @app.get("/")
    async def root() -> bool:
        return told.is_set()

    def client(url: str) -> None:
        with httpx.Client(base_url=url) as kept:
            seen.append((kept.get("/").json(), False))
            signal.raise_signal(signal.SIGTERM)
            while told.wait() and len(seen) < 1000 and not seen[-1][1]:
                answer = kept.get("/")
                seen.append((answer.json(), answer.headers.get("connection") == "close"))
            if impatient:
                signal.raise_signal(signal.SIGTERM)

    with bind("127.0.0.1", 0, "PORT") as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        thread = threading.Thread(target=client, args=(url,))
        thread.start()
        began = time.monotonic()
        drain = timedelta(seconds=30 if impatient else 0.5)
        serve(app, listener, grace=timedelta(seconds=5), drain=drain, told_to_stop=told.set)
        took = time.monotonic() - began
    thread.join()
    assert seen[0] == (False, False)
    assert seen[-1] == (True, True)
    assert took >= 0.5 if not impatient else took < 10
