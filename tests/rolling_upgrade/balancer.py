"""What stands in front of the nodes: callers are sent to those that say that they are ready."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

import httpx

from tests.app.cluster import Node

_SECONDS_BETWEEN: Final = 0.2
_TIMEOUT: Final = 5.0
#: A busy machine may take a moment; a version that cannot work with the database never gets over it.
_MAY_BE_OUT_SECONDS: Final = 8.0


class Balancer:
    """Keeps `urls` to those of the nodes that are ready.

    Attributes:
        urls: where to send the next call.
        away: names of the nodes that somebody replaces now.
        wrong: one sentence for each node that was out for long though nobody had touched it.
    """

    def __init__(self, nodes: Sequence[Node]) -> None:
        self.urls = [node.url for node in nodes]
        self.away: set[str] = set()
        self.wrong: list[str] = []
        self._nodes = nodes
        self._out_since: dict[str, float] = {}

    async def look(self, client: httpx.AsyncClient) -> None:
        """Ask every node once."""
        ready = await asyncio.gather(*(self._is_ready(client, node) for node in self._nodes))
        self.urls[:] = [node.url for node, is_ready in zip(self._nodes, ready, strict=True) if is_ready] or self.urls

    async def _is_ready(self, client: httpx.AsyncClient, node: Node) -> bool:
        try:
            answer = await client.get(f"{node.url}/health/ready")
        except httpx.TransportError as error:
            said, is_ready = type(error).__name__, False
        else:
            said, is_ready = _out_of_order(answer), answer.status_code == httpx.codes.OK
        if is_ready or node.name in self.away:
            self._out_since.pop(node.name, None)
        elif time.monotonic() - self._out_since.setdefault(node.name, time.monotonic()) > _MAY_BE_OUT_SECONDS:
            self.wrong.append(f"{node.name} was not ready for {_MAY_BE_OUT_SECONDS:g} s, untouched: {said}")
            self._out_since.pop(node.name)
        return is_ready


def _out_of_order(answer: httpx.Response) -> str:
    parts = answer.json().get("components", {})
    return ", ".join(f"{name}: {part['message']}" for name, part in parts.items() if part["status"] == "unhealthy")


@asynccontextmanager
async def balancing(nodes: Sequence[Node]) -> AsyncIterator[Balancer]:
    """Ask the nodes again and again while the block lasts."""
    balancer = Balancer(nodes)
    stop = asyncio.Event()

    async def keep_looking() -> None:
        async with httpx.AsyncClient(timeout=_TIMEOUT) as client:
            while not stop.is_set():
                await balancer.look(client)
                await _first(stop)

    task = asyncio.create_task(keep_looking())
    try:
        yield balancer
    finally:
        stop.set()
        await task


async def _first(stop: asyncio.Event) -> None:
    try:
        await asyncio.wait_for(stop.wait(), _SECONDS_BETWEEN)
    except TimeoutError:
        return
