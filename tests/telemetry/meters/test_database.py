"""Engines of a stranger's app: what they do, wait for and hold, on SQLite; PostgreSQL in tests/app."""

import gc
import threading

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

from telemetry.meters import watch_engine
from telemetry.meters._statements import operation_name

OPERATIONS = "db_client_operation_duration_seconds_count"
POOL = {"db_client_connection_pool_name": "shop"}


@pytest.fixture
def engine(tmp_path, telemetry):
    engine = sa.create_engine(f"sqlite:///{tmp_path}/shop.db", pool_size=1, max_overflow=1, pool_timeout=0.05)
    yield engine
    engine.dispose()


@pytest.fixture
def operations(value):
    def count(operation, error_type=""):
        return value(OPERATIONS, db_system_name="sqlite", db_operation_name=operation, error_type=error_type)

    return count


@pytest.fixture
def connections(value):
    return lambda state: value("db_client_connections", **POOL, db_client_connection_state=state)


def test_statements_and_commits_are_timed_by_what_they_do(engine, operations):
    watch_engine(engine, "shop")
    with engine.begin() as connection:
        connection.execute(sa.text("create table item (id integer)"))
        connection.execute(sa.text("-- all of them\n  insert into item values (1)"))
        connection.execute(sa.text("select * from item"))
    assert [operations(name) for name in ("CREATE", "INSERT", "SELECT", "COMMIT")] == [1, 1, 1, 1]


def test_a_statement_that_fails_has_its_error(engine, operations):
    watch_engine(engine, "shop")
    with engine.connect() as connection, pytest.raises(sa.exc.OperationalError):
        connection.execute(sa.text("select * from nowhere"))
    assert operations("SELECT", "OperationalError") == 1
    assert operations("SELECT") is None


def test_a_commit_that_fails_has_its_error(engine, operations):
    watch_engine(engine, "shop")
    with engine.begin() as connection:
        connection.execute(sa.text("create table parent (id integer primary key)"))
        connection.execute(sa.text("create table child (id integer references parent deferrable initially deferred)"))
    with engine.connect() as connection:
        connection.exec_driver_sql("pragma foreign_keys=on")
        connection.execute(sa.text("insert into child values (7)"))
        with pytest.raises(sa.exc.IntegrityError):
            connection.commit()
    assert operations("COMMIT", "IntegrityError") == 1


def test_the_pool_shows_what_is_used_waited_for_and_timed_out(engine, value, connections):
    watch_engine(engine, "shop")
    assert value("db_client_connection_max", **POOL) == 2
    assert (connections("used"), connections("idle")) == (0, 0)
    with engine.connect(), engine.connect():
        assert (connections("used"), connections("idle")) == (2, 0)
        with pytest.raises(sa.exc.TimeoutError):
            engine.connect()
    assert (connections("used"), connections("idle")) == (0, 1)
    assert value("db_client_connection_timeouts_total", **POOL) == 1
    assert value("db_client_connection_wait_time_seconds_count", **POOL) == 3
    assert value("db_client_connection_wait_time_seconds_sum", **POOL) >= 0.05
    assert value("db_client_connection_use_time_seconds_count", **POOL) == 2
    assert value("db_client_connection_pending_requests", **POOL) == 0


def test_who_waits_for_a_connection_is_shown_as_pending(tmp_path, telemetry, value):
    engine = sa.create_engine(f"sqlite:///{tmp_path}/shop.db", pool_size=1, max_overflow=0, pool_timeout=30)
    watch_engine(engine, "shop")
    got = threading.Event()

    def wait():
        with engine.connect():
            got.set()

    with engine.connect():
        waiter = threading.Thread(target=wait)
        waiter.start()
        while value("db_client_connection_pending_requests", **POOL) != 1:
            pass
        assert not got.is_set()
    waiter.join()
    assert value("db_client_connection_pending_requests", **POOL) == 0
    engine.dispose()


async def test_an_asynchronous_engine_is_measured_alike(tmp_path, telemetry, operations, connections):
    engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path}/shop.db")
    watch_engine(engine, "shop")
    async with engine.begin() as connection:
        await connection.execute(sa.text("with one as (select 1) select * from one"))
        assert connections("used") == 1
    assert (operations("WITH"), operations("COMMIT")) == (1, 1)
    await engine.dispose()


def test_copies_and_the_pool_after_a_dispose_are_measured_too(engine, operations, value):
    watch_engine(engine, "shop")
    copy = engine.execution_options(logging_token="copy")
    engine.dispose()
    with copy.connect() as connection:
        connection.execute(sa.text("select 1"))
    assert operations("SELECT") == 1
    assert value("db_client_connection_wait_time_seconds_count", **POOL) == 1


def test_a_closed_meter_measures_no_more_and_shows_no_pool(engine, operations, connections):
    meter = watch_engine(engine, "shop")
    meter.close()
    meter.close()
    with engine.begin() as connection:
        connection.execute(sa.text("select 1"))
    assert operations("SELECT") is None
    assert operations("COMMIT") is None
    assert connections("used") is None


def test_an_engine_that_is_gone_leaves_no_gauge_behind(tmp_path, telemetry, connections):
    engine = sa.create_engine(f"sqlite:///{tmp_path}/shop.db")
    watch_engine(engine, "shop")
    assert connections("used") == 0
    engine.dispose()
    del engine
    gc.collect()
    assert connections("used") is None


def test_a_pool_without_bounds_has_no_gauges(telemetry, operations, connections, value):
    engine = sa.create_engine("sqlite://")
    watch_engine(engine, "shop")
    with engine.connect() as connection:
        connection.execute(sa.text("select 1"))
    assert operations("SELECT") == 1
    assert connections("used") is None
    assert value("db_client_connection_max", **POOL) is None


def test_a_fault_of_ours_does_not_reach_the_query(engine, telemetry, registry, monkeypatch, lines):
    watch_engine(engine, "shop")
    with monkeypatch.context() as broken:
        broken.setattr("telemetry.meters._database.exemplar", lambda: 1 / 0)
        with engine.begin() as connection:
            assert connection.scalar(sa.text("select 1")) == 1
    assert registry.get_sample_value("telemetry_internal_errors_total", {"part": "database"}) == 4


@pytest.mark.parametrize(
    ("statement", "name"),
    [
        ("select 1", "SELECT"),
        ("  /* app: shop */ -- and\n UPDATE x", "UPDATE"),
        ("((select 1))", "SELECT"),
        ("", "_OTHER"),
        ("frobnicate the table", "_OTHER"),
        ("/* never closed select", "_OTHER"),
        ("/*" * 5000, "_OTHER"),
    ],
)
def test_the_name_of_an_operation_is_one_of_few(statement, name):
    assert operation_name(statement) == name


def test_an_engine_that_goes_late_takes_nothing_from_the_next_of_its_name(tmp_path, telemetry, connections):
    first, second = (sa.create_engine(f"sqlite:///{tmp_path}/{name}.db") for name in ("first", "second"))
    watch_engine(first, "shop")
    watch_engine(second, "shop")
    first.dispose()
    del first
    gc.collect()
    with second.connect():
        assert connections("used") == 1
    second.dispose()
