"""What a person needs once the stack is ready: addresses, a sign-in link, then a key and a first command, or the app."""

import os
import shlex
from pathlib import Path
from urllib.parse import quote

from stack.cli.output import columns, escape, out
from stack.native import notified
from stack.native.layout import APP, FIRST_KEY, HOST, keeping
from stack.native.state import StackState
from stack.paths import PROJECT, Home

SAMPLES = PROJECT / "app" / "samples"
FORM = {"image": "portrait.jpg", "audio": "speech.wav"}
CLOCK_STEP_SECONDS = 1.0  # a file's time may be a little behind the clock
PROMPT = "A calm news anchor"
_OFF = frozenset({"false", "0", "no", "off", "n", "f"})
NOTES = {
    "console": "dashboards, traces, alerts",
    "api": "documentation at /docs",
    "app": "",
    "worker": "metrics",
    "notifier": "sends alerts to PLAINVIEW_NOTIFY_URLS",
    "prometheus": "",
    "alertmanager": "",
}


def welcome(home: Home, state: StackState, *, again: bool = False) -> None:
    """Print the addresses of the running stack, who is told of alerts, the sign-in link and how to send a job.

    A key that this very start made is printed in full, once: not `again`, for whoever finds the stack running.
    """
    out.print(
        "\n[bold]Plainview is running[/]" + (" [yellow](demo: simulated GPU and traffic)[/]" if state.demo else "")
    )
    columns(_addresses(state))
    told = notified.targets(state)
    if told is not None:
        out.print(f"\n{_told(len(told))}")
    out.print(
        f"\n[bold]Open the console[/]   {sign_in_link(home.secrets / 'console_token', state.ports.console)}",
        soft_wrap=True,
    )
    if state.app:
        _own_app(state)
    elif os.environ.get("PLAINVIEW_AUTH_REQUIRED", "").lower() in _OFF:
        out.print(
            "[bold red]Authentication is off[/]   everybody who reaches the API is administrator: development only"
        )
    else:
        _first_job(keeping(home, demo=state.demo).secrets / FIRST_KEY, state, again=again)
    out.print()


def _own_app(state: StackState) -> None:
    """Print where the app's figures and lines are."""
    url = f"http://{HOST}:{state.ports.api}"
    out.print(f"[bold]Your app[/]           {url}  [dim]its metrics, with its own among them: {url}/metrics[/]")
    out.print(f"[bold]Its log[/]            ./plainview logs {APP} --follow")


def _first_job(file: Path, state: StackState, *, again: bool) -> None:
    """Print the first key, or the file that has it, and a command that uses it."""
    key = first_key(file)
    if key is None:
        out.print(
            "[bold]API keys[/]           the database had some already; ./plainview keys create --customer NAME makes one"
        )
        return
    made = next((part.since for part in state.parts if part.name == "bootstrap"), None)
    new = not again and made is not None and file.stat().st_mtime >= made - CLOCK_STEP_SECONDS
    out.print(f"[bold]First API key[/]      {key if new else f'in {escape(str(file))}'}  [dim](an administrator's)[/]")
    out.print("\n[bold]Send a first job[/]")
    out.print(
        curl(key if new else f"$(cat {shlex.quote(str(file))})", f"http://{HOST}:{state.ports.api}"), markup=False
    )


def sign_in_link(token_file: Path, port: int) -> str:
    """Return the address that signs a browser in to the console."""
    token = token_file.read_text().strip()
    base = os.environ.get("PLAINVIEW_CONSOLE_URL", f"http://{HOST}:{port}")
    return f"{base.rstrip('/')}/sign-in?token={quote(token, safe='')}"


def first_key(file: Path) -> str | None:
    """Return the administrator's key made at the first start; None when there is none."""
    try:
        return file.read_text().strip() or None
    except FileNotFoundError:
        return None


def curl(key: str, api: str) -> str:
    """Return the command that sends the sample portrait and speech as a job; `key` may be a shell's `$(...)`."""
    image, audio = (shlex.quote(f"{name}=@{_shown(SAMPLES / file)}") for name, file in FORM.items())
    return (
        f"  curl -X POST {api}/generate \\\n"
        f'    -H "Authorization: Bearer {key}" \\\n'
        f"    -F {image} -F {audio} -F 'prompt={PROMPT}'"
    )


def _shown(path: Path) -> str:
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def _addresses(state: StackState) -> list[tuple[str, str, str]]:
    parts = sorted((part for part in state.parts if part.address), key=lambda part: _place(part.name))
    rows = [(part.title, part.address, f"[dim]{NOTES.get(part.name, '')}[/]") for part in parts]
    ports = state.ports
    rows.append(
        ("Traces", f"http://{HOST}:{ports.query}", f"[dim]Jaeger's query API; OTLP/HTTP goes to port {ports.otlp}[/]")
    )
    if state.demo:
        rows.append(
            (
                "[yellow]Demo[/]",
                "[yellow]simulated GPU[/]",
                "[yellow]light traffic of the customer demo; no figure is a real GPU's[/]",
            )
        )
    return rows


def _place(name: str) -> int:
    return list(NOTES).index(name) if name in NOTES else len(NOTES)


def _told(count: int) -> str:
    if count == 0:
        return "[bold yellow]Nobody is told of alerts: set PLAINVIEW_NOTIFY_URLS[/]"
    return f"Alerts go to {count} target" + ("s" if count > 1 else "")
