"""A process that answers on as many ports as its first argument says; run by test_serving.py."""

import sys
from datetime import timedelta

from fastapi import FastAPI

from telemetry import TelemetrySettings, instrument, start
from telemetry.serving import bind, serve_all


def main(count: int) -> None:
    with start(TelemetrySettings.read(service_name="served")) as telemetry:
        served = []
        for _ in range(count):
            app = FastAPI()
            instrument(app, telemetry)

            @app.get("/hello")
            async def hello() -> str:
                return "hello"

            served.append((app, bind("127.0.0.1", 0, "PORT")))
        print(*(listener.getsockname()[1] for _, listener in served), flush=True)  # noqa: T201 - the test reads it
        serve_all(served, grace=timedelta(seconds=2))
    print("flushed", flush=True)  # noqa: T201


if __name__ == "__main__":
    main(int(sys.argv[1]))
