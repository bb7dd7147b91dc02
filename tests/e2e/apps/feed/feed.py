"""Somebody's feed: a lifespan with state, server-sent events, background tasks. It is instrumented with OpenTelemetry
already, and is a plain Starlette-style nested attribute: `feed:service.app`."""

import asyncio
from contextlib import asynccontextmanager

import structlog
from fastapi import BackgroundTasks, FastAPI, Request
from fastapi.responses import StreamingResponse
from opentelemetry import trace
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor

log = structlog.get_logger("feed")
tracer = trace.get_tracer("feed")


@asynccontextmanager
async def lifespan(_app):
    done = []
    yield {"done": done}


class Service:
    def __init__(self):
        self.app = FastAPI(lifespan=lifespan)
        self.app.get("/events")(self.events)
        self.app.post("/tasks/{number}")(self.task)
        self.app.get("/done")(self.done)
        FastAPIInstrumentor.instrument_app(self.app)

    async def events(self, count: int = 3):
        async def stream():
            for number in range(count):
                yield f"data: {number}\n\n"
                await asyncio.sleep(0.05)

        return StreamingResponse(stream(), media_type="text/event-stream")

    async def task(self, number: int, request: Request, later: BackgroundTasks):
        def work():
            with tracer.start_as_current_span("count up"):
                request.state.done.append(number)
                log.info("task.done", number=number)

        later.add_task(work)
        return {"accepted": number}

    async def done(self, request: Request):
        return request.state.done


service = Service()
