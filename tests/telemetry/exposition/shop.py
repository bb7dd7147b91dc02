"""A small app of somebody's, for real servers: `shop:app`."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from prometheus_client import Counter, Gauge

from telemetry import Metric, TelemetrySettings, counted, instrument
from telemetry.gpu import open_gpus

ORDERS = Counter("shop_orders", "Orders taken; registered with the client's default registry.")
SHELF = Gauge("shop_shelf_items", "Items on the shelf, as this process sees it.")
TAKEN = Metric("shop_taken_total", "counter", "Orders taken; of the app's own catalog.", labels=("outcome",))
SERVING = Metric("shop_serving", "gauge", "Processes that serve.", processes="sum")
PEAK = Gauge("shop_peak_orders", "Most orders that a process has taken.", multiprocess_mode="max")


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    with open_gpus(TelemetrySettings.read(), telemetry):
        SHELF.set(7)
        with counted(SERVING):
            yield


app = FastAPI(lifespan=lifespan)
telemetry = instrument(app)


@app.get("/orders/{number}")
@counted(TAKEN)
async def order(number: int) -> int:
    ORDERS.inc()
    PEAK.inc()
    return number


@app.get("/pid")
async def pid() -> int:
    return os.getpid()
