"""What a person needs once the stack is ready: addresses, a sign-in link, a key, and a first command."""

import os
from pathlib import Path
from urllib.parse import quote

from stack.cli.output import columns, out
from stack.native.layout import HOST
from stack.native.state import StackState
from stack.paths import PROJECT, Home

SAMPLES = PROJECT / "app" / "samples"
FIRST_KEY = "first_api_key"
PROMPT = "A calm news anchor"
NOTES = {
    "console": "dashboards, traces, alerts",
    "api": "documentation at /docs",
    "worker": "metrics",
    "notifier": "sends alerts to PLAINVIEW_NOTIFY_URLS",
    "prometheus": "",
    "alertmanager": "",
}


def welcome(home: Home, state: StackState) -> None:
    """Print the addresses of the running stack, the sign-in link, the first key and how to send a job."""
    out.print(
        "\n[bold]Plainview is running[/]" + (" [yellow](demo: simulated GPU and traffic)[/]" if state.demo else "")
    )
    columns(_addresses(state))
    out.print(
        f"\n[bold]Open the console[/]   {sign_in_link(home.secrets / 'console_token', state.ports.console)}",
        soft_wrap=True,
    )
    if key := first_key(home.secrets / FIRST_KEY):
        out.print(f"[bold]First API key[/]      {key}")
        out.print("\n[bold]Send a first job[/]")
        out.print(curl(key, f"http://{HOST}:{state.ports.api}"), markup=False)
    else:
        out.print(
            "[bold]API keys[/]           the database had some already; ./plainview keys create --customer NAME makes one"
        )
    out.print()


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
    """Return the command that sends the sample portrait and speech as a job."""
    image, audio = _shown(SAMPLES / "portrait.jpg"), _shown(SAMPLES / "speech.wav")
    return (
        f"  curl -X POST {api}/generate \\\n"
        f"    -H 'Authorization: Bearer {key}' \\\n"
        f"    -F image=@{image} -F audio=@{audio} -F 'prompt={PROMPT}'"
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
