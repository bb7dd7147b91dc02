"""`dashboards` and `alerts`: build and check what is generated, and send a test alert."""

import os
import subprocess
import sys

import typer

from stack.cli.output import fail
from stack.paths import PROJECT, Home

dashboards = typer.Typer(help="Build and check the dashboards.", no_args_is_help=True)
alerts = typer.Typer(help="Build and check the alert rules; send a test alert.", no_args_is_help=True)


@dashboards.command("build")
def build_dashboards() -> None:
    """Write the dashboards' JSON."""
    _run("dashboards", "build")


@dashboards.command("check")
def check_dashboards() -> None:
    """Check that every query names what exists, and that the JSON is what the source says."""
    _run("dashboards", "check")


@alerts.command("build")
def build_alerts() -> None:
    """Write the alert rules."""
    _run("alerts", "build")


@alerts.command("check")
def check_alerts() -> None:
    """Check that every rule names what exists, and that the file is what the source says."""
    _run("alerts", "check")


@alerts.command("send-test")
def send_test() -> None:
    """Send a test message to every target of PLAINVIEW_NOTIFY_URLS and say how each took it."""
    from alerts.notifier.send_test import run  # noqa: PLC0415

    os.environ.setdefault("PLAINVIEW_HOME", str(Home.default().root))
    raise typer.Exit(run())


def _run(module: str, action: str) -> None:
    try:
        done = subprocess.run([sys.executable, "-m", module, action], cwd=PROJECT, check=False)  # noqa: S603 - our own modules
    except OSError as error:
        fail(f"{module} {action} could not be started: {error}")
    raise typer.Exit(done.returncode)
