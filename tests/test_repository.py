"""Promises about the tree itself: the lock, the imports between the rooms, the wheel."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from stack.paths import PROJECT

ROOMS = ("app", "telemetry", "dashboards", "alerts", "stack")

# Who may import whom; `stack` may import all and nobody imports it.
ALLOWED = {
    "telemetry": set(),
    "app": {"telemetry"},
    "dashboards": {"telemetry"},
    "alerts": {"telemetry", "dashboards"},
    "stack": {"app", "telemetry", "dashboards", "alerts"},
}


def imported_rooms(file: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names.add(node.module.partition(".")[0])
    return names & set(ROOMS)


@pytest.mark.parametrize("room", ROOMS)
def test_imports_point_one_way(room: str) -> None:
    for file in sorted((PROJECT / room).rglob("*.py")):
        strangers = imported_rooms(file) - ALLOWED[room] - {room}
        assert not strangers, f"{file.relative_to(PROJECT)} imports {', '.join(sorted(strangers))}"


@pytest.mark.parametrize("lock", sorted((PROJECT / "requirements").glob("*.txt")), ids=lambda path: path.name)
def test_lock_has_versions_and_hashes_and_no_address(lock: Path) -> None:
    text = lock.read_text()
    assert "://" not in text
    assert not re.search(r"^\s*-", text.replace("    --hash=", ""), re.MULTILINE), "no options such as an index"
    requirements = re.split(r"\n(?=\S)", text.strip())
    assert len(requirements) >= {"node.txt": 1, "s3.txt": 20}.get(lock.name, 50)
    for requirement in requirements:
        assert re.match(r"[a-z0-9.\-]+(\[[a-z,]+\])?==\S+", requirement), requirement
        assert "--hash=sha256:" in requirement, requirement


def test_runtime_lock_is_part_of_the_development_lock() -> None:
    def pins(name: str) -> set[str]:
        lines = (PROJECT / "requirements" / name).read_text().splitlines()
        return {line.removesuffix(" \\") for line in lines if "==" in line}

    # A package may be wanted by more in the development lock, so its environment marker may be wider there.
    strip = {pin.partition(" ;")[0] for pin in pins("runtime.txt")}
    assert strip <= {pin.partition(" ;")[0] for pin in pins("dev.txt")}


@pytest.mark.slow
def test_wheel_carries_the_four_rooms_with_their_data_and_not_the_service(tmp_path: Path) -> None:
    copy = tmp_path / "project"
    copy.mkdir()
    for room in ROOMS:
        shutil.copytree(PROJECT / room, copy / room, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(PROJECT / name, copy / name)
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", tmp_path, copy]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {name.partition("/")[0] for name in names if "dist-info" not in name} == set(ROOMS) - {"app"}
    assert {
        "telemetry/py.typed",
        "dashboards/generated/overview.json",
        "alerts/generated/rules.yml",
        "alerts/runbooks/ServiceDown.md",
        "stack/prometheus/prometheus.yml",
        "stack/console/static/index.html",
    } <= names
