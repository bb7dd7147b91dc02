"""A trace store in one file: OTLP/HTTP in, SQLite, Jaeger's query API out.

It stands in for Jaeger where there is no container to run: the same ports, the same API, so that the console
and Grafana cannot tell. Made for one host: some ten thousand spans a second in, a bounded file, no set-up.
"""

from stack.native.tracestore.limits import Limits
from stack.native.tracestore.otlp_routes import otlp_app
from stack.native.tracestore.query_app import query_app
from stack.native.tracestore.store import TraceStore, open_store

__all__ = ["Limits", "TraceStore", "open_store", "otlp_app", "query_app"]
