"""The tables. Money is kept in whole billionths of a dollar: sums are exact on both databases."""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    true,
)

from app.database.times import Moment

metadata: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

api_key: Final = Table(
    "api_key",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("prefix", String(16), nullable=False, unique=True),
    Column("hash", String(64), nullable=False),
    Column("customer", String(100), nullable=False),
    Column("role", String(16), nullable=False),
    Column("tier", String(16), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("last_used_at", Moment),
    Column("expires_at", Moment),
    Column("revoked_at", Moment),
    Column("name", String(100), nullable=False, server_default=""),
    Column("scopes", String(255)),
    Column("rate_limit", String(64)),
    Column("origin", String(16), nullable=False, server_default="created"),
    Column("revoked_by", String(64)),
    Column("revoked_reason", String(200)),
    Column("replaced_by", String(32)),
    Column("lineage", String(32)),
    Index(None, "hash", unique=True),
)

job: Final = Table(
    "job",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("operation", String(32), nullable=False),
    Column("state", String(16), nullable=False),
    Column("customer", String(100), nullable=False),
    Column("key_id", String(32)),
    Column("tier", String(16), nullable=False),
    Column("prompt", Text, nullable=False),
    Column("stage", String(32)),
    Column("progress", Float, nullable=False, default=0.0),
    Column("attempts", Integer, nullable=False, default=0),
    Column("worker_id", String(100)),
    Column("traceparent", String(64)),
    Column("request_id", String(128)),
    Column("created_at", Moment, nullable=False),
    Column("queued_at", Moment, nullable=False),
    Column("enqueued_at", Moment),
    Column("started_at", Moment),
    Column("finished_at", Moment),
    Column("cancel_requested_at", Moment),
    Column("queue_seconds", Float),
    Column("gpu_seconds", Float, nullable=False, default=0.0),
    Column("cost_nanousd", BigInteger, nullable=False, default=0),
    Column("cost_known", Boolean, nullable=False, default=True, server_default=true()),
    Column("device", String(16)),
    Column("model", String(100)),
    Column("error_code", String(64)),
    Column("error_message", Text),
    Column("result_name", String(64)),
    Column("result_bytes", BigInteger),
    Column("output_seconds", Float),
    Column("audio_seconds", Float),
    Column("quoted_gpu_seconds", Float),
    Column("quoted_cost_nanousd", BigInteger),
    Column("quoted_end_at", Moment),
    Column("result_removed_at", Moment),
    Column("result_missing_at", Moment),
    Column("notes", JSON),
    Column("input_digest", String(64)),
    Column("shared_from", String(32)),
    Column("turn", BigInteger),
    Column("turn_end", BigInteger),
    Index(None, "turn"),
    Index(None, "turn_end"),
    Index(None, "state", "queued_at"),
    Index(None, "customer", "created_at"),
    Index(None, "created_at"),
    Index(None, "finished_at"),
    Index(None, "input_digest"),
    Index(None, "shared_from"),
    Index(None, "result_name"),
)

# Submits that named themselves, and what they were answered.
idempotency: Final = Table(
    "idempotency",
    metadata,
    Column("customer", String(100), primary_key=True),
    Column("key", String(200), primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("job_id", String(32), nullable=False),
    Column("answer", JSON, nullable=False),
    Column("created_at", Moment, nullable=False),
    Index(None, "created_at"),
)

# One row per time a worker ran a job: what each run cost is counted once, also when the worker died in it.
run: Final = Table(
    "run",
    metadata,
    Column("job_id", String(32), ForeignKey("job.id", ondelete="CASCADE"), primary_key=True),
    Column("attempt", Integer, primary_key=True),
    Column("worker_id", String(100), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("outcome", String(16)),
    Column("device", String(16), nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("touched_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("gpu_seconds", Float, nullable=False, default=0.0),
    Column("cost_nanousd", BigInteger, nullable=False, default=0),
    Column("cost_known", Boolean, nullable=False, default=True, server_default=true()),
    Index(None, "started_at"),
)

worker: Final = Table(
    "worker",
    metadata,
    Column("id", String(100), primary_key=True),
    Column("state", String(16), nullable=False),
    Column("pid", Integer, nullable=False),
    Column("device", String(16), nullable=False),
    Column("device_name", String(100), nullable=False),
    Column("model", String(100), nullable=False),
    Column("version", String(32), nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("heartbeat_at", Moment, nullable=False),
)

# Every second that a device was held; no foreign key, as the ledger outlives the jobs. Cost is null where no price is
# known. `quarter` numbers the quarter hours since 1970: sums by it fold into hours, days and months of any time zone.
ledger: Final = Table(
    "ledger",
    metadata,
    Column("id", String(48), primary_key=True),
    Column("worker_id", String(100), nullable=False),
    Column("device", String(16), nullable=False),
    Column("device_name", String(100), nullable=False),
    Column("gpu_uuid", String(100)),
    Column("kind", String(16), nullable=False),
    Column("job_id", String(32)),
    Column("attempt", Integer),
    Column("customer", String(100)),
    Column("operation", String(32)),
    Column("model", String(100)),
    Column("quarter", Integer, nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("ended_at", Moment, nullable=False),
    Column("nanoseconds", BigInteger, nullable=False),
    Column("cost_nanousd", BigInteger),
    Column("price_nanousd", BigInteger),
    Column("price_source", String(100), nullable=False),
    Column("joules", Float),
    Column("joules_source", String(16)),
    Column("key_id", String(32)),
    Column("tier", String(16)),
    Index(None, "quarter"),
    Index(None, "customer", "quarter"),
    Index(None, "job_id"),
)

# A day of a time zone whose summary was written to the log, by whichever node came first.
day_summary: Final = Table(
    "day_summary",
    metadata,
    Column("day", String(10), primary_key=True),
    Column("time_zone", String(64), primary_key=True),
    Column("written_at", Moment, nullable=False),
)

# What a calendar day or month may cost; `customer` is empty unless the scope is `customer`, as a key has no nulls.
budget: Final = Table(
    "budget",
    metadata,
    Column("scope", String(16), primary_key=True),
    Column("customer", String(100), primary_key=True),
    Column("period", String(8), primary_key=True),
    Column("soft_nanousd", BigInteger),
    Column("hard_nanousd", BigInteger),
    Column("changed_at", Moment, nullable=False),
    Column("changed_by", String(200), nullable=False),
)

# What a health check writes and deletes: empty but for the moment in between.
probe: Final = Table(
    "probe",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("written_at", Moment, nullable=False),
)
