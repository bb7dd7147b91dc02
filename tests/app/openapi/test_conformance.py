"""Requests made from the OpenAPI document, to a service that is really served: nothing fails, nothing is undocumented."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.database.migrate import migrate
from app.keys.store import create_key
from app.settings import Settings
from tests.app.finished import finished_job
from tests.app.processes import service

_CONFIG = Path(__file__).with_name("schemathesis.toml")
_PROGRAM = Path(sys.executable).with_name("schemathesis")
_SEED = "7"


@dataclass(frozen=True)
class Served:
    """A running service: where it is, keys of an administrator and of a customer, and a finished job of the customer."""

    url: str
    admin: str
    acme: str
    job_id: str


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    home = tmp_path_factory.mktemp("served")
    settings = Settings(home=home)
    migrate(settings)
    admin, acme = (create_key(settings, name, role=role)[1].text for name, role in (("boss", "admin"), ("acme", "customer")))  # fmt: skip
    job_id = finished_job(settings, "acme")
    # So that most answers are something else than 429.
    with service({"PLAINVIEW_HOME": str(home), "PLAINVIEW_RATE_LIMITS": "off"}, home) as running:
        running.start("serve")
        yield Served(running.url, admin, acme, job_id)


def conforms(
    served: Served, folder: Path, *options: str, seconds: int, key: str | None, config: Path = _CONFIG
) -> None:
    """Run all checks for this time, and fail with what was found."""
    command = [str(_PROGRAM), "--config-file", str(config), "--no-color", "run", f"{served.url}/openapi.json"]
    # But one: a key that was revoked, or a budget that was removed, stays to be seen.
    command += [
        "--checks",
        "all",
        "--exclude-checks",
        "use_after_free",
        "--seed",
        _SEED,
        "--max-time",
        str(seconds),
        "--warnings",
        "off",
        *options,
    ]
    command += [] if key is None else ["-H", f"Authorization: Bearer {key}"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]


@pytest.mark.slow
def test_administrators_get_what_the_document_says(served: Served, tmp_path: Path) -> None:
    conforms(served, tmp_path, seconds=10, key=served.admin)


@pytest.mark.slow
def test_nobody_gets_what_the_document_says(served: Served, tmp_path: Path) -> None:
    conforms(served, tmp_path, seconds=5, key=None)


@pytest.mark.slow
def test_owner_of_a_job_gets_what_the_document_says(served: Served, tmp_path: Path) -> None:
    config = tmp_path / "schemathesis.toml"
    shutil.copy(_CONFIG, config)
    with config.open("a", encoding="utf-8") as stream:
        stream.write(f'\n[[operations]]\ninclude-tag = "jobs"\nparameters.job_id = "{served.job_id}"\n')
    conforms(served, tmp_path, "--include-tag", "jobs", seconds=5, key=served.acme, config=config)
