"""Every panel of every dashboard, asked of a running stack that has done one job."""

import time

import httpx
import pytest

import dashboards
from stack.paths import PROJECT

# Slow: what a young stack has no data of yet is waited for.
pytestmark = [pytest.mark.integration, pytest.mark.slow]

SAMPLES = PROJECT / "app" / "samples"
OVERVIEW, SERVICE, JOBS, COST, GPU, TELEMETRY = (
    f"plainview-{name}" for name in ("overview", "service", "jobs", "cost", "gpu", "telemetry")
)
SIMULATED = "the simulated card has no such reading"

#: Panels that are empty on a stack that is well, and why. One that is not belongs out of this table.
EMPTY = {
    (OVERVIEW, "Unhandled exceptions"): "no exception went unhandled",
    (OVERVIEW, "Failed exports"): "the trace store took all spans",
    (OVERVIEW, "Notifications"): "no target is set",
    (OVERVIEW, "Alerts firing now"): "no alert fires",
    (COST, "Customers by budget used"): "no customer has a budget",
    (COST, "Bill of the provider"): "no provider is set",
    (COST, "Time without a price"): "the simulated card has a price",
    (COST, "Cost of energy"): "no price of energy is set",
    (COST, "CO2 of energy"): "no carbon intensity is set",
    (GPU, "Memory of torch"): "nobody uses torch",
    (GPU, "XID errors"): SIMULATED,
    (GPU, "XID errors by age"): "the card reported none",
    (GPU, "Failed readings"): "no reading failed",
    (GPU, "GPU memory by process"): "it is not asked for",
    (GPU, "MIG activity"): "the card is not divided",
    (GPU, "MIG memory share"): "the card is not divided",
    (GPU, "GPU video and image engines"): SIMULATED,
    (GPU, "GPU temperature margin"): SIMULATED,
    (GPU, "GPU fan speed"): SIMULATED,
    (GPU, "Retired pages"): SIMULATED,
    (GPU, "PCIe traffic"): SIMULATED,
    (GPU, "PCIe link"): SIMULATED,
    (GPU, "NVLink traffic"): SIMULATED,
    (GPU, "NVLinks up"): SIMULATED,
    (GPU, "NVLink errors"): SIMULATED,
    (SERVICE, "Server errors by route"): "nothing failed",
    (SERVICE, "Second tries"): "nothing had to be tried again",
    (SERVICE, "WebSockets open"): "the service has none",
    (SERVICE, "WebSocket messages"): "the service has none",
    (SERVICE, "WebSocket ends"): "the service has none",
    (SERVICE, "Time of calls to others p95"): "the service calls nobody",
    (TELEMETRY, "Failed exports"): "the trace store took all spans",
    (TELEMETRY, "Label values shown as other"): "no label has too many",
}

#: Panels of which some queries are empty: their legends, and why.
PARTLY = {
    (OVERVIEW, "Requests per hour"): ({"3xx", "5xx"}, "the API redirected nobody and did not fail"),
    (COST, "Bill and metered cost of the month"): ({"bill"}, "no provider is set"),
    (COST, "Budget used"): ({"this month"}, "the month has no budget"),
    (COST, "Cost of the day"): ({"refused above"}, "the budget refuses nothing"),
    (COST, "Cost of the month"): ({"budget", "refused above"}, "the month has no budget"),
    (GPU, "Growth with each piece of work"): ({"{{model}} {{device}} {{source}}"}, "one piece of work has no slope"),
    (GPU, "Cards"): ({"real"}, "the stack has a simulated card only"),
    (GPU, "Time with clocks held down"): ({"GPU {{index}} {{reason}}"}, "nothing holds them down"),
    (GPU, "Remapped rows"): ({"GPU {{index}} waiting", "GPU {{index}} failed"}, "no row waits"),
}

PANELS = [
    pytest.param(board["uid"], panel, id=f"{board['title']}-{panel['title']}")
    for board in dashboards.listing()
    for panel in dashboards.load(board["uid"])["panels"]
    if panel.get("targets")
]


@pytest.fixture(scope="module")
def api(native_stack):
    with native_stack.api() as client:
        yield client


@pytest.fixture(scope="module")
def ask(native_stack, api):
    """The stack's Prometheus, asked once a job has succeeded and been read."""

    def query(expr):
        filled = expr.replace("$__rate_interval", "1m")
        answer = httpx.post(f"{native_stack.url('prometheus')}/api/v1/query", data={"query": filled}).json()
        assert answer["status"] == "success", f"{answer.get('error')}\n{expr}"
        return answer["data"]["result"]

    portrait, speech = ((SAMPLES / name).read_bytes() for name in ("portrait.jpg", "speech.wav"))
    # On a well stack nothing is refused but what is wrong.
    assert submit(api, portrait, b"no sound").status_code == 422
    assert httpx.get(f"{native_stack.url('api')}/jobs").status_code == 401
    job = submit(api, portrait, speech).raise_for_status().json()
    assert until(lambda: api.get(job["status_url"]).json()["status"] == "succeeded", within=90)
    assert until(lambda: query('job_finished_total{outcome="succeeded"} > 0'), within=30)
    return query


def submit(api, image, audio):
    files = {"image": ("portrait.jpg", image), "audio": ("speech.wav", audio)}
    return api.post("/generate", files=files, data={"prompt": "A calm reading."}, headers={"Cache-Control": "no-cache"})


def until(true, within):
    """Wait for what a scrape brings; say whether it came."""
    deadline = time.monotonic() + within
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.5)
    return True


#: Queries whose figures depend on what else uses the stack and on when it is asked: jobs foretold from those before, callers
#: that have limits, a day of which there has been enough to foretell its end.
SOMETIMES = {
    (COST, "Quotes that came true"): {"p50", "p90"},
    (JOBS, "Predicted ends that came true"): {"p50", "p90"},
    (SERVICE, "Time of a limit check p99"): {"{{limiter}}"},
    (COST, "Forecast"): {"today", "this month"},
    (COST, "Cost of the day"): {"forecast"},
    (COST, "Cost of the month"): {"forecast"},
}


@pytest.mark.parametrize(("uid", "panel"), PANELS)
def test_panel_has_figures_or_a_reason_to_be_empty(uid, panel, ask, api):
    every = {target["legendFormat"]: target["expr"] for target in panel["targets"]}
    # Beside its figures a panel has queries for what is not known, and for nothing having happened.
    legends = {legend: expr for legend, expr in every.items() if not legend.endswith((": {{state}}", "none"))}
    reasons = [expr for legend, expr in every.items() if legend.endswith(": {{state}}")]

    def empty():
        api.get("/jobs").raise_for_status()  # figures per second need somebody who asks
        return {legend for legend, expr in legends.items() if not ask(expr)}

    key = (uid, panel["title"])
    expected = set(legends) if key in EMPTY else PARTLY.get(key, (set(), ""))[0]
    perhaps = SOMETIMES.get(key, set())
    assert until(lambda: empty() <= expected | perhaps, within=60), f"nothing for {empty() - expected - perhaps}"
    assert expected <= empty() | perhaps, f"{expected - empty()} has figures: take it out of the table"
    if EMPTY.get(key) == SIMULATED:
        assert any(map(ask, reasons)), "nor does it say why there are none"


def test_tables_name_panels_that_exist():
    known = {(uid, panel["title"]) for uid, panel in (case.values for case in PANELS)}
    assert EMPTY.keys() | PARTLY.keys() | SOMETIMES.keys() <= known
    assert not EMPTY.keys() & PARTLY.keys()
