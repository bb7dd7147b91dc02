"""`up --app` with wrong input: said at once, nothing is started."""

import os
import shutil
import subprocess
import sys

import pytest

from stack.native.state import StackState
from stack.paths import PROJECT, Home

pytestmark = pytest.mark.slow

APP = "from fastapi import FastAPI\napp = FastAPI()\n"


@pytest.fixture
def up(tmp_path):
    """Runs `up` in the folder of an app; returns what it says and with which status."""
    home = Home(tmp_path / "home")
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "main.py").write_text(APP)

    def run(*words, root=PROJECT, **variables):
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("PLAINVIEW_", "OTEL_", "VIRT"))
        }
        done = subprocess.run(
            [sys.executable, "-P", "-m", "stack", "up", *words],
            env=kept | {"PLAINVIEW_HOME": str(home.root), "PYTHONPATH": str(root), "NO_COLOR": "1"} | variables,
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert StackState.read(home) is None  # no supervisor has been there
        return done.returncode, done.stderr

    return run


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--app", "mian:app"], 1, "There is no module mian: looked in"),
        (["--app", "main:api"], 1, "What to do: write main:app"),
        (["--app", "main.py"], 1, "What to do: write 'main:app'"),
        (["--app", "main:app", "--app-dir", "nowhere"], 1, "There is no folder nowhere"),
        (["--app", "main:app", "--python", "/no/python"], 1, "There is no Python at /no/python"),
        (["--app", "main:app", "--demo"], 2, "--demo makes traffic for the reference service"),
        (["--app", "main:app", "--compose"], 2, "python -m telemetry serve"),
        (["--workers", "2"], 2, "--workers says how to run your own app; name it with --app"),
    ],
    ids=str,
)
def test_wrong_input_is_said_before_anything_is_started(up, words, code, said):
    found, text = up(*words)
    assert found == code
    assert said in text
    assert "Traceback" not in text


def test_wrong_setting_is_said_for_an_app_too(up):
    code, text = up("--app", "main:app", PLAINVIEW_GPU_INTERVAL_SECONDS="0")
    assert code == 1
    assert "PLAINVIEW_GPU_INTERVAL_SECONDS" in text


def test_installation_without_the_reference_service_runs_apps_only(up, tmp_path):
    for package in ("telemetry", "stack", "alerts", "dashboards"):
        shutil.copytree(PROJECT / package, tmp_path / "wheel" / package)
    code, text = up(root=tmp_path / "wheel")
    assert (code, "--app MODULE:APP runs your own app" in text) == (2, True)
    code, text = up("--app", "main:api", root=tmp_path / "wheel")
    assert (code, "write main:app" in text) == (1, True)
