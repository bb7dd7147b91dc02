"""A service of one process; run by test_two_processes.py. With a URL as argument it asks that one, else it is the last."""

import sys
from datetime import timedelta

import httpx
from fastapi import FastAPI

from telemetry import TelemetrySettings, instrument, start
from telemetry.serving import bind, serve


def main(name: str, next_url: str | None) -> None:
    app = FastAPI()

    @app.get("/ask")
    async def ask() -> list[str]:
        if next_url is None:
            return [name]
        async with httpx.AsyncClient() as client:
            return [name, *(await client.get(f"{next_url}/ask")).json()]

    with start(TelemetrySettings.read(service_name=name)) as telemetry, bind("127.0.0.1", 0, "PORT") as listener:
        instrument(app, telemetry)
        print(listener.getsockname()[1], flush=True)  # noqa: T201 - the test reads it
        serve(app, listener, grace=timedelta(seconds=2))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None)
