"""`up`: start the whole stack."""

import asyncio
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from stack.cli import compose, detach
from stack.cli.output import err, escape, fail
from stack.cli.watch import TerminalWatcher
from stack.native import in_force, state
from stack.native.guest import Guest, interpreter
from stack.native.launch import SettingsWrong, prepare
from stack.native.layout import plan
from stack.native.portcheck import PortsTaken
from stack.native.ports import Ports
from stack.native.programs import ProgramMissing
from stack.native.serve import serve
from stack.native.supervisor import PartFailed
from stack.paths import PROJECT, Home
from telemetry.apps import AppUnusable, Spec

PROBLEMS = (OSError, AppUnusable, SettingsWrong, PortsTaken, ProgramMissing, PartFailed, state.AlreadyStarting)
INTERRUPTED = 130
DEFAULT = Ports()
YOURS = "Your own app"


def _port(part: str, variable: str | None = None) -> typer.models.OptionInfo:
    option: typer.models.OptionInfo = typer.Option(
        f"--{part}-port",
        min=1,
        max=65535,
        envvar=variable,
        rich_help_panel="Ports",
        show_default=str(getattr(DEFAULT, part)),
    )
    return option


def up(  # noqa: PLR0913 - one parameter per option
    *,
    in_docker: Annotated[bool, typer.Option("--compose", help="Run in Docker: docker-compose.yml.")] = False,
    demo: Annotated[bool, typer.Option("--demo", help="Add a simulated GPU and light traffic, labelled so.")] = False,
    detached: Annotated[
        bool, typer.Option("--detach", "-d", help="Return when all is ready; ./plainview down ends it.")
    ] = False,
    app: Annotated[
        str | None,
        typer.Option(
            "--app",
            metavar="MODULE:APP",
            help="Run this app, or what this factory makes, in the place of the reference service.",
            rich_help_panel=YOURS,
        ),
    ] = None,
    app_dir: Annotated[
        Path | None,
        typer.Option(help="Where it is imported from and runs; the current folder.", rich_help_panel=YOURS),
    ] = None,
    python: Annotated[
        str | None,
        typer.Option(help="Python that has its packages; the active virtual environment's.", rich_help_panel=YOURS),
    ] = None,
    factory: Annotated[
        bool, typer.Option("--factory", help="APP is a function that returns the app.", rich_help_panel=YOURS)
    ] = False,
    workers: Annotated[int, typer.Option(min=1, max=256, help="Number of its processes.", rich_help_panel=YOURS)] = 1,
    reload: Annotated[
        bool, typer.Option("--reload", help="Start it again when its files change.", rich_help_panel=YOURS)
    ] = False,
    port_offset: Annotated[int, typer.Option(help="Add this to every port.", rich_help_panel="Ports")] = 0,
    api_port: Annotated[int | None, _port("api", "PLAINVIEW_PORT")] = None,
    worker_port: Annotated[int | None, _port("worker", "PLAINVIEW_WORKER_PORT")] = None,
    notifier_port: Annotated[int | None, _port("notifier", "PLAINVIEW_NOTIFIER_PORT")] = None,
    prometheus_port: Annotated[int | None, _port("prometheus")] = None,
    alertmanager_port: Annotated[int | None, _port("alertmanager")] = None,
    console_port: Annotated[int | None, _port("console", "PLAINVIEW_CONSOLE_PORT")] = None,
    otlp_port: Annotated[int | None, _port("otlp", "PLAINVIEW_TRACESTORE_OTLP_PORT")] = None,
    query_port: Annotated[int | None, _port("query", "PLAINVIEW_TRACESTORE_QUERY_PORT")] = None,
    background: Annotated[bool, typer.Option("--background", hidden=True)] = False,
) -> None:
    """Start everything, and print the addresses, a sign-in link and a first API key; with --app, around your own app.

    Needs neither Docker nor root nor a GPU; --compose runs the containers of docker-compose.yml instead.
    """
    home = Home.default()
    chosen = {
        "api": api_port,
        "worker": worker_port,
        "notifier": notifier_port,
        "prometheus": prometheus_port,
        "alertmanager": alertmanager_port,
        "console": console_port,
        "otlp": otlp_port,
        "query": query_port,
    }
    of_app = {
        "--app-dir": app_dir,
        "--python": python,
        "--factory": factory,
        "--workers": workers > 1,
        "--reload": reload,
    }
    ports = DEFAULT.shifted(port_offset).replaced(**chosen)
    given = {part for part, port in chosen.items() if port_offset or port is not None}
    _check_together(app, [name for name, value in of_app.items() if value], in_docker=in_docker, demo=demo)
    try:
        if in_docker:
            compose.up(ports, port_offset, demo=demo, detached=detached)
            return
        if app is None:
            _check_installed()
        guest = _guest(app, app_dir or Path(), python, factory=factory, workers=workers, reload=reload) if app else None
        asked = Asked(ports, frozenset(given), demo, guest)
        if background:
            _foreground(home, asked, background=True)
        else:
            _start_or_attach(home, asked, detached=detached)
    except KeyboardInterrupt:
        fail("stopped", code=INTERRUPTED)
    except PROBLEMS as error:
        fail(error)


