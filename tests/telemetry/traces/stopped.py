"""An app under uvicorn as its users start it: stopped by a signal, uvicorn ends the process by that signal."""

import sys

import uvicorn
from fastapi import FastAPI

from telemetry import instrument

app = FastAPI()
instrument(app)
app.get("/x")(lambda: 1)
uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning", access_log=False)
