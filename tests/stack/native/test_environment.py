import importlib.util
import json
import subprocess
import sys
import threading

import pytest

from stack.native import packages, pip
from stack.native.environment import MARK, STAMP, Environment, fingerprint
from stack.native.pip import PipFailed
from stack.paths import PROJECT

# Right in form, and no file's.
WRONG_DIGEST = "0" * 64


@pytest.fixture(scope="session")
def lock_text():
    """The entry of one small package, as the project's own lock has it."""
    lines = (PROJECT / "requirements" / "runtime.txt").read_text().splitlines(keepends=True)
    begin = next(number for number, line in enumerate(lines) if line.startswith("annotated-doc=="))
    end = next(number for number in range(begin + 1, len(lines)) if not lines[number].startswith(" "))
    return "".join(lines[begin:end])


@pytest.fixture
def lock(tmp_path, lock_text):
    path = tmp_path / "runtime.txt"
    path.write_text(lock_text)
    return path


@pytest.fixture
def environment(tmp_path):
    return Environment(tmp_path / "home" / "venv")


def imports(environment, module="annotated_doc"):
    return (
        subprocess.run([environment.python, "-c", f"import {module}"], capture_output=True, check=False).returncode == 0
    )


@pytest.mark.slow
def test_first_use_installs_and_later_ones_find_it(environment, lock, tmp_path):
    assert not environment.holds(lock)
    environment.install(lock, tmp_path / "install.log")
    assert environment.holds(lock)
    assert imports(environment)
    assert "Successfully installed annotated-doc" in (tmp_path / "install.log").read_text()


@pytest.mark.slow
def test_changed_lock_is_installed_again_into_the_same_environment(environment, lock, tmp_path):
    environment.install(lock, tmp_path / "install.log")
    (environment.folder / "kept").touch()
    lock.write_text(lock.read_text() + "# changed\n")
    assert not environment.holds(lock)
    environment.install(lock, tmp_path / "install.log")
    assert environment.holds(lock)
    assert (environment.folder / "kept").exists()


@pytest.mark.slow
def test_run_that_was_cut_off_starts_afresh(environment, lock, tmp_path):
    environment.install(lock, tmp_path / "install.log")
    (environment.folder / MARK).touch()
    (environment.folder / "half-written").touch()
    lock.write_text(lock.read_text() + "# changed\n")
    environment.install(lock, tmp_path / "install.log")
    assert imports(environment)
    assert not (environment.folder / "half-written").exists()
    assert not (environment.folder / MARK).exists()


@pytest.mark.slow
def test_two_at_once_install_once(environment, lock, tmp_path, capfd):
    threads = [
        threading.Thread(target=environment.install, args=(lock, tmp_path / f"install-{number}.log"))
        for number in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert imports(environment)
    assert len(list(tmp_path.glob("install-*.log"))) == 1
    assert "Another command is making the environment" in capfd.readouterr().err


@pytest.mark.slow
def test_file_with_another_hash_is_refused(environment, lock, tmp_path):
    lock.write_text(f"annotated-doc==0.0.7 --hash=sha256:{WRONG_DIGEST}\n")
    with pytest.raises(PipFailed, match="another file than the lock names"):
        environment.install(lock, tmp_path / "install.log")
    assert not environment.holds(lock)


@pytest.mark.slow
@pytest.mark.integration
@pytest.mark.skipif(not packages.available(), reason="needs apt-get and dpkg-deb")
def test_debian_python_without_ensurepip_and_pip_gets_pip_from_a_package(
    environment, lock, tmp_path, monkeypatch, capfd
):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    monkeypatch.setattr(pip, "_own_version", tuple)
    environment.install(lock, tmp_path / "install.log")
    assert imports(environment)
    assert "fetching python3-pip-whl" in capfd.readouterr().err
    assert list(environment.folder.glob("pip-*")) == []


@pytest.mark.slow
def test_pip_of_the_running_python_serves_where_ensurepip_is_missing(environment, lock, tmp_path, monkeypatch):
    if pip._own_version() < pip.OLDEST:
        pytest.skip("this Python has no pip")
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    environment.install(lock, tmp_path / "install.log")
    assert imports(environment)


def test_without_any_pip_it_says_what_to_install(environment, lock, tmp_path, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    monkeypatch.setattr(pip, "_own_version", tuple)
    monkeypatch.setattr(packages, "available", lambda: False)
    with pytest.raises(PipFailed, match="python3-venv"):
        environment.install(lock, tmp_path / "install.log")


def test_environment_that_was_cut_off_does_not_count(environment, lock):
    environment.python.parent.mkdir(parents=True)
    environment.python.symlink_to(sys.executable)
    (environment.folder / STAMP).write_text(json.dumps({lock.name: fingerprint(lock)}))
    assert environment.holds(lock)
    (environment.folder / MARK).touch()
    assert not environment.holds(lock)


def test_environment_of_another_python_does_not_count(environment, lock, monkeypatch):
    environment.python.parent.mkdir(parents=True)
    environment.python.symlink_to(sys.executable)
    (environment.folder / STAMP).write_text(json.dumps({lock.name: fingerprint(lock)}))
    assert environment.holds(lock)
    monkeypatch.setattr(sys, "base_prefix", "/another/python")
    assert not environment.holds(lock)
