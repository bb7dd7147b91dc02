from pathlib import Path

import pytest

from stack.native import layout
from stack.native.inherited import SECRETS, SETTINGS
from stack.native.known_settings import CLASSES
from stack.native.layout import Site
from stack.native.ports import Ports
from stack.paths import Home
from telemetry.process_settings import is_secret

PROGRAMS = {"prometheus": Path("/bin/prometheus"), "alertmanager": Path("/bin/alertmanager")}


@pytest.fixture
def site(tmp_path):
    home = Home(tmp_path)
    secrets = {name: home.secrets / name for name in ("console_token", "notifier_token")}
    return lambda **fields: Site(home, Ports(), PROGRAMS, secrets, **fields)


def parts(site):
    return {part.name: part for part in layout.plan(site).parts}


def test_one_worker_on_a_host_without_gpu(site):
    assert set(parts(site())) == {
        *("migrate", "bootstrap", "console", "notifier", "alertmanager", "prometheus", "worker", "api")
    }


def test_each_gpu_has_a_worker_that_sees_only_it(site):
    two = site(gpus=("GPU-a", "GPU-b"))
    workers = [part for name, part in parts(two).items() if name.startswith("worker")]
    assert [part.name for part in workers] == ["worker", "worker-1"]
    assert [part.environment["CUDA_VISIBLE_DEVICES"] for part in workers] == ["GPU-a", "GPU-b"]
    assert [part.environment["PLAINVIEW_GPU_UUIDS"] for part in workers] == ["GPU-a", "GPU-b"]
    assert [part.environment["PLAINVIEW_WORKER_PORT"] for part in workers] == ["9101", "9102"]
    assert layout.listening(two)["worker-1"] == 9102


def test_demo_adds_traffic_and_a_simulated_gpu(site):
    demo = parts(site(demo=True))
    assert demo["demo"].after == ("api", "worker")
    assert demo["worker"].environment["PLAINVIEW_GPU"] == "simulated"
    assert "PLAINVIEW_GPU" not in parts(site())["worker"].environment


def test_those_that_take_work_end_before_those_that_watch(site):
    ranks = {name: part.stop_rank for name, part in parts(site(demo=True)).items()}
    assert ranks["demo"] < ranks["api"] < ranks["worker"] < ranks["prometheus"] < ranks["notifier"] <= ranks["console"]


def test_everything_listens_on_loopback(site):
    for part in parts(site()).values():
        assert all(url.startswith("http://127.0.0.1:") for url in part.ready)
        assert "0.0.0.0" not in " ".join(part.command)  # noqa: S104


def test_what_the_user_has_set_goes_before_the_defaults(site, monkeypatch):
    assert parts(site())["api"].environment["OTEL_EXPORTER_OTLP_ENDPOINT"] == "http://127.0.0.1:4318"
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318")
    assert "OTEL_EXPORTER_OTLP_ENDPOINT" not in parts(site())["api"].environment


def test_demonstration_keeps_everything_in_a_folder_of_its_own(site, tmp_path, monkeypatch):
    monkeypatch.setenv("PLAINVIEW_DATABASE_URL", "postgresql+psycopg://real")
    monkeypatch.setenv("PLAINVIEW_DATA_DIR", "/real/data")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://real:4318")
    demo = parts(site(demo=True))
    own = str(tmp_path / "demo")
    for name in ("migrate", "bootstrap", "api", "worker"):
        environment = demo[name].environment
        assert environment["PLAINVIEW_DATABASE_URL"] == ""
        assert environment["PLAINVIEW_DATA_DIR"] == f"{own}/data"
    assert demo["api"].environment["OTEL_EXPORTER_OTLP_ENDPOINT"] == "http://127.0.0.1:4318"
    assert demo["bootstrap"].environment["PLAINVIEW_FIRST_KEY_FILE"] == f"{own}/secrets/first_api_key"
    assert f"--storage.tsdb.path={own}/data/prometheus" in demo["prometheus"].command
    assert f"--storage.path={own}/data/alertmanager" in demo["alertmanager"].command
    real = parts(site())
    assert not any("/demo/" in word for part in real.values() for word in (*part.command, *part.environment.values()))


def test_programs_get_no_settings_and_each_part_only_its_secrets(site):
    found = parts(site())
    assert {name for name, part in found.items() if not part.reads_settings} == {"prometheus", "alertmanager"}
    assert not any(name.startswith(SETTINGS) for name in found["prometheus"].environment)
    readers = {name for name, part in found.items() if "PLAINVIEW_CONSOLE_TOKEN_FILE" in part.environment}
    assert readers == {"console"}


def test_every_secret_setting_has_its_readers():
    secret = {variable for kind in CLASSES for variable, field in kind.variables().items() if is_secret(field)}
    assert secret <= SECRETS.keys()


def test_no_secret_stands_in_a_command_line_or_variable(site, tmp_path):
    (tmp_path / "secrets").mkdir()
    for name in ("console_token", "notifier_token", "first_api_key"):
        (tmp_path / "secrets" / name).write_text("hush")
    for part in parts(site()).values():
        assert "hush" not in " ".join((*part.command, *part.environment.values()))


@pytest.mark.parametrize(
    ("drain", "grace", "seconds"),
    [(None, None, 36), ("60", None, 95), ("10", "300", 320), ("0", "2.5", 12.5), ("soon", "", 36)],
)
def test_api_and_workers_are_killed_only_after_what_their_settings_give_them(site, monkeypatch, drain, grace, seconds):
    for name, value in (("DRAIN", drain), ("SHUTDOWN_GRACE", grace)):
        if value is not None:
            monkeypatch.setenv(f"PLAINVIEW_{name}_SECONDS", value)
    found = layout.plan(site(gpus=("GPU-a", "GPU-b")))
    graces = {part.name: part.grace.total_seconds() for part in found.parts}
    assert {graces[name] for name in ("api", "worker", "worker-1")} == {seconds}
    # One rank after the other: api, workers, Prometheus, console.
    assert found.ends_within.total_seconds() > 2 * seconds + 20 + 10
