"""The console in a real browser over a real stack: sign in, see figures, follow a job through its trace."""

import json
import time

import httpx
import pytest

from stack.paths import PROJECT
from tests.parts import missing

from .browser import browser, find

pytestmark = [pytest.mark.browser, pytest.mark.integration, pytest.mark.slow]

STAGES = ("queue wait", "decode", "animate", "encode", "store")
SAMPLES = PROJECT / "app" / "samples"
DRAWN = "document.querySelector('#page:not([aria-busy]) h1')"
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def panel(title, rest=""):
    """JavaScript for a panel by its title, or for a part of it."""
    heading = f"[...document.querySelectorAll('.panel h3')].find((one) => one.textContent === {json.dumps(title)})"
    return f"{heading}?.closest('.panel'){rest}"


def until(ask, within=60):
    deadline = time.monotonic() + within
    while not (answer := ask()):
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.2)
    return answer


@pytest.fixture(scope="module")
def job(native_stack):
    """A finished job whose whole trace has arrived."""
    with native_stack.api() as api, httpx.Client(base_url=native_stack.url("console")) as console:
        files = {"image": (SAMPLES / "portrait.jpg").open("rb"), "audio": (SAMPLES / "speech.wav").open("rb")}
        prompt, anew = {"prompt": "A calm reading."}, {"Cache-Control": "no-cache"}
        accepted = api.post("/generate", files=files, data=prompt, headers=anew).raise_for_status().json()
        for file in files.values():
            file.close()
        until(lambda: api.get(accepted["status_url"]).json()["status"] == "succeeded", within=90)
        console.get("/sign-in", params={"token": native_stack.console_token})

        def spans():
            answer = console.get(f"/api/jaeger/traces/{accepted['trace_id']}").json()
            names = [span["operationName"] for trace in answer.get("data") or [] for span in trace["spans"]]
            return set(names).issuperset(STAGES)

        until(spans)
    return accepted


@pytest.fixture(scope="module")
def page(native_stack):
    program = find() or missing("there is no Chromium on PATH: apt-get install chromium")
    with browser(program) as page:
        page.size(1440, 900)
        page.open(f"{native_stack.url('console')}/sign-in?token={native_stack.console_token}")
        page.wait(DRAWN)
        yield page


@pytest.fixture(autouse=True)
def no_complaints(page):
    """No test may leave a console error, an uncaught exception or a policy violation behind."""
    page.complaints.clear()
    yield
    assert page.complaints == []


def test_sign_in_link_leads_to_the_overview_with_figures(native_stack, job, page):
    page.open(native_stack.url("console"))
    assert page.wait(DRAWN + ".textContent") == "Overview"
    assert page.wait(panel("Service", "?.querySelector('.stat-value')?.textContent")) == "Up"
    assert page.wait(panel("Request rate by route", "?.matches('[data-state=ready]')"), 40)
    assert "/generate" in page.wait(panel("Request rate by route", "?.querySelector('.legend-table')?.textContent"))


@pytest.mark.slow
def test_chart_has_its_values_in_a_table(native_stack, job, page):
    page.open(native_stack.url("console"))
    page.wait(panel("Request rate by route", "?.matches('[data-state=ready]')"), 40)
    page.run(panel("Request rate by route", ".querySelector('[aria-pressed]').click()"))
    assert page.wait(panel("Request rate by route", "?.querySelectorAll('.panel-table tbody tr').length > 10"))


def test_row_with_nothing_to_show_folds_itself_and_opens_on_demand(native_stack, job, page):
    row = "[...document.querySelectorAll('.row-toggle')].find((one) => one.textContent.includes('MIG'))"
    page.size(1440, 6000)
    try:
        page.open(f"{native_stack.url('console')}/d/plainview-gpu")
        page.wait(f"{row}?.getAttribute('aria-expanded') === 'false'", 60)
        assert "nothing to show" in page.run(f"{row}.textContent")
        page.run(f"{row}.click()")
        assert page.run(f"{row}.getAttribute('aria-expanded')") == "true"
        page.wait("document.body.innerText.includes('No card is in MIG mode')")
    finally:
        page.size(1440, 900)


