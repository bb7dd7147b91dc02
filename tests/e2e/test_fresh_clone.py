"""A stranger's first quarter of an hour: a fresh clone and the commands of README.md as they stand there."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import pytest

from stack.native.ports import Ports
from stack.paths import PROJECT
from tests.e2e.conftest import free_ports

pytestmark = [pytest.mark.slow, pytest.mark.integration, pytest.mark.timeout(600), pytest.mark.xdist_group("stacks")]


@dataclass(frozen=True)
class Clone:
    folder: Path
    ports: Ports

    def shell(self, script: str) -> subprocess.CompletedProcess[str]:
        """Run lines of the README in the clone, with this test's ports in place of the defaults."""
        for part, port in Ports().named().items():
            script = script.replace(f"127.0.0.1:{port}/", f"127.0.0.1:{getattr(self.ports, part)}/")
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith(("PLAINVIEW_", "OTEL_"))
        }
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clone]:
    folder = tmp_path_factory.mktemp("clone") / "plainview"
    subprocess.run(["git", "clone", "--quiet", PROJECT, folder], check=True)
    clone = Clone(folder, free_ports())
    options = " ".join(f"--{part}-port={port}" for part, port in clone.ports.named().items())
    started = clone.shell(f"./plainview up --detach {options}")
    try:
        assert started.returncode == 0, started.stdout + started.stderr
        yield clone
    finally:
        clone.shell("./plainview down --force")


def block(heading: str) -> str:
    """Return the first shell block below a heading of the README."""
    section = (PROJECT / "README.md").read_text().partition(f"## {heading}\n")[2]
    found = re.search(r"```bash\n(.*?)```", section, re.DOTALL)
    assert found, heading
    return found[1]


def test_job_of_the_readme_becomes_a_video_with_its_sound(clone: Clone) -> None:
    done = clone.shell(block("Send a job"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert '"trace_id":"' in done.stdout
    with av.open(str(clone.folder / "talking.mp4")) as video:
        assert {stream.codec_context.name for stream in video.streams} == {"h264", "aac"}
        assert video.duration is not None
        assert video.duration / 1e6 == pytest.approx(5.16, abs=0.1)


def test_readme_promises_no_verb_that_is_not_there(clone: Clone) -> None:
    listed = re.search(r"```text\n(.*?)```", (PROJECT / "README.md").read_text(), re.DOTALL)
    assert listed
    verbs = {word for line in listed[1].splitlines() for word in line[:48].replace("·", " ").split()}
    for verb in sorted(verbs):
        assert clone.shell(f"./plainview {verb} --help").returncode == 0, verb


def test_first_use_leaves_the_clone_clean(clone: Clone) -> None:
    assert clone.shell("git status --porcelain").stdout == ""
