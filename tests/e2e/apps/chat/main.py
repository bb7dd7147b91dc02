"""Somebody's chat: sub-apps, WebSockets, middleware of its own, metrics of its own behind a /metrics of its own."""

import logging.config
import time

from fastapi import FastAPI, Request, WebSocket, WebSocketDisconnect
from fastapi.responses import PlainTextResponse
from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

logging.config.dictConfig(
    {
        "version": 1,
        "formatters": {"plain": {"format": "%(levelname)s %(message)s"}},
        "handlers": {"out": {"class": "logging.StreamHandler", "formatter": "plain"}},
        "root": {"level": "WARNING", "handlers": ["out"]},
    }
)
log = logging.getLogger("chat")

MESSAGES = Counter("chat_messages_total", "Messages said.", ["room"])
OWN = CollectorRegistry()
ROOMS = Gauge("chat_rooms", "Rooms that somebody has been in.", registry=OWN)

app = FastAPI(title="Chat")
seen: set[str] = set()


@app.middleware("http")
async def timing(request: Request, call_next):
    began = time.perf_counter()
    answer = await call_next(request)
    answer.headers["x-took"] = f"{time.perf_counter() - began:.6f}"
    return answer


@app.get("/metrics")
def metrics():
    return PlainTextResponse(generate_latest(OWN), headers={"x-of": "the app"})


@app.get("/rooms/{room}")
def room(room: str):
    log.warning("looked into %s", room)
    return {"room": room}


@app.get("/boom")
def boom():
    raise RuntimeError("the chat is broken")


@app.websocket("/rooms/{room}/ws")
async def talk(socket: WebSocket, room: str):
    await socket.accept()
    seen.add(room)
    ROOMS.set(len(seen))
    try:
        while True:
            await socket.send_text((await socket.receive_text()).upper())
            MESSAGES.labels(room).inc()
    except WebSocketDisconnect:
        pass


admin = FastAPI()


@admin.get("/users/{user}")
def user(user: int):
    return {"user": user}


async def legacy(_request):
    return JSONResponse({"legacy": True})


app.mount("/admin", admin)
app.mount("/legacy", Starlette(routes=[Route("/ping/{name}", legacy)]))
