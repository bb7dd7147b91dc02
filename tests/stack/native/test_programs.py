import concurrent.futures
import shutil
import socket
import subprocess

import pytest

from stack.native import packages, programs

SCRIPT = "#!/bin/sh\necho '{name}, version {version} (branch: HEAD)'\n"


def place(folder, name, version="2.42.0+ds"):
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(SCRIPT.format(name=name, version=version))
    path.chmod(0o755)
    return path


@pytest.fixture
def path_folder(tmp_path, monkeypatch):
    """The only folder on PATH, besides what the shell needs."""
    folder = tmp_path / "path"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def test_path_comes_before_home(path_folder, tmp_path):
    wanted = place(path_folder, "prometheus")
    place(tmp_path / "home" / "bin", "prometheus")
    assert programs.find("prometheus", tmp_path / "home") == wanted


def test_debians_name_of_alertmanager_is_found(path_folder, tmp_path):
    wanted = place(path_folder, "prometheus-alertmanager")
    assert programs.find("alertmanager", tmp_path / "home") == wanted


def test_home_is_used_where_path_has_none(path_folder, tmp_path):
    wanted = place(tmp_path / "home" / "bin", "promtool")
    assert programs.find("promtool", tmp_path / "home") == wanted


def test_without_apt_it_says_what_to_install_and_where(path_folder, tmp_path):
    with pytest.raises(programs.ProgramMissing) as caught:
        programs.find("alertmanager", tmp_path / "home")
    message = str(caught.value)
    assert "alertmanager was not found" in message
    assert "apt-get install prometheus-alertmanager" in message
    assert str(tmp_path / "home" / "bin") in message


@pytest.mark.parametrize(
    ("shown", "version"), [("2.42.0+ds", "2.42.0"), ("3.14.0", "3.14.0"), ("0.25.0,", "0.25.0")], ids=str
)
def test_version_is_read(tmp_path, shown, version):
    assert programs.version(place(tmp_path, "prometheus", shown)) == version


def test_version_of_what_cannot_run_is_unknown(tmp_path):
    assert programs.version(tmp_path / "none") == "unknown"


@pytest.mark.slow
@pytest.mark.integration
@pytest.mark.skipif(not packages.available(), reason="needs apt-get and dpkg-deb")
def test_programs_are_unpacked_once_by_several_at_once(tmp_path, monkeypatch):
    """The real packages of the distribution, as no user in particular, leaving no trace but the programs."""
    monkeypatch.setattr(shutil, "which", lambda name, which=shutil.which: None if name in NAMES else which(name))
    home, heard = tmp_path / "home", []
    with concurrent.futures.ThreadPoolExecutor() as pool:
        found = list(pool.map(lambda name: programs.find(name, home, say=heard.append), programs.PROGRAMS))
    assert found == [home / "bin" / name for name in programs.PROGRAMS]
    assert all(programs.version(path)[0].isdigit() for path in found)
    assert len(heard) == 1
    left = {path.name for path in (home / "bin").iterdir()}
    assert left - {"alertmanager.d"} == {*programs.PROGRAMS, ".lock"}
    # Debian's build reads its templates from the system's folder; here it does without, in whatever folder it is called.
    (tmp_path / "alertmanager.yml").write_text("route: {receiver: none}\nreceivers: [{name: none}]\n")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        home / "bin" / "alertmanager",
        f"--config.file={tmp_path}/alertmanager.yml",
        f"--storage.path={tmp_path}/am",
    ]
    with subprocess.Popen(
        [*command, f"--web.listen-address=127.0.0.1:{port}", "--cluster.listen-address="],
        cwd="/",
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            said = _until(process, "Listening on")
        finally:
            process.terminate()
    assert "Listening on" in said
    assert "failed" not in said


def _until(process, word):
    said = ""
    for line in process.stderr:
        said += line
        if word in line:
            break
    return said


NAMES = {name for program in programs.PROGRAMS.values() for name in program.names}


@pytest.mark.slow
@pytest.mark.integration
@pytest.mark.skipif(not packages.available(), reason="needs apt-get and dpkg-deb")
def test_package_that_does_not_exist_is_an_error_that_names_it(tmp_path):
    with pytest.raises(packages.PackagesUnavailable, match="no-such-package-here"):
        packages.unpack(["no-such-package-here"], tmp_path / "root")
