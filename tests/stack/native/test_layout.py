from pathlib import Path

import pytest

from stack.native import layout
from stack.native.layout import Site
from stack.native.ports import Ports
from stack.paths import Home

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


def test_no_secret_stands_in_a_command_line_or_variable(site, tmp_path):
    (tmp_path / "secrets").mkdir()
    for name in ("console_token", "notifier_token", "first_api_key"):
        (tmp_path / "secrets" / name).write_text("hush")
    for part in parts(site()).values():
        assert "hush" not in " ".join((*part.command, *part.environment.values()))
