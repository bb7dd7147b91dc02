"""The stack in Docker: what `up`, `down`, `status` and `logs` do when it runs there."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from functools import cache

import typer

from stack.cli.output import columns, err, fail, out
from stack.cli.welcome import curl
from stack.native import state as native
from stack.native.layout import HOST
from stack.native.ports import Ports
from stack.paths import PROJECT, Home

FILE = PROJECT / "docker-compose.yml"
ENGINE_SECONDS = 10
GRAFANA, GRAFANA_PORT = "PLAINVIEW_GRAFANA_PORT", 3000
# The variables of docker-compose.yml that move a published port.
VARIABLES = {
    "api": "PLAINVIEW_API_PORT",
    "console": "PLAINVIEW_CONSOLE_PORT",
    "prometheus": "PLAINVIEW_PROMETHEUS_PORT",
    "alertmanager": "PLAINVIEW_ALERTMANAGER_PORT",
    "otlp": "PLAINVIEW_OTLP_PORT",
    "query": "PLAINVIEW_JAEGER_PORT",
}


@cache
def available() -> bool:
    """Say whether a Docker engine answers, Compose is there and this project has its file."""
    if not FILE.is_file() or shutil.which("docker") is None:
        return False
    return all(
        _answers("docker", *words) for words in (("compose", "version"), ("version", "--format", "{{.Server.Version}}"))
    )


def up(ports: Ports, offset: int, *, demo: bool, detached: bool) -> None:
    """Start the containers, wait until they are healthy and print where everything is."""
    if not available():
        fail("no Docker engine with Compose answers here; start it, or leave --compose out")
    environment = _settings(ports, offset, demo=demo)
    err.print("Starting the containers; the first time, images are fetched and built.")
    if _compose("up", "--detach", "--build", "--wait", environment=environment):
        fail("the containers did not get healthy: see above, and ./plainview logs PART")
    _welcome(environment)
    if demo:
        err.print("[yellow]The GPU is simulated.[/] Demo traffic runs only in ./plainview up --demo, without Docker.")
    if detached:
        err.print("Runs in the background: [bold]./plainview status[/] shows it, [bold]./plainview down[/] ends it.")
        return
    err.print("[dim]Ctrl-C stops everything.[/]")
    try:
        _compose("logs", "--follow", "--since", "1s", environment=environment)
    except KeyboardInterrupt:
        err.print("Stopping ...")
    _compose("stop", environment=environment)


def running() -> bool:
    """Say whether containers of this project run."""
    return available() and bool(_output("ps", "--quiet", "--status", "running"))


def down() -> int:
    """Stop and remove the containers; the volumes, and so all data, stay."""
    return _compose("down")


def status() -> int:
    return _compose("ps", "--all")


def logs(part: str | None, *, follow: bool, lines: int) -> int:
    return _compose("logs", *(["--follow"] if follow else []), "--tail", str(lines), *([part] if part else []))


def instead() -> None:
    """Run this very command in the service's container, where its database is, when that is what runs; else go on."""
    if native.running(Home.default()) is None and running():
        raise typer.Exit(_compose("exec", "-T", "api", "python", "-m", "stack.cli", *sys.argv[1:]))


def sign_in_link() -> str:
    """Return the address that signs a browser in to the console of the containers."""
    return _output("exec", "-T", "console", "python", "-m", "stack.cli", "sign-in")


def _settings(ports: Ports, offset: int, *, demo: bool) -> dict[str, str]:
    """Return the variables of docker-compose.yml; what the user has set stays unless an option says otherwise."""
    defaults = Ports().named()
    settings = {
        variable: str(ports.named()[part])
        for part, variable in VARIABLES.items()
        if ports.named()[part] != defaults[part] or variable not in os.environ
    }
    if offset or GRAFANA not in os.environ:
        settings[GRAFANA] = str(GRAFANA_PORT + offset)
    console = settings.get(VARIABLES["console"]) or os.environ[VARIABLES["console"]]
    settings |= {"PLAINVIEW_GPU": "simulated"} if demo else {}
    return {"PLAINVIEW_CONSOLE_URL": f"http://{HOST}:{console}", **os.environ, **settings}


def _welcome(environment: Mapping[str, str]) -> None:
    key = _output("exec", "-T", "api", "cat", "/var/lib/plainview/first_api_key")
    places = {
        "API": "api",
        "Console": "console",
        "Prometheus": "prometheus",
        "Alertmanager": "alertmanager",
        "Jaeger": "query",
    }
    urls = {name: f"http://{HOST}:{environment[VARIABLES[part]]}" for name, part in places.items()}
    out.print("\n[bold]Plainview is running[/] in Docker")
    columns([*urls.items(), ("Grafana", f"http://{HOST}:{environment[GRAFANA]}")])
    out.print(f"\n[bold]Open the console[/]   {sign_in_link()}")
    if key:
        out.print(f"[bold]First API key[/]      {key}  [dim](an administrator's)[/]\n\n[bold]Send a first job[/]")
        out.print(curl(key, urls["API"]), markup=False)


def _compose(*words: str, environment: Mapping[str, str] | None = None) -> int:
    command = ["docker", "compose", "--file", str(FILE), *words]
    return subprocess.run(command, env={**os.environ, **(environment or {})}, check=False).returncode  # noqa: S603


def _output(*words: str) -> str:
    command = ["docker", "compose", "--file", str(FILE), *words]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()  # noqa: S603


def _answers(*command: str) -> bool:
    try:
        return subprocess.run(command, capture_output=True, timeout=ENGINE_SECONDS, check=False).returncode == 0  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return False
