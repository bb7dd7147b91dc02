"""Settings are read before anything is started."""

import pytest

from stack import secrets
from stack.native import preflight
from stack.native.layout import Site
from stack.native.ports import Ports
from telemetry.importable import problem


@pytest.fixture
def ask(home, monkeypatch):
    def asked(**variables):
        for name, value in variables.items():
            monkeypatch.setenv(f"PLAINVIEW_{name}", value)
        return preflight.ask(Site(home, Ports(), {}, secrets.ensure(home.secrets)))

    return asked


def test_nothing_is_wrong_with_the_defaults(ask):
    report = ask()
    assert (report.wrong, report.unknown, report.targets) == ((), (), 0)
    assert report.budget == "$10 a day (UTC)"


def test_every_wrong_setting_of_every_part_is_named_at_once(ask):
    report = ask(
        BUDGET_DAY_USD="abc",
        GPU_INTERVAL_SECONDS="0",
        GENERATOR="app.generation.portrait:Nobody",
        NOTIFY_URLS="nonsense://hush",
        ALERT_ERROR_RATIO="2",
        ALERT_QUEUE_SECONDS="soon",
        TRACESTORE_MAX_BYTES="1",
    )
    for variable in (
        *("BUDGET_DAY_USD", "GPU_INTERVAL_SECONDS", "GENERATOR", "NOTIFY_URLS"),
        *("ALERT_ERROR_RATIO", "ALERT_QUEUE_SECONDS", "TRACESTORE_MAX_BYTES"),
    ):
        assert sum(f"PLAINVIEW_{variable}" in line for line in report.wrong) == 1, variable
    assert all("\n" not in line and "hush" not in line for line in report.wrong)


def test_bill_that_nobody_could_read_stops_the_start(ask):
    (line,) = ask(BILL_PROVIDER="runpod").wrong
    assert line.startswith("PLAINVIEW_BILL_PROVIDER='runpod' needs a key")


def test_targets_are_counted(ask):
    assert ask(NOTIFY_URLS="json://127.0.0.1:9/a json://127.0.0.1:9/b").targets == 2


def test_misspelt_settings_are_found_and_all_others_known(ask):
    report = ask(BUDGET_DAY_USDD="3", NOTIFY_URL="x", QQQ="1", API_KEY="pv_x", NOTIFIER_TOKEN_FILE="", API_PORT="1")
    assert report.unknown == (
        "PLAINVIEW_BUDGET_DAY_USDD is not a setting; did you mean PLAINVIEW_BUDGET_DAY_USD?",
        "PLAINVIEW_NOTIFY_URL is not a setting; did you mean PLAINVIEW_NOTIFY_URLS?",
        "PLAINVIEW_QQQ is not a setting",
    )


@pytest.mark.parametrize("spec", ["app.generation.portrait:PortraitGenerator", "json:JSONDecoder", "sys:anything"])
def test_class_that_is_there_is_found(spec):
    assert problem(spec) is None


@pytest.mark.parametrize(
    ("spec", "why"), [("no.such:Class", "no module no.such"), ("json.decoder:Nobody", "has no Nobody")]
)
def test_class_that_is_not_there_is_said_without_importing(spec, why):
    assert why in problem(spec)


def test_module_that_would_end_the_process_is_not_run(tmp_path, monkeypatch):
    (tmp_path / "heavy_model.py").write_text("raise SystemExit\nclass Mine: ...\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert problem("heavy_model:Mine") is None
    assert "has no Other" in problem("heavy_model:Other")


def test_class_in_folders_without_init_files_is_found(tmp_path, monkeypatch):
    (tmp_path / "models" / "faces").mkdir(parents=True)
    (tmp_path / "models" / "faces" / "calm.py").write_text("class Mine: ...\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert problem("models.faces.calm:Mine") is None
    assert "has no Other" in problem("models.faces.calm:Other")
    assert "no module models.faces.wild" in problem("models.faces.wild:Mine")
