from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import yaml

from stack import config
from stack.native.ports import Ports
from stack.paths import PROJECT, Home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home").create()
    token = home.secrets / "notifier_token"
    token.write_text("t")
    metrics_token = home.secrets / "metrics_token"
    metrics_token.write_text("m")
    ports = Ports(api=18000, notifier=19095)
    config.render(home, ports, notifier_token_file=token, metrics_token_file=metrics_token, workers=2)
    return home


def test_native_configuration_differs_from_compose_in_addresses_only(home: Home) -> None:
    native = (home.config / "prometheus" / "prometheus.yml").read_bytes()
    assert native == (config.STACK / "prometheus" / "prometheus.yml").read_bytes()

    shipped = yaml.safe_load((config.STACK / "alertmanager" / "alertmanager.yml").read_text())
    rendered = yaml.safe_load((home.config / "alertmanager" / "alertmanager.yml").read_text())
    webhook = rendered["receivers"][0]["webhook_configs"][0]
    assert webhook.pop("url") == "http://127.0.0.1:19095/alertmanager"
    assert webhook["http_config"]["authorization"].pop("credentials_file") == str(home.secrets / "notifier_token")
    del shipped["receivers"][0]["webhook_configs"][0]["url"]
    del shipped["receivers"][0]["webhook_configs"][0]["http_config"]["authorization"]["credentials_file"]
    assert rendered == shipped


def test_each_worker_process_is_a_target(home: Home) -> None:
    groups = yaml.safe_load((home.config / "prometheus" / "targets" / "worker.yml").read_text())
    assert [target for group in groups for target in group["targets"]] == ["127.0.0.1:9101", "127.0.0.1:9102"]


def test_compose_has_a_target_file_for_each_native_one(home: Home) -> None:
    native = {path.name for path in (home.config / "prometheus" / "targets").iterdir()}
    assert native == {path.name for path in (config.STACK / "prometheus" / "targets").iterdir()}


@pytest.mark.integration
def test_promtool_accepts_the_native_configuration(home: Home, promtool: Path) -> None:
    path = home.config / "prometheus" / "prometheus.yml"
    done = subprocess.run([promtool, "check", "config", path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.integration
def test_amtool_accepts_both_configurations(home: Home, amtool: Path) -> None:
    for path in (home.config / "alertmanager" / "alertmanager.yml", config.STACK / "alertmanager" / "alertmanager.yml"):
        done = subprocess.run([amtool, "check-config", path], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_compose_starts_a_worker_again_that_ended_by_itself() -> None:
    services = yaml.safe_load((PROJECT / "docker-compose.yml").read_text())["services"]
    assert services["worker"]["restart"] == "unless-stopped"  # whatever its exit status


def test_stack_of_an_app_has_no_worker_to_miss(tmp_path):
    home = Home(tmp_path / "home").create()
    token = tmp_path / "token"
    config.render(home, Ports(), notifier_token_file=token, metrics_token_file=token, workers=0)
    assert yaml.safe_load((home.config / "prometheus/targets/worker.yml").read_text()) == [{"targets": []}]
    groups = yaml.safe_load((home.config / "prometheus/rules/rules.yml").read_text())["groups"]
    alerts = {rule.get("alert") for group in groups for rule in group["rules"]}
    assert {"ServiceDown", "ApiErrorRateHigh", "GpuLost", "Watchdog"} <= alerts
    assert not {"WorkerDown", "JobsFailing", "QueueStuck"} & alerts
