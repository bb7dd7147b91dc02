"""A real HTTP server that keeps each JSON body: what a drill's webhook arrives at."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


@asynccontextmanager
async def receive_webhooks(host: str, arrived: Callable[[dict[str, Any]], None]) -> AsyncIterator[int]:
    """Listen on a free port of `host` and hand each JSON body to `arrived`; the port is what the block gets."""

    async def take(request: Request) -> Response:
        arrived(json.loads(await request.body()))
        return Response(status_code=204)

    app = Starlette(routes=[Route("/{path:path}", take, methods=["POST"])])
    server = _Quiet(uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=1))
    with socket.create_server((host, 0)) as listener:
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            await serving


class _Quiet(uvicorn.Server):
    """A server inside another program: signals are that program's business."""

    def capture_signals(self) -> AbstractContextManager[None]:  # type: ignore[override]
        return nullcontext()
