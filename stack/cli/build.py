"""`dashboards` and `alerts`: build and check what is generated, and send a test alert."""

import os
import subprocess
import sys

import typer

from stack.cli.output import err, fail
from stack.native import notified
from stack.native.state import running
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
    """Send a test message to every target of PLAINVIEW_NOTIFY_URLS, as it is set here, and say how each took it."""
    from alerts.notifier.send_test import run  # noqa: PLC0415

    home = Home.default()
    os.environ.setdefault("PLAINVIEW_HOME", str(home.root))
    state = running(home)
    told = None if state is None else notified.targets(state)
    if told is not None:
        err.print("Testing the targets of PLAINVIEW_NOTIFY_URLS as it is set in this shell.")
    code = run()
    if told is not None and (own := _own_targets()) is not None and sorted(own) != sorted(told):
        theirs = f"{len(told)} target{'' if len(told) == 1 else 's'}" if told else "NOBODY"
        err.print(
            f"[bold red]The running notifier tells {theirs}[/], not the {len(own)} tested here: it has the settings that "
            "it was started with. [bold]./plainview down && ./plainview up[/] starts it with these."
        )
        raise typer.Exit(code or 1)
    raise typer.Exit(code)


def _own_targets() -> list[str] | None:
    """Return the ids of the targets that are set here; None when they cannot be used, which is said already."""
    from alerts.notifier.backoff import DeliveryPolicy  # noqa: PLC0415
    from alerts.notifier.errors import NotifierError  # noqa: PLC0415
    from alerts.notifier.settings import NotifierSettings  # noqa: PLC0415
    from alerts.notifier.targets import parse  # noqa: PLC0415
    from telemetry.process_settings import SettingsInvalid  # noqa: PLC0415

    try:
        settings = NotifierSettings.read()
        urls = settings.notify_urls.get_secret_value()
        targets = parse(urls, send_timeout=DeliveryPolicy().send_timeout, console=settings.console)
    except (NotifierError, SettingsInvalid):
        return None
    return [target.recipient.id for target in targets]


def _run(module: str, action: str) -> None:
    try:
        done = subprocess.run([sys.executable, "-m", module, action], cwd=PROJECT, check=False)  # noqa: S603 - our own modules
    except OSError as error:
        fail(f"{module} {action} could not be started: {error}")
    raise typer.Exit(done.returncode)
