"""`python -m app serve|worker|migrate|bootstrap|prepare`: one process of the service, or one step of its set-up."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Final

from sqlalchemy.exc import DBAPIError

from app import VERSION
from app.settings import Settings
from app.typos import likely_typos
from telemetry import TelemetrySettings
from telemetry.process_settings import SettingsInvalid


def _serve(settings: Settings, fd: int | None = None) -> int:
    if fd is None and settings.processes > 1:
        return _serve_in_processes(settings)
    from app.server import run_api  # noqa: PLC0415 - each command loads only what it needs

    run_api(settings, _telemetry("api"), fd=fd)
    return 0


def _serve_in_processes(settings: Settings) -> int:
    from telemetry.apps import serve_in_processes  # noqa: PLC0415
    from telemetry.serving import bind  # noqa: PLC0415

    with bind(settings.host, settings.port, "PLAINVIEW_PORT") as listener:
        command = [sys.executable, "-m", "app", "serve", "--fd", str(listener.fileno())]
        patience = settings.drain + settings.shutdown_grace + _TO_FLUSH
        return serve_in_processes(command, listener, count=settings.processes, patience=patience)


def _worker(settings: Settings) -> int:
    from app.jobs.worker import work  # noqa: PLC0415

    work(settings, _telemetry("worker"))


def _migrate(settings: Settings, revision: str = "head") -> int:
    from app.database.migrate import migrate  # noqa: PLC0415

    migrate(settings, revision)
    where = "up to date" if revision == "head" else f"at revision {revision}"
    sys.stdout.write(f"The database {settings.database.render_as_string()} is {where}.\n")
    return 0


def _bootstrap(settings: Settings) -> int:
    from app.keys.bootstrap import bootstrap  # noqa: PLC0415

    done = {
        "created": "The first administrator's key is in {}.",
        "present": "The first administrator's key was made before; it is in {}.",
        "not needed": "An administrator's key exists and {} was taken away; nothing was done.",
    }
    sys.stdout.write(done[bootstrap(settings)].format(settings.first_key_file) + "\n")
    return 0


def _prepare(settings: Settings) -> int:
    return _migrate(settings) or _bootstrap(settings)


WRONG_SETTINGS: Final = 2
_TO_FLUSH: Final = timedelta(seconds=3)

_COMMANDS: Final[Mapping[str, tuple[str, Callable[[Settings], int]]]] = {
    "serve": ("answer requests", _serve),
    "worker": ("run jobs on this host's device", _worker),
    "migrate": ("bring the database up to date", _migrate),
    "prepare": ("migrate and bootstrap, one after the other", _prepare),
    "bootstrap": ("write the first administrator's key into PLAINVIEW_FIRST_KEY_FILE", _bootstrap),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return the exit status: 0, 1 when it failed, 2 when a setting is wrong."""
    parser = argparse.ArgumentParser(prog="python -m app", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (purpose, _) in _COMMANDS.items():
        command = commands.add_parser(name, help=purpose)
        if name == "serve":
            command.add_argument("--fd", type=int, help=argparse.SUPPRESS)  # of a process of several
        if name == "migrate":
            command.add_argument("--to", default="head", metavar="REVISION", help="forward or back, such as 0012")
    chosen = parser.parse_args(arguments)
    for variable, meant in likely_typos():
        sys.stderr.write(f"{variable} is not a setting; did you mean {meant}?\n")
    try:
        settings = Settings.read()
        if chosen.command == "serve":
            return _serve(settings, chosen.fd)
        if chosen.command == "migrate":
            return _migrate(settings, chosen.to)
        return _COMMANDS[chosen.command][1](settings)
    except SettingsInvalid as error:
        sys.stderr.write(f"{error}\n")
        return WRONG_SETTINGS
    except (RuntimeError, ValueError, OSError) as error:
        sys.stderr.write(f"{error}\n")
    except DBAPIError as error:
        sys.stderr.write(f"The database {settings.database.render_as_string()} does not answer: {error.orig}\n")
    return 1


def _telemetry(part: str) -> TelemetrySettings:
    # The parts of one service are told apart by name in traces and logs, unless the operator names them.
    return TelemetrySettings.read(service_name=f"plainview-{part}", service_version=VERSION)


if __name__ == "__main__":
    sys.exit(main())
