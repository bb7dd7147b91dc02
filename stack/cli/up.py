"""`up`: start the whole stack."""

import asyncio
import os
from dataclasses import dataclass
from typing import Annotated

import typer

from stack.cli import compose, detach
from stack.cli.output import err, escape, fail
from stack.cli.watch import TerminalWatcher
from stack.native import in_force, state
from stack.native.launch import SettingsWrong, prepare
from stack.native.layout import plan
from stack.native.portcheck import PortsTaken
from stack.native.ports import Ports
from stack.native.programs import ProgramMissing
from stack.native.serve import serve
from stack.native.supervisor import PartFailed
from stack.paths import Home

PROBLEMS = (OSError, SettingsWrong, PortsTaken, ProgramMissing, PartFailed, state.AlreadyStarting)
INTERRUPTED = 130
DEFAULT = Ports()


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
    """Start everything, and print the addresses, a sign-in link and a first API key.

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
    ports = DEFAULT.shifted(port_offset).replaced(**chosen)
    given = {part for part, port in chosen.items() if port_offset or port is not None}
    try:
        if in_docker:
            compose.up(ports, port_offset, demo=demo, detached=detached)
        elif background:
            _foreground(home, ports, demo=demo, background=True)
        else:
            _start_or_attach(home, Asked(ports, frozenset(given), demo), detached=detached)
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

    def differing(self, home: Home, running: state.StackState) -> list[str]:
        """Return the names of settings and options that the running stack was not started with."""
        set_now = in_force.digests(os.environ, home.secrets / "console_token")
        variables = in_force.differing(running.in_force, set_now)
        theirs = running.ports.named()
        ports = [
            f"--{part}-port" for part, port in self.ports.named().items() if part in self.given and port != theirs[part]
        ]
        demo = [] if self.demo == running.demo else ["--demo" if self.demo else "without --demo"]
        return [*demo, *variables, *ports]


def _start_or_attach(home: Home, asked: Asked, *, detached: bool) -> None:
    def attach() -> None:
        detach.attach(home, lambda running: asked.differing(home, running))

    if state.running(home):
        attach()
        return
    try:
        if detached:
            prepare(home, asked.ports, demo=asked.demo, say=_say, warn=_warn)
            detach.start(home, asked.ports, demo=asked.demo)
        else:
            _foreground(home, asked.ports, demo=asked.demo)
    except (state.AlreadyStarting, PortsTaken):
        if not state.held(home):
            raise
        attach()  # another command was a moment faster: the ports are its


def _foreground(home: Home, ports: Ports, *, demo: bool, background: bool = False) -> None:
    home.create()
    with state.only_one(home):
        site = prepare(home, ports, demo=demo, say=_say, warn=_warn, checked=background)
        started = in_force.digests(os.environ, site.secrets["console_token"])
        watcher = TerminalWatcher(home, background=background)
        if not asyncio.run(serve(plan(site, started), home, watcher)):
            raise typer.Exit(INTERRUPTED)


def _say(message: str) -> None:
    err.print(f"[dim]{escape(message)} ...[/]")


def _warn(message: str) -> None:
    err.print(f"[yellow]![/] {escape(message)}")
