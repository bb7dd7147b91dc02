"""`python -m telemetry serve package.module:app`."""

import argparse
import os
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from telemetry.apps._environments import check_interpreter
from telemetry.apps._errors import UNUSABLE, AppUnusable
from telemetry.apps._find import check
from telemetry.apps._name import service_name
from telemetry.apps._spec import Spec

if TYPE_CHECKING:
    from telemetry.settings import TelemetrySettings

_MOST_WORKERS: Final = 256
_HIGHEST_PORT: Final = 65535


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command `serve`."""
    parser = commands.add_parser(
        "serve",
        help="serve an ASGI app with telemetry around it",
        description="Serve a FastAPI, Starlette or other ASGI app with traces, metrics and logs, without a change in it. "
        "Settings are PLAINVIEW_* and OTEL_*, such as OTEL_EXPORTER_OTLP_ENDPOINT.",
    )
    parser.add_argument("app", metavar="MODULE:APP", help="the app or its factory, as package.module:attribute")
    parser.add_argument("--factory", action="store_true", help="APP is a function that returns the app")
    parser.add_argument(
        "--app-dir",
        type=Path,
        default=Path(),
        metavar="FOLDER",
        help="import the app from here, and run it here; the current folder by default",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    parser.add_argument("--port", type=_port, default=8000, help="port to listen on, 0 for any (%(default)s)")
    parser.add_argument("--workers", type=_workers, default=1, metavar="N", help="number of processes (%(default)s)")
    parser.add_argument("--reload", action="store_true", help="start again when a Python file of the app changes")
    parser.add_argument("--check", action="store_true", help="only look whether the app can be found")
    parser.add_argument("--fd", type=int, help=argparse.SUPPRESS)
    # From the stack: the interpreter is the app's own, and where packages lie that it may lack.
    parser.add_argument("--foreign", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--packages", type=Path, help=argparse.SUPPRESS)
    parser.set_defaults(run=run)


def run(chosen: argparse.Namespace) -> int:
    """Do what the command line says and return the exit status: 2 when the app or a setting is wrong, 1 for the rest."""
    try:
        spec = Spec.read(chosen.app, chosen.app_dir, factory=chosen.factory)
        if str(spec.folder) not in sys.path:
            sys.path.insert(0, str(spec.folder))
        if chosen.packages is not None:
            sys.path.append(str(chosen.packages))
        check(spec)
        if chosen.foreign:
            check_interpreter()
        return 0 if chosen.check else _serve(spec, chosen)
    except AppUnusable as error:
        sys.stderr.write(f"{error}\n")
        return UNUSABLE


def _serve(spec: Spec, chosen: argparse.Namespace) -> int:
    from telemetry.process_settings import SettingsInvalid  # noqa: PLC0415 - looking at the app needs none of these
    from telemetry.serving import PortTaken, bind  # noqa: PLC0415
    from telemetry.settings import TelemetrySettings  # noqa: PLC0415

    try:
        settings = TelemetrySettings.read(service_name=service_name(spec.module, spec.folder))
        listener = (
            socket.socket(fileno=chosen.fd) if chosen.fd is not None else bind(chosen.host, chosen.port, "--port")
        )
        os.chdir(spec.folder)
        with listener:
            if chosen.fd is None and (chosen.workers > 1 or chosen.reload):
                return _in_processes(spec, chosen, listener)
            return _in_this_process(spec, listener, settings, child=chosen.fd is not None)
    except SettingsInvalid as error:
        sys.stderr.write(f"{error}\n")
        return UNUSABLE
    except PortTaken as error:
        sys.stderr.write(f"{error}\n")
        return 1


def _in_this_process(spec: Spec, listener: socket.socket, settings: "TelemetrySettings", *, child: bool) -> int:
    from telemetry.apps._processes import die_with_parent  # noqa: PLC0415
    from telemetry.apps._serve import serve_app  # noqa: PLC0415

    if child:
        die_with_parent()
    serve_app(spec, listener, settings)
    return 0


def _in_processes(spec: Spec, chosen: argparse.Namespace, listener: socket.socket) -> int:
    from telemetry.apps._processes import serve_in_processes  # noqa: PLC0415

    options = ["--app-dir", str(spec.folder), "--fd", str(listener.fileno()), *(["--factory"] if spec.factory else [])]
    options += ["--packages", str(chosen.packages)] if chosen.packages is not None else []
    command = [sys.executable, *_path_flag(), "-m", "telemetry", "serve", str(spec), *options]
    return serve_in_processes(command, listener, count=chosen.workers, watched=spec.folder if chosen.reload else None)


def _path_flag() -> Sequence[str]:
    return ("-P",) if sys.flags.safe_path else ()


def _port(text: str) -> int:
    number = int(text)
    if not 0 <= number <= _HIGHEST_PORT:
        raise argparse.ArgumentTypeError(f"{number} is not between 0 and {_HIGHEST_PORT}")
    return number


def _workers(text: str) -> int:
    number = int(text)
    if not 1 <= number <= _MOST_WORKERS:
        raise argparse.ArgumentTypeError(f"{number} is not between 1 and {_MOST_WORKERS}")
    return number
