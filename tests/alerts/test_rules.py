"""Each alert fires when it should and is silent when it should be, judged by Prometheus's own tool."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import yaml

from alerts import build
from alerts.rules import RULES

CASES = Path(__file__).parent / "rules"
NAMES = [rule.alert for rule in RULES]


def test_promtool_accepts_the_generated_rules(promtool: Path) -> None:
    ran = subprocess.run(
        [promtool, "check", "rules", "--lint=all", "--lint-fatal", build.GENERATED / "rules.yml"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr


#: Cases over hours are evaluated minute by minute, all rules each time: what takes promtool long runs in CI alone.
QUICK = {"ServiceDown", "Watchdog"}


@pytest.mark.parametrize(
    "name", [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in NAMES]
)
def test_alert_fires_and_stays_silent_as_its_cases_say(name: str, promtool: Path) -> None:
    ran = subprocess.run(
        [promtool, "test", "rules", CASES / f"{name}.yml"], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.parametrize("name", NAMES)
def test_alert_has_a_firing_and_a_silent_case(name: str) -> None:
    content = yaml.safe_load((CASES / f"{name}.yml").read_text())
    expected = [bool(each["exp_alerts"]) for case in content["tests"] for each in case.get("alert_rule_test", [])]
    assert True in expected
    # The watchdog fires whatever there is: it has no silent case.
    assert False in expected or name == "Watchdog"


def test_no_case_file_is_left_over() -> None:
    assert {path.stem for path in CASES.glob("*.yml")} == set(NAMES)
