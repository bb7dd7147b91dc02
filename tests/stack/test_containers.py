"""What containers may do, as the files say it; tests/e2e/test_compose.py looks at running ones."""

from __future__ import annotations

import re

import pytest
import yaml

from app.ending import ends_within
from stack.paths import PROJECT

FILES = ("docker-compose.yml", "docker-compose.tail-sampling.yml")
SERVICES = [
    pytest.param(service, id=f"{name}:{title}")
    for name in FILES
    for title, service in yaml.safe_load((PROJECT / name).read_text())["services"].items()
    if "image" in service or "build" in service  # the others are changes to these
]
DOCKERFILE = (PROJECT / "Dockerfile").read_text()


@pytest.mark.parametrize("service", SERVICES)
def test_service_runs_as_an_ordinary_user_without_privileges_or_a_root_to_write_to(service):
    user, _, _ = service["user"].partition(":")
    assert user.isdigit()
    assert int(user) > 0
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "cap_add" not in service
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not {"privileged", "pid", "ipc", "devices"} & service.keys()
    assert service.get("network_mode", "none") == "none"


@pytest.mark.parametrize("service", SERVICES)
def test_service_has_bounds_on_memory_processes_and_logs(service):
    assert re.search(r"\d[mg]\}?$", service["mem_limit"])
    assert 0 < service["pids_limit"] <= 4096
    assert service["logging"]["options"]["max-size"]


@pytest.mark.parametrize("service", SERVICES)
def test_service_needs_no_shell_and_no_part_of_the_host(service):
    assert not {"sh", "bash", "/bin/sh"} & set(service.get("command", ()))
    check = service.get("healthcheck", {}).get("test")
    assert check is None or check[0] == "CMD"
    for volume in service.get("volumes", ()):
        source, _, mode = str(volume).partition(":")
        assert "docker.sock" not in source
        assert not source.startswith(("./", "/")) or mode.endswith(":ro"), volume


@pytest.mark.parametrize("service", SERVICES)
def test_image_is_of_one_version(service):
    name, _, tag = service["image"].partition(":")
    assert name
    assert re.match(r"v?\d+\.\d+", tag)


def test_image_ends_as_an_ordinary_user_with_a_health_check_and_no_secret():
    lines = [line for line in DOCKERFILE.splitlines() if line and not line.startswith("#")]
    last_stage = lines[max(index for index, line in enumerate(lines) if line.startswith("FROM ")) :]
    assert "USER plainview" in last_stage
    assert "--uid 10001" in DOCKERFILE
    assert not [
        line for line in lines if line.startswith(("ADD ", "ARG ")) or re.search(r"(PASSWORD|TOKEN|SECRET|KEY)=", line)
    ]
    assert re.search(r"HEALTHCHECK .*\\\n\s+CMD \[", DOCKERFILE)
    assert all(re.match(r"FROM \S+:\d+\.\d+\.\d+-", line) for line in lines if line.startswith("FROM "))
    assert "--require-hashes" in DOCKERFILE


def test_image_gets_what_it_needs_and_nothing_else():
    allowed = (PROJECT / ".dockerignore").read_text().split()
    assert allowed[0] == "*"
    assert {word[1:] for word in allowed if word.startswith("!")} == {
        "app", "telemetry", "dashboards", "alerts", "stack", "requirements",
    }  # fmt: skip


@pytest.mark.parametrize("name", ["api", "worker"])
def test_service_is_not_killed_before_it_should_have_ended(name):
    service = yaml.safe_load((PROJECT / "docker-compose.yml").read_text())["services"][name]
    default = re.fullmatch(r"\$\{PLAINVIEW_STOP_SECONDS:-(\d+)\}s", service["stop_grace_period"])
    assert default
    assert float(default[1]) >= ends_within().total_seconds()
    # The defaults hold in the container, too, unless they are given.
    assert service["environment"]["PLAINVIEW_SHUTDOWN_GRACE_SECONDS"] is None
