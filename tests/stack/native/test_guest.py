"""Somebody's app in the place of our service: whose Python, which folder, what is said of it."""

import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from stack.native import guest as guests
from stack.native import layout
from stack.native.guest import Guest
from stack.native.layout import Site
from stack.native.ports import Ports
from stack.paths import PROJECT
from telemetry.apps import AppUnusable

OURS = Path(sys.executable)
PROGRAMS = {"prometheus": Path("/bin/prometheus"), "alertmanager": Path("/bin/alertmanager")}


@pytest.fixture
def shop(tmp_path):
    """The folder of an app with packages called like rooms of ours."""
    folder = tmp_path / "shop"
    for package in ("app", "alerts"):
        (folder / package).mkdir(parents=True)
        (folder / package / "__init__.py").touch()
    (folder / "app" / "main.py").write_text("import alerts\nfrom fastapi import FastAPI\napp = FastAPI()\n")
    return folder


@pytest.fixture
def site(home, shop):
    secrets = {name: home.secrets / name for name in ("console_token", "notifier_token")}
    return Site(home, Ports(), PROGRAMS, secrets, guest=Guest("app.main:app", shop, OURS))


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A virtual environment without telemetry's packages, with one of its own."""
    folder = tmp_path_factory.mktemp("project") / ".venv"
    venv.create(folder, with_pip=False)
    (site_packages,) = folder.glob("lib/*/site-packages")
    (site_packages / "ledger.py").write_text("TITLE = 'from the ledger'\n")
    return folder


def test_own_python_needs_nothing_more(monkeypatch):
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    assert guests.interpreter(None) == (OURS, None)
    assert guests.interpreter(str(OURS)) == (OURS, None)


def test_active_virtual_environment_is_the_apps(project):
    python, packages = guests.interpreter(None, {"VIRTUAL_ENV": str(project)})
    assert python == project / "bin" / "python"
    assert packages is not None


@pytest.mark.parametrize(
    ("chosen", "what"), [("/no/such/python", "There is no Python at /no/such/python"), ("/bin/true", "is no Python")]
)
def test_what_is_no_python_is_named(chosen, what):
    with pytest.raises(AppUnusable, match=what) as error:
        guests.interpreter(chosen)
    assert "--python" in error.value.cure


def test_older_python_is_refused(tmp_path):
    old = tmp_path / "python3.9"
    old.write_text('#!/bin/sh\necho \'[[3, 9, 2], "cpython-39", "/usr"]\'\n')
    old.chmod(0o755)
    with pytest.raises(AppUnusable, match=r"is Python 3\.9\.2; telemetry needs 3\.11"):
        guests.interpreter(str(old))


def test_app_of_another_environment_has_its_own_packages_and_ours_where_it_lacks_them(home, tmp_path, project):
    (tmp_path / "main.py").write_text(
        "import ledger\nfrom fastapi import FastAPI\napp = FastAPI(title=ledger.TITLE)\nprint(app.title, flush=True)\nraise SystemExit\n"
    )
    python, packages = guests.interpreter(str(project / "bin" / "python"))
    guest = Guest("main:app", tmp_path, python, packages)
    guests.check(guest, home)
    environment = {**os.environ, **guests.variables(home)}
    done = subprocess.run(guest.command(0), cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert "from the ledger" in done.stdout, done.stderr


def test_environment_that_cannot_run_telemetry_is_told_how(home, tmp_path, project):
    (tmp_path / "main.py").write_text("app = 1\n")
    python = project / "bin" / "python"
    with pytest.raises(AppUnusable, match=f"{python} cannot run telemetry") as error:
        guests.check(Guest("main:app", tmp_path, python, None), home)
    assert error.value.cure.endswith(f"{python} -m pip install {PROJECT}")


def test_apps_own_packages_stand_before_ours_of_the_same_name(home, shop):
    guests.check(Guest("app.main:app", shop, OURS), home)
    with pytest.raises(AppUnusable, match=r"no module app\.server: looked in"):
        guests.check(Guest("app.server:app", shop, OURS), home)
    seen = guests.variables(home, {"PYTHONPATH": os.pathsep.join([str(PROJECT), "/theirs"])})
    theirs, ours = seen["PYTHONPATH"].split(os.pathsep)
    assert theirs == "/theirs"
    assert [path.name for path in Path(ours).iterdir()] == ["telemetry"]


def test_app_starts_first_and_needs_neither_worker_nor_database(site, shop):
    parts = {part.name: part for part in layout.plan(site).parts}
    assert set(parts) == {"app", "console", "notifier", "alertmanager", "prometheus"}
    assert {part.after for name, part in parts.items() if name != "app"} == {("app",)}
    assert parts["app"].folder == shop
    assert "worker" not in layout.listening(site)
    assert layout.plan(site).app == "app.main:app"


def test_app_gets_no_secret_of_ours_and_the_name_that_its_author_gave(site, monkeypatch):
    environment = next(part for part in layout.plan(site).parts if part.name == "app").environment
    assert environment["OTEL_SERVICE_NAME"] == "shop"
    assert not [name for name in environment if "TOKEN" in name or "KEY" in name or "DATABASE" in name]
    monkeypatch.setenv("OTEL_SERVICE_NAME", "till")
    environment = next(part for part in layout.plan(site).parts if part.name == "app").environment
    assert environment["OTEL_SERVICE_NAME"] == "till"


def test_what_it_remembers_is_kept_apart(site):
    assert site.keeps.root == site.home.root / "apps" / "shop"


def test_options_ask_for_the_same_app_again(shop):
    guest = Guest("app.main:app", shop, OURS, factory=True, workers=3, reload=True)
    assert guest.options() == [
        "--app=app.main:app",
        f"--app-dir={shop}",
        f"--python={OURS}",
        "--workers=3",
        "--factory",
        "--reload",
    ]