def test_panel_without_a_value_says_of_which_card_and_why(native_stack, job, page):
    page.size(1440, 6000)
    try:
        page.open(f"{native_stack.url('console')}/d/plainview-gpu")
        assert page.wait(
            panel("GPU fan speed", "?.innerText.includes('GPU 0 Simulated H100 (not real): not_supported')")
        )
    finally:
        page.size(1440, 900)


@pytest.mark.parametrize("uid", [f"plainview-{name}" for name in ("overview", "service", "jobs", "gpu", "telemetry")])
def test_no_panel_of_a_dashboard_fails(native_stack, job, page, uid):
    page.size(1440, 6000)
    try:
        page.open(f"{native_stack.url('console')}/d/{uid}")
        page.wait(DRAWN)
        page.wait("document.querySelector('.panel') && !document.querySelector('.panel[data-state=loading]')", 60)
        failed = "[...document.querySelectorAll('.panel[data-state=failed], .panel[data-state=stale]')]"
        assert page.run(f"{failed}.map((one) => one.innerText).join()") == ""
    finally:
        page.size(1440, 900)


def test_job_is_found_among_the_traces_and_shows_its_stages(native_stack, job, page):
    page.open(f"{native_stack.url('console')}/traces?limit=200")
    page.wait(f"document.querySelector('a[href=\"/trace/{job['trace_id']}\"]')")
    page.run(f"document.querySelector('a[href=\"/trace/{job['trace_id']}\"]').click()")
    page.wait("document.querySelector('.waterfall .span-row')")
    shown = json.loads(
        page.run("JSON.stringify([...document.querySelectorAll('.span-row')].map((r) => r.dataset.span))")
    )
    assert [name for name in shown if name in STAGES] == list(STAGES)
    assert job["job_id"] in page.run("document.querySelector('.facts').textContent")


def test_keyboard_opens_the_details_of_a_span(native_stack, job, page):
    page.open(f"{native_stack.url('console')}/trace/{job['trace_id']}")
    page.wait("document.querySelector('.span-row')")
    page.run("document.querySelector('.span-row[tabindex=\"0\"]').focus()")
    for key in ("ArrowDown", "Enter"):
        page.call("Input.dispatchKeyEvent", type="keyDown", key=key, code=key)
    assert page.wait("document.querySelector('.span-detail .tag-table')?.textContent")


def test_alerts_page_shows_that_the_watchdog_lives(native_stack, page):
    page.open(f"{native_stack.url('console')}/alerts")
    page.wait("document.querySelector('.watchdog[data-state=firing]')", 60)
    page.run("document.querySelector('.rules a').click()")
    assert page.wait("document.querySelector('[data-view=runbook] h1')?.textContent")


@pytest.mark.parametrize(
    "path", ["/", "/d/plainview-jobs", "/traces", "/trace/{trace_id}", "/alerts", "/runbooks/ServiceDown"]
)
def test_page_fits_a_narrow_screen(native_stack, job, page, path):
    page.size(400, 800)
    try:
        page.open(native_stack.url("console") + path.format(**job))
        page.wait(DRAWN)
        assert page.run(OVERFLOW) == 0
    finally:
        page.size(1440, 900)


def test_signing_out_ends_at_the_form_which_refuses_a_wrong_token(native_stack, page):
    page.open(native_stack.url("console"))
    page.wait("document.querySelector('[title=\"Sign out\"]')")
    page.run("document.querySelector('[title=\"Sign out\"]').click()")
    page.wait("document.querySelector('#token')")
    page.run("document.querySelector('#token').value = 'wrong'; document.querySelector('form').requestSubmit()")
    assert "token" in page.wait("document.querySelector('.form-error').textContent")
    # The browser itself notes the 403 that this test is about.
    page.complaints[:] = [text for text in page.complaints if "403" not in text]
