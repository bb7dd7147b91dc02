"""JSON log lines, one shape for ours, uvicorn's, SQLAlchemy's and DBOS's.

Fields: timestamp (RFC 3339, UTC), level, event, logger, service, request_id, trace_id, span_id, customer, then the
event's own. Secrets are cut out of every line; tracebacks carry no local variables.
"""

from telemetry.logs import _structlog as _structlog
from telemetry.logs._logger import get_logger
from telemetry.logs._setup import Logs, opened

__all__ = ["Logs", "get_logger", "opened"]
