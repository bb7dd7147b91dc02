"""`plainview usage` against a service that answers as ours does."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from stack.paths import PROJECT

pytestmark = pytest.mark.slow

ROW = {
    "start": "2026-11-21T00:00:00+01:00",
    "until": "2026-11-22T00:00:00+01:00",
    "gpu_seconds": 90.0,
    "cost_usd": 0.5,
    "unpriced_gpu_seconds": 0.0,
    "joules": None,
    "jobs": 3,
}


class Service:
    """Answers GET /usage with `rows` and `forecast`; `asked` holds the parameters of each question."""

    def __init__(self) -> None:
        self.rows: list[dict[str, object]] = []
        self.forecast: list[dict[str, object]] = []
        self.asked: list[dict[str, list[str]]] = []
        self.url = ""


@pytest.fixture
def service() -> Iterator[Service]:
    service = Service()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = urlsplit(self.path)
            if asked.path == "/usage":
                service.asked.append(parse_qs(asked.query))
            facts = {"since": ROW["start"], "until": ROW["until"], "time_zone": "Europe/Amsterdam"}
            body = json.dumps(facts | {"rows": service.rows, "forecast": service.forecast}).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        service.url = f"http://127.0.0.1:{listening.server_port}"
        thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield service
        listening.shutdown()
        thread.join()


def usage(service: Service, *arguments: str) -> subprocess.CompletedProcess[str]:
    own = {
        "PLAINVIEW_SERVICE_URL": service.url,
        "PLAINVIEW_API_KEY": "pv_test",
        "COLUMNS": "120",
        "TZ": "UTC",
    }
    return subprocess.run(
        [sys.executable, "-m", "stack.cli", "usage", *arguments],
        env=os.environ | own,
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_customers_are_shown_by_cost_with_bars_in_proportion(service: Service) -> None:
    service.rows = [ROW | {"customer": "small", "cost_usd": 0.25}, ROW | {"customer": "large", "cost_usd": 1.0}]
    shown = usage(service).stdout.splitlines()
    large, small, total = (next(line for line in shown if name in line) for name in ("large", "small", " all "))
    assert shown.index(large) < shown.index(small)
    assert (large.count("█"), small.count("█")) == (24, 6)
    assert "$1.25" in total
    assert "3 min 0 s" in total
    assert service.asked[0]["by"] == ["customer"]


def test_unknown_cost_is_shown_as_unknown_and_not_as_nothing(service: Service) -> None:
    unknown = {"cost_usd": 0.0, "unpriced_gpu_seconds": 90.0}
    service.rows = [ROW | {"customer": "a"} | unknown, ROW | {"customer": "b"}]
    text = usage(service).stdout
    row = next(line for line in text.splitlines() if line.strip().startswith("a "))
    assert "unknown" in row
    assert "$0.50 + ?" in text
    assert "The price of 1 min 30 s is not known" in text


def test_energy_has_columns_where_it_is_known(service: Service) -> None:
    known = {"joules": 7_200_000.0, "joules_estimated": 3600.0, "energy_cost_usd": 0.6, "co2_grams": 1500.0}
    unknown = {"joules": None, "joules_estimated": None, "energy_cost_usd": None, "co2_grams": None}
    service.rows = [ROW | {"customer": "known"} | known, ROW | {"customer": "unknown"} | unknown]
    shown = usage(service).stdout.splitlines()
    header, row, other, total = (
        next(line for line in shown if word in line) for word in ("energy", "known", "unknown", " all ")
    )
    assert header.split() == ["customer", "jobs", "time", "energy", "its", "cost", "CO2", "cost"]
    assert row.split()[1:10] == ["3", "1", "min", "30", "s", "2.00", "kWh", "$0.60", "1.50"]
    assert other.split()[6:9] == ["-", "-", "-"]
    assert "2.00 kWh" in total
    assert "beside the cost of devices, not in it" in "\n".join(shown)
    assert "1.00 Wh of the energy is estimated" in "\n".join(shown)


def test_energy_has_no_columns_where_none_is_known(service: Service) -> None:
    service.rows = [ROW | {"customer": "a"}]
    assert "energy" not in usage(service).stdout.lower()


def test_where_the_day_and_the_month_lead_is_said_where_it_is_known(service: Service) -> None:
    service.rows = [ROW | {"customer": "a"}]
    month = {"period": "month", "until": ROW["until"], "cost_usd": 1.0, "forecast_usd": 31.5}
    service.forecast = [{"period": "day", "until": ROW["until"], "cost_usd": 0.1, "forecast_usd": None}, month]
    assert "If it goes on like this, jobs will cost $31.50 this month." in usage(service).stdout
    service.forecast[0]["forecast_usd"] = 2.0
    assert "jobs will cost $2.00 today and $31.50 this month." in usage(service).stdout


def test_days_are_asked_for_whole_and_in_the_time_of_the_service(service: Service) -> None:
    service.rows = [ROW]
    shown = usage(service, "--per", "day", "--since", "2026-11-01", "--until", "2026-11-21")
    assert "Sat 2026-11-21" in shown.stdout
    (asked,) = service.asked
    assert (asked["since"], asked["until"]) == (["2026-11-01T00:00:00+01:00"], ["2026-11-22T00:00:00+01:00"])
    assert (asked["per"], asked["by"]) == (["day"], ["none"])


def test_nothing_used_is_said(service: Service) -> None:
    assert "No device was held in this time." in usage(service).stdout


def test_json_is_passed_on(service: Service) -> None:
    service.rows = [ROW]
    assert json.loads(usage(service, "--json").stdout)["rows"] == [ROW]


def test_json_and_csv_exclude_each_other(service: Service) -> None:
    done = usage(service, "--json", "--csv")
    assert (done.returncode, done.stderr) == (2, "plainview: --json and --csv exclude each other\n")


def test_csv_is_asked_for(service: Service) -> None:
    usage(service, "--csv", "--by", "model", "--by", "kind")
    assert (service.asked[0]["format"], service.asked[0]["by"]) == (["csv"], ["model", "kind"])


@pytest.mark.parametrize("wrong", ["22.11.2026", "2026-13-01", "soon"])
def test_wrong_days_are_named(service: Service, wrong: str) -> None:
    done = usage(service, "--since", wrong)
    assert done.returncode == 2
    assert repr(wrong) in done.stderr
    assert service.asked == []
