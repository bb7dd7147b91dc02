"""Renders the configuration that compose mounts as it is for a stack without Docker.

Prometheus reads the very same file in both; only the target files beside it differ. Alertmanager
cannot read addresses from elsewhere, so its one receiver is given the local address and token file.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import yaml

from stack.native.ports import Ports
from stack.paths import PRIVATE, Home

STACK: Final = Path(__file__).parent
RULES: Final = STACK.parent / "alerts" / "generated"
LOOPBACK: Final = "127.0.0.1"
#: Groups of rules that make sense only where jobs run.
OF_JOBS: Final = frozenset({"plainview-jobs", "plainview-cost"})


def render(
    home: Home,
    ports: Ports,
    *,
    notifier_token_file: Path,
    metrics_token_file: Path,
    workers: int = 1,
) -> None:
    """Write the configuration of Prometheus and Alertmanager below `home.config`.

    Args:
        home: the folders of this stack.
        ports: the port of each part, on loopback.
        notifier_token_file: what Alertmanager sends as bearer token; must be absolute.
        metrics_token_file: what Prometheus sends as bearer token to /metrics.
        workers: number of worker processes; worker n serves its metrics on `ports.worker + n`. With none there are no
            rules about jobs: what runs is somebody's app, which has no worker to miss.
    """
    prometheus = home.config / "prometheus"
    (prometheus / "targets").mkdir(parents=True, exist_ok=True)
    (prometheus / "rules").mkdir(exist_ok=True)
    for rules in sorted(RULES.glob("*.yml")):
        if workers:
            _copy(rules, prometheus / "rules" / rules.name)
        else:
            _write(prometheus / "rules" / rules.name, _without_jobs(rules.read_text()))
    for job, addresses in _targets(ports, workers).items():
        group = {"targets": list(addresses)}
        _write(prometheus / "targets" / f"{job}.yml", yaml.safe_dump([group], sort_keys=True))
    _copy(STACK / "prometheus" / "prometheus.yml", prometheus / "prometheus.yml")
    _link(prometheus / "secrets" / "metrics_token", metrics_token_file.resolve())

    alertmanager = home.config / "alertmanager"
    alertmanager.mkdir(parents=True, exist_ok=True)
    settings = yaml.safe_load((STACK / "alertmanager" / "alertmanager.yml").read_text())
    webhook: dict[str, Any] = settings["receivers"][0]["webhook_configs"][0]
    webhook["url"] = f"http://{LOOPBACK}:{ports.notifier}/alertmanager"
    webhook["http_config"]["authorization"]["credentials_file"] = str(notifier_token_file.resolve())
    _write(alertmanager / "alertmanager.yml", yaml.safe_dump(settings, sort_keys=False))


def _targets(ports: Ports, workers: int) -> dict[str, Iterable[str]]:
    return {
        "api": [f"{LOOPBACK}:{ports.api}"],
        "worker": [f"{LOOPBACK}:{ports.worker + number}" for number in range(workers)],
        "notifier": [f"{LOOPBACK}:{ports.notifier}"],
        "console": [f"{LOOPBACK}:{ports.console}"],
        "prometheus": [f"{LOOPBACK}:{ports.prometheus}"],
        "alertmanager": [f"{LOOPBACK}:{ports.alertmanager}"],
    }


def _link(path: Path, target: Path) -> None:
    path.parent.mkdir(mode=PRIVATE, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}")
    part.unlink(missing_ok=True)
    part.symlink_to(target)
    part.replace(path)


def _without_jobs(rules: str) -> str:
    groups = [group for group in yaml.safe_load(rules)["groups"] if group["name"] not in OF_JOBS]
    return yaml.safe_dump({"groups": groups}, sort_keys=False, width=1000)


def _copy(source: Path, target: Path) -> None:
    part = target.with_name(f".{target.name}.{os.getpid()}")
    shutil.copyfile(source, part)
    part.replace(target)


def _write(target: Path, text: str) -> None:
    part = target.with_name(f".{target.name}.{os.getpid()}")
    part.write_text(text)
    part.replace(target)
