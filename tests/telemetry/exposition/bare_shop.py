"""A small app of somebody who knows nothing of telemetry: `bare_shop:app`."""

import os

from fastapi import FastAPI
from prometheus_client import Counter, Gauge

ORDERS = Counter("shop_orders", "Orders taken; registered with the client's default registry.")
SHELF = Gauge("shop_shelf_items", "Items on the shelf, as this process sees it.")
PEAK = Gauge("shop_peak_orders", "Most orders that a process has taken.", multiprocess_mode="max")


app = FastAPI()
SHELF.set(7)


@app.get("/orders/{number}")
async def order(number: int) -> int:
    ORDERS.inc()
    PEAK.inc()
    return number


@app.get("/pid")
async def pid() -> int:
    return os.getpid()
