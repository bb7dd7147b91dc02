"""How commands talk: results to stdout, the rest to stderr, an error as one plain message."""

import math
from collections.abc import Sequence
from typing import NoReturn

import typer
from rich import markup
from rich.console import Console
from rich.text import Text

NOTHING_RUNS = 3  # as init scripts say it

# A name such as team:key:one is shown as it is.
out = Console(soft_wrap=True, highlight=False, emoji=False)
err = Console(stderr=True, soft_wrap=True, highlight=False, emoji=False)


def fail(message: object, *, code: int = 1) -> NoReturn:
    """Print what went wrong and end the command."""
    err.print(f"[bold red]plainview:[/] {escape(str(message))}")
    raise typer.Exit(code)


def escape(text: str) -> str:
    """Return `text` so that rich shows it as it is."""
    return markup.escape(text)


def size(number: float) -> str:
    """Return a number of bytes as people read it: "1.5 GiB"."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if number < 1024:  # noqa: PLR2004
            return f"{number:.0f} {unit}" if unit in {"B", "KiB", "MiB"} else f"{number:.1f} {unit}"
        number /= 1024
    return f"{number:.1f} TiB"


def duration(seconds: float) -> str:
    """Return a time as people read it, in its two largest units: "2 h 5 min"."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def held(seconds: float) -> str:
    """Return the time that a device was held: with tenths below a minute, where they count."""
    return f"{seconds:.1f} s" if seconds < 60 else duration(seconds)  # noqa: PLR2004


def money(usd: float) -> str:
    """Return an amount as people read it: cents, and below them one digit that counts: "$1.25", "$0.0003"."""
    places = 2 if usd == 0 else max(2, -math.floor(math.log10(abs(float(f"{usd:.0e}")))))
    return f"${usd:.{places}f}"


def cost(usd: float, unpriced_seconds: float) -> str:
    """Return an amount that may not be all: that of seconds without a price is unknown, and never 0."""
    if not unpriced_seconds:
        return money(usd)
    return f"[yellow]{money(usd)} + ?[/]" if usd else "[yellow]unknown[/]"


def energy(joules: float) -> str:
    """Return an amount of energy as bills have it: "12.3 kWh", "0.42 Wh"."""
    watt_hours = joules / 3600
    return f"{watt_hours / 1000:,.2f} kWh" if watt_hours >= 1000 else f"{watt_hours:.2f} Wh"  # noqa: PLR2004


def weight(grams: float) -> str:
    """Return a weight: "4.7 kg", "0.3 g"."""
    return f"{grams / 1000:,.2f} kg" if grams >= 1000 else f"{grams:.2f} g"  # noqa: PLR2004


def columns(rows: Sequence[Sequence[str]], *, right: frozenset[int] = frozenset()) -> None:
    """Print rows of rich markup in aligned columns, never cut: what does not fit the terminal wraps, and can be copied.

    The columns numbered in `right` are aligned to the right.
    """
    cells = [[Text.from_markup(cell, emoji=False) for cell in row] for row in rows]
    widths = [max(len(cell) for cell in column) for column in zip(*cells, strict=True)]
    for row in cells:
        line = Text("  ")
        for number, (cell, width) in enumerate(zip(row, widths, strict=True)):
            space = " " * (width - len(cell))
            line.append_text(Text.assemble(space, cell) if number in right else Text.assemble(cell, space)).append(
                "   "
            )
        line.rstrip()
        out.print(line)