@dataclass(frozen=True)
class Asked:
    """What this command was asked to start; of the ports, those in `given` were named."""

    ports: Ports
    given: frozenset[str]
    demo: bool
    guest: Guest | None = None

    @property
    def app(self) -> str:
        return self.guest.app if self.guest is not None else ""

    def differing(self, home: Home, running: state.StackState) -> list[str]:
        """Return the names of settings and options that the running stack was not started with."""
        set_now = in_force.digests(os.environ, home.secrets / "console_token")
        variables = in_force.differing(running.in_force, set_now)
        theirs = running.ports.named()
        ports = [
            f"--{part}-port" for part, port in self.ports.named().items() if part in self.given and port != theirs[part]
        ]
        demo = [] if self.demo == running.demo else ["--demo" if self.demo else "without --demo"]
        app = [] if self.app == running.app else [f"--app {self.app}" if self.app else "without --app"]
        return [*app, *demo, *variables, *ports]


def _check_installed() -> None:
    if not (PROJECT / "app" / "__main__.py").is_file():
        fail("the reference service is not in this installation; --app MODULE:APP runs your own app", code=2)


def _check_together(app: str | None, of_app: list[str], *, in_docker: bool, demo: bool) -> None:
    if app is None and of_app:
        fail(f"{of_app[0]} says how to run your own app; name it with --app MODULE:APP", code=2)
    if app is not None and in_docker:
        fail(
            "--app runs your app on this machine, without Docker; leave --compose out. In a container of yours, "
            "`python -m telemetry serve` runs it with the same telemetry",
            code=2,
        )
    if app is not None and demo:
        fail(
            "--demo makes traffic for the reference service; leave it out. PLAINVIEW_GPU=simulated shows a simulated "
            "card beside your app",
            code=2,
        )


def _guest(  # noqa: PLR0913 - one parameter per option
    app: str, folder: Path, python: str | None, *, factory: bool, workers: int, reload: bool
) -> Guest:
    found, packages = interpreter(python)
    spec = Spec.read(app, folder, factory=factory)
    guest = Guest(str(spec), spec.folder, found, packages, factory=factory, workers=workers, reload=reload)
    if guest.is_foreign and python is None:
        _say(f"running the app with {found}, of the active virtual environment")
    return guest


def _start_or_attach(home: Home, asked: Asked, *, detached: bool) -> None:
    def attach() -> None:
        detach.attach(home, lambda running: asked.differing(home, running))

    if state.running(home):
        attach()
        return
    try:
        if detached:
            prepare(home, asked.ports, demo=asked.demo, guest=asked.guest, say=_say, warn=_warn)
            detach.start(home, asked.ports, demo=asked.demo, guest=asked.guest)
        else:
            _foreground(home, asked)
    except (state.AlreadyStarting, PortsTaken):
        if not state.held(home):
            raise
        attach()  # another command was a moment faster: the ports are its


def _foreground(home: Home, asked: Asked, *, background: bool = False) -> None:
    home.create()
    with state.only_one(home):
        site = prepare(home, asked.ports, demo=asked.demo, guest=asked.guest, say=_say, warn=_warn, checked=background)
        started = in_force.digests(os.environ, site.secrets["console_token"])
        watcher = TerminalWatcher(home, background=background)
        if not asyncio.run(serve(plan(site, started), home, watcher)):
            raise typer.Exit(INTERRUPTED)


def _say(message: str) -> None:
    err.print(f"[dim]{escape(message)} ...[/]")


def _warn(message: str) -> None:
    err.print(f"[yellow]![/] {escape(message)}")
