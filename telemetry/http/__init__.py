"""What `instrument(app)` adds to a FastAPI app: server spans, RED metrics, ids on every answer, access lines, /metrics."""

from telemetry.http._instrument import instrument

__all__ = ["instrument"]
