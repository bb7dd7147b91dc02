"""The script that a new user calls first."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib

import pytest

from stack.cli.application import application
from stack.native.environment import STAMP, Environment
from stack.paths import PROJECT

SCRIPT = PROJECT / "plainview"
TOOLS = ("sh", "dirname", "readlink", "cat")


@pytest.fixture
def made_home(tmp_path):
    """A home whose environment is as the locks say: made for the Python that the script will find."""
    home = tmp_path / "home"
    environment = Environment(home / "venv")
    environment.python.parent.mkdir(parents=True)
    environment.python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    environment.python.chmod(0o755)
    program = (
        f"import sys, json; sys.path.insert(0, {str(PROJECT)!r})\n"
        "from pathlib import Path; from stack.native.environment import fingerprint\n"
        "print(json.dumps({lock.name: fingerprint(lock) for lock in Path(sys.argv[1]).glob('*.txt')}))"
    )
    found = subprocess.check_output([base_python(), "-c", program, str(PROJECT / "requirements")], text=True)
    assert json.loads(found)
    (environment.folder / STAMP).write_text(found)
    return home


def base_python():
    return os.path.realpath(sys.executable)


def call(script, *words, home, cwd, path=None, python=None):
    environment = {
        "PATH": path or os.environ["PATH"],
        "HOME": "/nonexistent",
        "PLAINVIEW_HOME": str(home),
        "PLAINVIEW_PYTHON": python or base_python(),
        "COLUMNS": "120",
    }
    return subprocess.run([script, *words], env=environment, cwd=cwd, capture_output=True, text=True, check=False)


def test_script_is_executable():
    assert os.access(SCRIPT, os.X_OK)


def test_second_start_needs_no_installing(made_home, tmp_path):
    done = call(SCRIPT, "up", "--help", home=made_home, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Usage: plainview up" in done.stdout
    assert done.stderr == ""


@pytest.mark.slow
def test_help_of_test_does_not_install_what_tests_need(made_home, tmp_path):
    stamp = made_home / "venv" / STAMP
    stamp.write_text(json.dumps({**json.loads(stamp.read_text()), "dev.txt": "changed"}))
    done = call(SCRIPT, "test", "--help", home=made_home, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Usage: plainview test" in done.stdout


@pytest.mark.parametrize("words", [(), ("--help",), ("-h",), ("help",)], ids=str)
def test_looking_installs_nothing_and_names_every_verb(words, tmp_path):
    done = call(SCRIPT, *words, home=tmp_path / "home", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    verbs = {command.name for command in application.registered_commands}
    groups = {group.name for group in application.registered_groups}
    assert set(re.findall(r"^  ([a-z-]+) ", done.stdout, re.MULTILINE)) == verbs | groups
    assert not (tmp_path / "home").exists()


def test_version_is_that_of_the_project(tmp_path):
    done = call(SCRIPT, "--version", home=tmp_path / "home", cwd=tmp_path)
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    assert (done.returncode, done.stdout.strip()) == (0, f"plainview {project['version']}")
    assert not (tmp_path / "home").exists()


def test_python_in_a_folder_with_spaces_is_found(made_home, tmp_path):
    folder = tmp_path / "my python"
    folder.mkdir()
    (folder / "python3").symlink_to(base_python())
    done = call(SCRIPT, "status", home=made_home, cwd=tmp_path, python=str(folder / "python3"))
    assert done.returncode in {3, 1}, done.stderr
    assert "no Python" not in done.stderr


def test_it_works_from_another_folder_through_links(made_home, tmp_path):
    (tmp_path / "first").symlink_to(os.path.relpath(SCRIPT, tmp_path))
    (tmp_path / "second").symlink_to("first")
    done = call(tmp_path / "second", "status", "--help", home=made_home, cwd="/")
    assert done.returncode == 0, done.stderr


def test_packages_of_the_callers_folder_do_not_stand_before_ours(made_home, tmp_path):
    for name in ("stack", "app", "telemetry"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise SystemExit('the wrong one')")
    done = call(SCRIPT, "status", home=made_home, cwd=tmp_path)
    assert "the wrong one" not in done.stderr
    assert done.returncode == 3, done.stderr


def test_without_a_fit_python_it_says_what_to_install(tmp_path):
    tools = tmp_path / "tools"
    tools.mkdir()
    for tool in TOOLS:
        (tools / tool).symlink_to(shutil.which(tool))
    (tools / "python3").write_text("#!/bin/sh\nexit 1\n")  # as one that is too old answers
    (tools / "python3").chmod(0o755)
    done = subprocess.run([SCRIPT, "up"], env={"PATH": str(tools)}, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "no Python 3.11 or newer found" in done.stderr
    assert "apt-get install python3" in done.stderr


def test_home_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").touch()
    done = call(SCRIPT, "status", home=tmp_path / "file" / "home", cwd=tmp_path)
    assert done.returncode == 1
    assert f"cannot make {tmp_path}/file/home/venv" in done.stderr
    assert "PLAINVIEW_HOME" in done.stderr


@pytest.mark.slow
@pytest.mark.integration
@pytest.mark.timeout(600)
def test_first_start_in_an_empty_folder_installs_the_lock(tmp_path):
    """With the real package index and no home folder of the user's, as on a machine that was never used."""
    home = tmp_path / "home"
    first = call(SCRIPT, "status", home=home, cwd=tmp_path)
    assert first.returncode == 3, first.stderr
    assert "Making the environment" in first.stderr
    assert "Nothing is running" in first.stderr
    again = call(SCRIPT, "status", home=home, cwd=tmp_path)
    assert again.stderr.strip() == "Nothing is running."
