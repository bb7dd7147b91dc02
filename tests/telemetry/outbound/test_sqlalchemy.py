"""Statements of sync and async engines, on real databases."""

import subprocess
import sys

import pytest
from sqlalchemy import column, create_engine, insert, table, text
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.ext.asyncio import create_async_engine

from telemetry import TelemetrySettings, start
from tests.app.postgresql import postgres_server

SECRET = "a-value-nobody-should-see"
THINGS = table("things", column("id"), column("name"))


def own(spans):
    return [span for span in spans.all() if span.name != "work"]


@pytest.fixture(scope="session")
def postgresql_url():
    with postgres_server() as server:
        yield server.url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.integration)])
def url(request, tmp_path):
    """Give the address of an empty database without a driver."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'shop.db'}"
    return request.getfixturevalue("postgresql_url")


@pytest.fixture
def engine(url):
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE IF EXISTS things"))
        connection.execute(text("CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT)"))
    yield engine
    engine.dispose()


def test_statements_are_spans_also_of_an_engine_that_was_there_before(engine, telemetry, spans):
    with telemetry.tracer.start_as_current_span("work") as work, engine.begin() as connection:
        connection.execute(insert(THINGS), [{"id": 1, "name": SECRET}, {"id": 2, "name": SECRET}])
        connection.execute(text(f"SELECT * FROM things WHERE name = '{SECRET}' AND id > 17")).all()  # noqa: S608
    first, second = own(spans)
    assert (first.name, second.name) == ("INSERT things", "SELECT things")
    assert first.parent.span_id == work.get_span_context().span_id
    assert first.kind.name == "CLIENT"
    assert second.attributes["db.query.text"] == "SELECT * FROM things WHERE name = ? AND id > ?"
    assert second.attributes["db.system.name"] == engine.dialect.name
    assert second.attributes["db.collection.name"] == "things"
    assert second.attributes["db.operation.name"] == "SELECT"
    assert second.attributes["db.namespace"] == ("shop.db" if engine.dialect.name == "sqlite" else "plainview")
    assert second.attributes.get("server.address") == engine.url.host
    assert all(SECRET not in span.to_json() for span in spans.all())


async def test_async_engines_too(url, engine, telemetry, spans):
    driver = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+psycopg"}
    their = create_async_engine(engine.url.set(drivername=driver[engine.dialect.name]))
    try:
        with telemetry.tracer.start_as_current_span("work") as work:
            async with their.connect() as connection:
                await connection.execute(text("SELECT name FROM things"))
    finally:
        await their.dispose()
    (span,) = own(spans)
    assert (span.name, span.parent.span_id) == ("SELECT things", work.get_span_context().span_id)


def test_what_fails_says_what_and_not_with_which_values(engine, telemetry, spans):
    with engine.begin() as connection:
        connection.execute(insert(THINGS), {"id": 1, "name": SECRET})
    with (
        telemetry.tracer.start_as_current_span("work"),
        pytest.raises(IntegrityError),
        engine.begin() as connection,
    ):
        connection.execute(insert(THINGS), {"id": 1, "name": SECRET})
    (span,) = own(spans)
    assert span.status.status_code.name == "ERROR"
    assert span.attributes["db.response.status_code"] in ("23505", "SQLITE_CONSTRAINT_PRIMARYKEY")
    assert SECRET not in span.to_json()


def test_what_is_polled_outside_a_trace_makes_no_trace(engine, telemetry, spans):
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))
    assert spans.all() == []


@pytest.mark.parametrize(("worth", "shown"), [(60_000_000_000, []), (-1, ["SAVEPOINT", "RELEASE"])])
def test_what_only_begins_and_ends_a_transaction_is_shown_where_it_waited(
    engine, telemetry, spans, monkeypatch, worth, shown
):
    monkeypatch.setattr("telemetry.outbound._sqlalchemy._WORTH_A_SPAN", worth)
    with telemetry.tracer.start_as_current_span("work"), engine.begin() as connection, connection.begin_nested():
        pass
    assert [span.name for span in own(spans)] == shown


def test_nothing_is_left_when_telemetry_ends(engine, spans):
    with start(TelemetrySettings(), span_processor=spans.processor) as telemetry:
        work = telemetry.tracer.start_as_current_span("work")
        work.__enter__()
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))
    work.__exit__(None, None, None)
    assert own(spans) == []


def test_an_error_of_ours_does_not_become_the_statements(engine, telemetry, spans, monkeypatch):
    def broken(*_):
        raise KeyError("ours")

    monkeypatch.setattr("telemetry.outbound._sqlalchemy.query", broken)
    with telemetry.tracer.start_as_current_span("work"), engine.connect() as connection:
        assert connection.execute(text("SELECT 1")).scalar() == 1
    labels = {"part": "outbound"}
    assert telemetry.registry.get_sample_value("telemetry_internal_errors_total", labels) == 1


def test_a_server_that_is_not_there_is_the_apps_own_error(telemetry):
    engine = create_engine("postgresql+psycopg://nobody@127.0.0.1:1/nothing")
    with telemetry.tracer.start_as_current_span("work"), pytest.raises(OperationalError):
        engine.connect()


@pytest.mark.slow
def test_a_library_that_is_imported_later_is_instrumented_then():
    """In a process of its own: this one has imported everything."""
    code = """if True:
        import sys
        from telemetry import start, TelemetrySettings
        from opentelemetry.sdk.trace.export import SimpleSpanProcessor
        from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
        spans = InMemorySpanExporter()
        with start(TelemetrySettings(), span_processor=SimpleSpanProcessor(spans)) as telemetry:
            assert "sqlalchemy" not in sys.modules and "redis" not in sys.modules and "requests" not in sys.modules
            import sqlalchemy, redis, requests
            with telemetry.tracer.start_as_current_span("work"):
                with sqlalchemy.create_engine("sqlite://").connect() as connection:
                    connection.execute(sqlalchemy.text("SELECT 1"))
                for call in (redis.Redis(port=1).ping, lambda: requests.get("http://127.0.0.1:1", timeout=1)):
                    try:
                        call()
                    except (redis.ConnectionError, requests.ConnectionError):
                        pass
        print(*(span.name for span in spans.get_finished_spans()))
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "SELECT PING GET work"
