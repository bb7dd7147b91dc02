"""`budgets` as people type it, against the service itself."""

import json
import threading
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import uvicorn
from prometheus_client import CollectorRegistry
from sqlalchemy import update
from typer.testing import CliRunner, Result

from app.application import create_app
from app.budgets.rows import every
from app.database.engine import Database, open_database
from app.database.migrate import migrate
from app.database.tables import budget, ledger
from app.jobs import rows
from app.jobs.rows import NewJob
from app.keys.store import create_key
from app.ledger.entry import BookedPrice, Entry, Held
from app.ledger.rows import write
from app.settings import Settings
from stack.cli import compose
from stack.cli.application import application
from telemetry import TelemetrySettings, start
from telemetry.gpu import Device
from telemetry.serving import bind

NANO = 1_000_000_000
#: Spent today, in cents; None where the cost is not known.
SPENT = {"small": 10, "acme": 75, "over": 120, "blind": None}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Variables of a service where some has been spent."""
    settings = Settings(home=tmp_path_factory.mktemp("budgets"))
    migrate(settings)
    key = create_key(settings, "boss", role="admin")[1].text
    with open_database(settings.database) as database:
        for customer, cents in SPENT.items():
            moment = datetime.now(UTC)
            nanousd = None if cents is None else cents * NANO // 100
            held = Held(uuid.uuid4().hex, 1, customer, "generate", "tiny")
            entry = Entry(uuid.uuid4().hex, "job", held, moment, moment, 90 * NANO, nanousd)
            database.write(write, "w1", Device("gpu", "NVIDIA X"), BookedPrice(1, "test"), [entry])
        waits = NewJob("0" * 32, "acme", "k", "standard", "hello", None, None, quoted_cost_nanousd=NANO // 10)
        database.write(rows.add, waits)
    with (
        start(TelemetrySettings(gpu="off", log_level="ERROR"), registry=CollectorRegistry()) as telemetry,
        bind("127.0.0.1", 0, "PORT") as listener,
    ):
        server = uvicorn.Server(uvicorn.Config(create_app(settings, telemetry), log_config=None, lifespan="on"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield {
            "PLAINVIEW_SERVICE_URL": f"http://127.0.0.1:{listener.getsockname()[1]}",
            "PLAINVIEW_API_KEY": key,
            "PLAINVIEW_HOME": str(settings.home),
            "COLUMNS": "120",
        }
        server.should_exit = True
        thread.join()


@pytest.fixture
def database(service: dict[str, str]) -> Iterator[Database]:
    with open_database(Settings(home=Path(service["PLAINVIEW_HOME"])).database) as database:
        yield database
        database.write(lambda connection: connection.execute(budget.delete()))


@pytest.fixture
def budgets(service: dict[str, str], database: Database, monkeypatch: pytest.MonkeyPatch):
    """Return a function that runs `budgets` with these words and returns its result; what was set goes afterwards."""
    monkeypatch.setattr(compose, "running", lambda: False)
    for name, value in service.items():
        monkeypatch.setenv(name, value)

    def run(*words: str) -> Result:
        return CliRunner().invoke(application, ["budgets", *words])

    return run


def line(text: str, *words: str) -> str:
    return next(line for line in text.splitlines() if all(word in line for word in words))


def test_budgets_are_shown_with_bars_in_proportion_those_used_most_first(budgets) -> None:
    budgets("set", "day", "--hard", "1", "--each-customer")
    budgets("set", "day", "--hard", "2", "--customer", "over")
    shown = budgets().stdout
    acme, over, small = (line(shown, name) for name in ("acme", "over", "small"))
    assert (acme.count("█"), acme.count("░"), acme.count("·")) == (15, 2, 3)
    assert all(text in acme for text in ("(default)", "$1.00", "$0.75", "$0.10", "$0.15", "75%"))
    assert "(default)" not in over
    assert [shown.index(each) for each in (acme, over, small)] == sorted(
        shown.index(each) for each in (acme, over, small)
    )
    assert "$10.00" in line(shown, "the service")
    assert len(max(shown.splitlines(), key=len)) < 120


def test_budget_that_is_spent_fills_its_bar_and_no_more(budgets) -> None:
    budgets("set", "day", "--hard", "1", "--customer", "over")
    over = line(budgets("list", "--customer", "over").stdout, "over")
    assert (over.count("█"), over.count("·"), "120%" in over, "$0.00" in over) == (20, 0, True, True)


def test_unknown_cost_is_shown_as_unknown_and_that_nothing_is_accepted(budgets) -> None:
    budgets("set", "day", "--hard", "1", "--customer", "blind")
    shown = budgets("list", "--customer", "blind").stdout
    assert "unknown" in line(shown, "blind", "day")
    assert "What 1 min 30 s of blind this day cost is not known. No job is accepted." in shown


def test_past_is_priced_and_the_gate_opens(budgets, database: Database) -> None:
    budgets("set", "day", "--hard", "1", "--customer", "blind")
    done = budgets("price", "NVIDIA X", "0.001")
    assert "1 min 30 s of NVIDIA X cost $0.09" in done.stderr
    assert "$0.09" in line(budgets("list", "--customer", "blind").stdout, "blind")
    assert "No second of NVIDIA X is without a price" in budgets("price", "NVIDIA X", "0.001").stderr
    forget = update(ledger).where(ledger.c.customer == "blind").values(cost_nanousd=None)
    database.write(lambda connection: connection.execute(forget))


def test_setting_and_removing_say_what_counts_now_and_before(budgets) -> None:
    assert "jobs are refused beyond $2.00." in budgets("set", "day", "--hard", "2", "--customer", "acme").stderr
    changed = budgets("set", "day", "--soft", "1.5", "--hard", "3", "--customer", "acme").stderr.replace("\n", " ")
    assert "alerts tell of $1.50, jobs are refused beyond $3.00 (before: jobs are refused beyond $2.00)." in changed
    budgets("set", "day", "--hard", "7", "--each-customer")
    removed = budgets("remove", "day", "--customer", "acme").stderr.replace("\n", " ")
    assert "The default counts now: jobs are refused beyond $7.00." in removed
    again = budgets("remove", "day", "--customer", "acme")
    assert (again.exit_code, "No such budget was set" in again.stderr) == (1, True)


def test_unlimited_frees_from_the_setting(budgets) -> None:
    assert "unlimited" in budgets("set", "day", "--unlimited").stderr
    found = json.loads(budgets("list", "--json").stdout)["budgets"]
    (service,) = (row for row in found if row["scope"] == "service")
    assert (service["soft_usd"], service["hard_usd"], service["left_usd"]) == (None, None, None)


def test_day_that_ends_is_said(budgets) -> None:
    tomorrow = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    minutes = int((tomorrow - datetime.now(UTC)).total_seconds()) // 60
    shown = budgets().stdout.splitlines()[0]
    assert any(f"{left // 60} h {left % 60} min" in shown for left in (minutes, minutes - 1)) or minutes < 61


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["set", "day"], "give --soft, --hard or both"),
        (["set", "day", "--hard", "1", "--unlimited"], "or --unlimited"),
        (["set", "day", "--hard", "much"], "--hard 'much' is no amount in USD"),
        (["set", "day", "--hard", "-1"], "--hard '-1' is no amount"),
        (["set", "day", "--hard", "NaN"], "--hard 'NaN' is no amount"),
        (["set", "day", "--soft", "5", "--hard", "2"], "--soft 5 is more than --hard 2"),
        (["set", "week", "--hard", "2"], "'week' is not one of 'day', 'month'"),
        (["set", "day", "--hard", "2", "--customer", "a/b"], "--customer 'a/b' should be 1 to 100 letters"),
        (["set", "day", "--hard", "2", "--customer", "a", "--each-customer"], "exclude each other"),
        (["list", "--mine", "--customer", "a"], "exclude each other"),
    ],
)
def test_mistakes_are_named_and_change_nothing(budgets, database: Database, words: list[str], said: str) -> None:
    done = budgets(*words)
    assert (done.exit_code, done.stdout) == (2, "")
    assert said in " ".join(done.stderr.split())
    assert database.read(every) == []


def test_service_that_is_away_is_said(budgets, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAINVIEW_SERVICE_URL", "http://127.0.0.1:1")
    done = budgets()
    assert (done.exit_code, "does not answer" in done.stderr) == (1, True)
