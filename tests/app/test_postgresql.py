"""The service on a real PostgreSQL: the same tables, the same jobs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from alembic.script import ScriptDirectory
from prometheus_client import CollectorRegistry
from sqlalchemy import Connection, create_engine, inspect, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ProgrammingError

from app.application import create_app
from app.budgets import spending
from app.database import schema
from app.database.engine import Database, open_async_database, open_database
from app.database.migrate import FOLDER, migrate
from app.database.tables import job
from app.jobs import claims, rows
from app.jobs.acceptance import accept
from app.jobs.claim import Claim, Ending, Spent
from app.jobs.exit_status import EXIT_STATUS, Reason
from app.jobs.job import RunOutcome, State
from app.jobs.queue import open_queue, queue_engine
from app.jobs.rows import NewJob
from app.keys.changes import NoSuchKey
from app.keys.store import create_key, list_keys, revoke_key
from app.ledger import day
from app.ledger.calendar import Span
from app.ledger.energy import Tariff
from app.ledger.entry import BookedPrice, Entry, Held
from app.ledger.past_prices import Priced, price_past
from app.ledger.rows import Energy, energy_of, totals, write
from app.ledger.timeline import NANO
from app.pagination import Place
from app.settings import Settings
from telemetry import Telemetry, TelemetrySettings, start
from telemetry.gpu import Device
from tests.app.admission.test_admit import RULES, TERMS, flood_at_once, order, unchecked
from tests.app.conftest import TINY, bearer, client_of
from tests.app.customer import Customer, Form, finished, outcomes
from tests.app.database.test_migrations import differences, run_before_the_ledger
from tests.app.ledger.test_book import ALWAYS, Clocks, book_of, paid
from tests.app.ledger.test_book import run as ledger_run
from tests.app.postgresql import postgres_server
from tests.app.processes import service
from tests.app.test_memory import HUNGRY, ROOMY, fill_up

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with postgres_server() as server:
        yield server.url


@pytest.fixture
def empty(server: str, tmp_path: Path) -> Settings:
    """Settings of a service whose database is empty."""
    engine = create_engine(make_url(server).set(database="postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("DROP DATABASE IF EXISTS plainview WITH (FORCE)"))
        connection.execute(text("CREATE DATABASE plainview"))
    engine.dispose()
    return Settings(home=tmp_path, generator=TINY, database_url=server, allowed_hosts=("test",), rate_limits="off")


def test_ledger_is_written_whole_and_summed(empty: Settings) -> None:
    migrate(empty)
    clocks = Clocks()
    book = book_of(clocks)
    with open_database(empty.database) as database:
        book.begin(held := ledger_run(), "job")
        for _ in range(3):
            clocks.passes(600)
            database.write(write, "w1", book.device, book.price, book.changed())
        book.end(held, "failed")
        database.write(write, "w1", book.device, book.price, book.changed())
        assert paid(database) == {"failed": (1800 * NANO, 342_000_000)}
        (total,) = database.read(totals, *ALWAYS, ["customer"], customer="acme")
        assert (total.group, total.jobs, total.unpriced_nanoseconds) == (("acme",), 1, 0)


def test_runs_before_the_ledger_are_in_it(empty: Settings) -> None:
    migrate(empty, "0002")
    with open_database(empty.database) as database:
        database.write(run_before_the_ledger)
        migrate(empty)
        assert paid(database) == {"retry": (2_500_000_000, 475_000)}


def test_migrations_go_forward_and_back(empty: Settings) -> None:
    for script in reversed(list(ScriptDirectory(str(FOLDER)).walk_revisions())):
        migrate(empty, script.revision)
    with open_database(empty.database) as database:
        assert database.read(differences) == []
        migrate(empty, "base")
        assert database.read(lambda connection: inspect(connection).get_table_names()) == ["alembic_version"]
        migrate(empty)
        database.read(schema.check_schema)


def test_migration_that_waits_for_the_service_does_not_make_others_wait(empty: Settings) -> None:
    """Whoever asks a table for which somebody waits, to change it, waits behind him; two such waits are a deadlock."""
    migrate(empty, "0002")
    with open_database(empty.database) as database, ThreadPoolExecutor(1) as pool:
        with database.engine.begin() as busy:
            busy.execute(text("LOCK TABLE job, run, worker, api_key IN ACCESS SHARE MODE"))
            migrating = pool.submit(migrate, empty)
            for _ in range(10):
                with database.engine.begin() as other:
                    other.execute(text("SET LOCAL lock_timeout = '5s'"))
                    other.execute(text("SELECT count(*) FROM job, run, worker, api_key"))
                    time.sleep(0.1)
            assert not migrating.done()
        migrating.result(60)
        assert database.read(schema.current_revision) == schema.REVISION


def test_many_nodes_may_migrate_at_once(empty: Settings) -> None:
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda _: migrate(empty), range(6)))
    with open_database(empty.database) as database:
        database.read(schema.check_schema)


def test_keys_come_back_as_they_were_made(empty: Settings) -> None:
    migrate(empty)
    key, _ = create_key(empty, "acme")
    assert list_keys(empty) == [key]


def test_ended_delivery_is_started_again_once_however_many_nodes_see_it(empty: Settings) -> None:
    migrate(empty)
    with open_queue(empty) as queue, ThreadPoolExecutor(4) as pool:
        for number in range(5):
            job_id = f"{number:032x}"
            queue.enqueue(job_id, 1)
            queue.cancel(job_id)
            assert sum(pool.map(queue.restart, [job_id] * 4, [1] * 4)) == 1
            assert queue.states([job_id]) == {job_id: "ENQUEUED"}


def test_job_is_cancelled_once_however_many_ask(empty: Settings) -> None:
    migrate(empty)
    new = rows.NewJob("0" * 32, "acme", "k", "standard", "hello", None, None)
    with open_database(empty.database) as database, ThreadPoolExecutor(4) as pool:
        database.write(rows.add, new)
        changed = [changed for _, changed in pool.map(lambda _: database.write(rows.cancel, new.id), range(4))]
    assert sum(changed) == 1


def test_key_that_no_text_can_name_is_not_found(empty: Settings) -> None:
    migrate(empty)
    with pytest.raises(NoSuchKey):
        revoke_key(empty, "\x00", by="me")


def test_ids_are_asked_for_in_chunks(empty: Settings) -> None:
    migrate(empty)
    with open_database(empty.database) as database:
        assert database.read(rows.with_files, [f"{number:032x}" for number in range(70_000)]) == set()


def test_jobs_of_one_moment_are_on_one_page_each(empty: Settings) -> None:
    migrate(empty)
    ids = {f"{number:032x}" for number in range(7)}
    moment = datetime(2026, 1, 1, 0, 0, 0, 123456, tzinfo=UTC)
    with open_database(empty.database) as database:
        for name in ids:
            database.write(rows.add, NewJob(name, "acme", "key", "standard", "hello", None, None))
        database.write(lambda connection: connection.execute(job.update().values(created_at=moment)))
        seen: list[str] = []
        cursor: str | None = None
        while True:
            page = database.read(rows.newest, "acme", state=None, before=None, after=cursor, limit=3)
            seen += [each.id for each in page[:3]]
            if len(page) <= 3:
                break
            cursor = Place(page[2].created_at, page[2].id).cursor()
    assert (len(seen), set(seen)) == (7, ids)


async def test_transaction_of_a_process_that_stands_still_ends(empty: Settings) -> None:
    """Or the jobs that it has locked could not be taken over; and a node that is gone keeps no connection."""

    def lets_go(connection: Connection) -> list[str]:
        names = ("idle_in_transaction_session_timeout", "tcp_user_timeout", "tcp_keepalives_idle")
        return [str(connection.scalar(text(f"SHOW {name}"))) for name in names]

    async with open_async_database(empty.database) as waiting:
        assert await waiting.read(lets_go) == ["20s", "20000", "10"]
    with open_database(empty.database) as database, queue_engine(empty) as queue, queue.connect() as connection:
        assert database.read(lets_go) == lets_go(connection) == ["20s", "20000", "10"]


def test_queue_is_bounded_exactly_however_many_submits_come_at_once(empty: Settings) -> None:
    migrate(empty)
    with open_database(empty.database, pool_size=8) as database:
        assert flood_at_once(database, 40) == RULES.max_jobs
        assert order(database) == ["acme"] * RULES.max_jobs


@pytest.mark.slow
def test_job_of_a_killed_worker_finishes_once(empty: Settings, tmp_path: Path, form: Form, wav: bytes) -> None:
    migrate(empty)
    environment = {
        "PLAINVIEW_HOME": str(tmp_path),
        "PLAINVIEW_DATABASE_URL": str(empty.database_url),
        "PLAINVIEW_GENERATOR": TINY,
        "PLAINVIEW_GPU": "off",
    }
    with service(environment, tmp_path) as running, open_database(empty.database) as database:
        running.start("serve")
        worker = running.start("worker")
        customer = Customer(running.url, create_key(empty, "acme")[1].text, form)
        job_id = customer.submit("stuck-once slow=1.5")
        customer.wait(job_id, lambda status: status["progress"] > 0.3)
        worker.kill()
        running.start("worker")
        assert customer.wait(job_id, finished)["status"] == "succeeded"
        assert outcomes(database) == ["lost", "succeeded"]
        assert customer.result(job_id) == wav
        customer.close()


def test_statements_commits_and_connections_are_measured(empty: Settings) -> None:
    registry = CollectorRegistry()
    migrate(empty)
    with (
        start(TelemetrySettings(gpu="off"), registry=registry) as telemetry,
        open_database(empty.database, telemetry=telemetry) as database,
    ):
        database.read(schema.check_schema)
        with pytest.raises(ProgrammingError):
            database.write(lambda connection: connection.execute(text("SELECT * FROM nowhere")))

        def value(name: str, **labels: str) -> float | None:
            return registry.get_sample_value(name, labels)

        def operations(name: str, error: str = "") -> float | None:
            labels = {"db_system_name": "postgresql", "db_operation_name": name, "error_type": error}
            return value("db_client_operation_duration_seconds_count", **labels)

        pool = {"db_client_connection_pool_name": "service"}
        assert operations("SELECT")
        assert operations("SELECT", "UndefinedTable") == 1
        assert operations("COMMIT")
        assert value("db_client_connections", db_client_connection_state="idle", **pool) == 1
        assert value("db_client_connections", db_client_connection_state="used", **pool) == 0
    assert value("db_client_connections", db_client_connection_state="idle", **pool) is None


@pytest.mark.slow
def test_job_that_ran_out_of_memory_succeeds_on_the_worker_that_takes_over(
    empty: Settings, tmp_path: Path, form: Form
) -> None:
    migrate(empty)
    environment = {
        "PLAINVIEW_HOME": str(tmp_path),
        "PLAINVIEW_DATABASE_URL": str(empty.database_url),
        "PLAINVIEW_GENERATOR": HUNGRY,
        "PLAINVIEW_GPU": "off",
        **ROOMY,
    }
    with service(environment, tmp_path) as running, open_database(empty.database) as database:
        running.start("serve")
        worker = running.start("worker")
        customer = Customer(running.url, create_key(empty, "acme")[1].text, form)
        job_id = fill_up(customer)
        assert worker.process.wait(20) == EXIT_STATUS[Reason.OUT_OF_MEMORY]
        running.start("worker")
        status = customer.wait(job_id, finished)
        assert (status["status"], status["attempts"]) == ("succeeded", 2)
        assert outcomes(database).count("out_of_memory") == 1
        customer.close()


@pytest.mark.slow
async def test_fifty_identical_submits_are_one_generation_and_fifty_repetitions_one_job(
    empty: Settings, telemetry: Telemetry, form: Form
) -> None:
    migrate(empty)
    settings = empty.model_copy(update={"rate_limits": "off", "allowed_hosts": ("test",)})
    headers = bearer(create_key(settings, "acme")[1].text)
    async with client_of(create_app(settings, telemetry)) as client:
        same = [client.post("/generate", headers=headers, files=form) for _ in range(50)]
        shared = [answer.json()["status"] for answer in await asyncio.gather(*same)]
        named = headers | {"Idempotency-Key": "a", "Cache-Control": "no-cache"}
        repeated = [client.post("/generate", headers=named, files=form) for _ in range(50)]
        jobs = {answer.json()["job_id"] for answer in await asyncio.gather(*repeated)}
    assert sorted(shared) == ["joined"] * 49 + ["queued"]
    assert len(jobs) == 1


@pytest.mark.slow
def test_job_that_joins_while_the_other_ends_is_never_left_behind(empty: Settings) -> None:
    migrate(empty)
    terms = replace(TERMS, contents="contents", inputs="inputs", scope="customer")

    def join(database: Database, number: int) -> None:
        database.write(
            accept, NewJob(f"joined-{number}", "acme", "key", "standard", "hello", None, None), terms, unchecked
        )

    with open_database(empty.database, pool_size=12) as database, ThreadPoolExecutor(11) as pool:
        for round_ in range(20):
            database.write(lambda connection: connection.execute(job.delete()))
            database.write(accept, NewJob("leader", "acme", "key", "standard", "hello", None, None), terms, unchecked)
            mine = database.write(claims.claim, "leader", "w1", device="cpu", model="tiny-1")
            assert isinstance(mine, Claim)
            spent = Spent(0.0, 0, "job")
            ending = Ending(RunOutcome.SUCCEEDED, State.SUCCEEDED, spent, result_name="leader-1.mp4")
            joining = [pool.submit(join, database, number) for number in range(5 + round_ % 3)]
            ended = pool.submit(database.write, claims.end, mine, ending)
            for future in (*joining, ended):
                future.result()
            assert database.read(states) == {"succeeded"}


def states(connection: Connection) -> set[str]:
    return set(connection.scalars(select(job.c.state)))


def test_day_is_claimed_by_one_of_many_nodes_and_summed(empty: Settings) -> None:
    migrate(empty)
    zone = ZoneInfo("America/Havana")
    ended = day.last_day(datetime(2026, 11, 2, 12, tzinfo=UTC), zone)  # of 25 hours and two midnights
    held = Held("job", 1, "acme", "generate", "tiny-1")
    at = ended.start + timedelta(minutes=30)
    entry = Entry("row", "job", held, at, at, 3 * NANO, 570_000, 10.5, "power")
    with open_database(empty.database) as database:
        database.write(write, "w1", Device("gpu", "NVIDIA L4", "GPU-1"), BookedPrice(190_000, "test"), [entry])
        with ThreadPoolExecutor(6) as pool:
            claimed = list(pool.map(lambda _: database.write(day.claim, ended, zone, at), range(6)))
        assert sorted(claimed) == [False] * 5 + [True]
        told = database.read(day.summary, ended, zone, Tariff(Decimal("0.36")), 10**9)
        assert (told["date"], told["cost_usd"], told["device_seconds"]) == ("2026-11-01", 0.00057, 3)
        assert (told["joules"], told["joules_estimated"], told["energy_cost_usd"]) == (10.5, 10.5, 0.000001)
        assert database.read(energy_of, "job") == Energy(10.5, 10.5)


def test_first_second_of_each_customer_is_found(empty: Settings) -> None:
    migrate(empty)
    began = datetime(2026, 11, 1, tzinfo=UTC)
    booked = {"old": began - timedelta(days=9), "new": began + timedelta(days=3, seconds=1)}
    with open_database(empty.database) as database:
        for customer, at in [*booked.items(), *((name, began + timedelta(days=5)) for name in booked)]:
            held = Held(f"job of {customer}", 1, customer, "generate", "tiny-1")
            entry = Entry(f"{customer} {at}", "job", held, at, at, NANO, NANO)
            database.write(write, "w1", Device("gpu", "NVIDIA L4"), BookedPrice(NANO, "test"), [entry])
        month = Span(began, began + timedelta(days=30))
        assert database.read(spending.first_by_customer, month) == booked
        assert {name: database.read(spending.first, name) for name in (None, *booked)} == booked | {None: booked["old"]}


def test_past_is_priced_for_seconds_runs_and_jobs(empty: Settings) -> None:
    migrate(empty)
    at = datetime(2026, 11, 22, tzinfo=UTC)
    with open_database(empty.database) as database:
        for name in ("ended", "goes on"):
            database.write(rows.add, NewJob(name, "acme", "key", "standard", "hello", None, None))
            mine = database.write(claims.claim, name, "w1", device="gpu", model="tiny-1")
            assert isinstance(mine, Claim)
            held = Held(name, 1, "acme", "generate", "tiny-1")
            database.write(claims.touch, mine, stage=None, progress=0.5, spent=Spent(3.0, None, "job"))
            entries = [Entry(f"{name} {number}", "job", held, at, at, NANO, None) for number in range(3)]
            database.write(write, "w1", Device("gpu", "NVIDIA L4"), BookedPrice(None, "not known"), entries)
            if name == "ended":
                ending = Ending(RunOutcome.SUCCEEDED, State.SUCCEEDED, Spent(3.0, None, "job"), result_name="x.mp4")
                database.write(claims.end, mine, ending)
        priced = database.write(price_past, "NVIDIA L4", 190_000, "later")
        assert priced == Priced(6, 6 * NANO, 6 * 190_000)
        costs = {each.id: each.cost_usd for each in database.read(rows.some, ["ended", "goes on"])}
        assert costs == {"ended": Decimal("0.00057"), "goes on": None}
