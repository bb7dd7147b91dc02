"""A service that has everything which makes spans and figures; run by test_conventions.py.

The argument is the folder for its database; it prints its port.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import timedelta

import httpx
from fastapi import FastAPI, WebSocket
from fastapi.responses import StreamingResponse
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from telemetry import TelemetrySettings, gpu_work, instrument, start
from telemetry.serving import bind, serve


def service(folder: str) -> FastAPI:
    app = FastAPI()
    engine = create_async_engine(f"sqlite+aiosqlite:///{folder}/shop.db")

    @app.get("/items/{item}")
    async def item(item: int) -> int:
        async with engine.connect() as connection:
            await connection.execute(text("select 1"))
        with gpu_work("look", customer="acme", model="m"):
            return item

    @app.post("/asks")
    async def asks(port: int) -> int:
        async with httpx.AsyncClient() as client:
            return (await client.get(f"http://127.0.0.1:{port}/nowhere")).status_code

    @app.get("/fails")
    async def fails() -> None:
        raise ValueError("on purpose")

    @app.get("/streams")
    async def streams() -> StreamingResponse:
        def parts() -> Iterator[bytes]:
            yield b"some"
            yield b"more"

        return StreamingResponse(parts())

    @app.websocket("/talk/{room}")
    async def talk(socket: WebSocket, room: str) -> None:
        await socket.accept()
        await socket.send_text(await socket.receive_text() + room)

    return app


def main(folder: str) -> None:
    with start(TelemetrySettings.read(service_name="shop")) as telemetry, bind("127.0.0.1", 0, "PORT") as listener:
        app = service(folder)
        instrument(app, telemetry)
        print(listener.getsockname()[1], flush=True)  # noqa: T201 - the test reads it
        serve(app, listener, grace=timedelta(seconds=2), websockets=True)


if __name__ == "__main__":
    main(sys.argv[1])
