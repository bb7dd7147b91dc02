from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

import dashboards
from dashboards import build, check
from dashboards.__main__ import main


def test_generated_files_are_current_and_the_check_says_what_it_checked(capsys: pytest.CaptureFixture[str]) -> None:
    assert build.stale() == []
    assert main(["check"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert re.match(r"OK: 7 dashboards, \d+ panels, \d+ queries", line)


def test_building_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("first", "second"):
        assert main(["build", "--out", str(tmp_path / name)]) == 0
    for path in (tmp_path / "first").iterdir():
        assert path.read_bytes() == (tmp_path / "second" / path.name).read_bytes()


def test_keys_are_sorted(tmp_path: Path) -> None:
    for path in build.write(tmp_path):
        text = path.read_text(encoding="utf-8")
        assert text == json.dumps(json.loads(text), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def test_listing_starts_with_the_overview_and_loads_by_uid() -> None:
    listed = dashboards.listing()
    assert [each["uid"] for each in listed] == [
        f"plainview-{name}" for name in ("overview", "cost", "gpu", "jobs", "queue", "service", "telemetry")
    ]
    for each in listed:
        assert dashboards.load(each["uid"])["title"] == each["title"]


def test_unknown_uid_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        dashboards.load("plainview-nothing")


def _panel(**changes: Any) -> dict[str, Any]:
    target = {"refId": "A", "expr": "sum(job_running)", "legendFormat": "running", **changes.pop("target", {})}
    defaults = {"unit": "short", "noValue": "none", **changes.pop("defaults", {})}
    return {
        "type": "stat",
        "title": "Jobs",
        "description": "Jobs.",
        "fieldConfig": {"defaults": defaults},
        "targets": [target],
        **changes,
    }


@pytest.mark.parametrize(
    ("panel", "fault"),
    [
        (_panel(target={"expr": "sum(job_runing)"}), "query A selects job_runing, which nobody exports"),
        (
            _panel(target={"legendFormat": "{{tier}}"}),
            "query A shows {{tier}} in its legend, but the result has no label",
        ),
        (_panel(description=""), "has no description"),
        (_panel(defaults={"unit": ""}), "has no unit"),
        (_panel(defaults={"noValue": ""}), "has no noValue"),
        (_panel(targets=[]), "has no query"),
    ],
    ids=["series", "legend", "description", "unit", "empty", "queries"],
)
def test_fault_names_dashboard_and_panel(panel: dict[str, Any], fault: str) -> None:
    (line,) = check.problems({"uid": "plainview-x", "panels": [panel]})
    assert line.startswith(f"plainview-x: panel 'Jobs' {fault}")
