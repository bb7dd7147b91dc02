"""`up`: start the whole stack."""

import asyncio
from typing import Annotated

import typer

from stack.cli import compose, detach
from stack.cli.output import err, escape, fail
from stack.cli.watch import TerminalWatcher
from stack.native import state
from stack.native.launch import prepare
from stack.native.layout import plan
from stack.native.portcheck import PortsTaken
from stack.native.ports import Ports
from stack.native.programs import ProgramMissing
from stack.native.serve import serve
from stack.native.supervisor import PartFailed
from stack.paths import Home

PROBLEMS = (OSError, PortsTaken, ProgramMissing, PartFailed, state.AlreadyStarting)
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
    ports = DEFAULT.shifted(port_offset).replaced(
        api=api_port,
        worker=worker_port,
        notifier=notifier_port,
        prometheus=prometheus_port,
        alertmanager=alertmanager_port,
        console=console_port,
        otlp=otlp_port,
        query=query_port,
    )
    try:
        if in_docker:
            compose.up(ports, port_offset, demo=demo, detached=detached)
        elif state.running(home):
            detach.attach(home)
        elif detached:
            prepare(home, ports, demo=demo, say=_say)
            detach.start(home, ports, demo=demo)
        else:
            _foreground(home, ports, demo=demo, background=background)
    except KeyboardInterrupt:
        fail("stopped", code=130)
    except PROBLEMS as error:
        fail(error)


def _foreground(home: Home, ports: Ports, *, demo: bool, background: bool) -> None:
    home.create()
    with state.only_one(home):
        site = prepare(home, ports, demo=demo, say=_say)
        asyncio.run(serve(plan(site), home, TerminalWatcher(home, background=background)))


def _say(message: str) -> None:
    err.print(f"[dim]{escape(message)} ...[/]")
