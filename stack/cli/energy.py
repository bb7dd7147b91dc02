"""What `usage` tells of energy, where any is known."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

from stack.cli.output import energy, money, out, weight

#: What may be told of energy: the heading, and how it is shown.
ENERGY: Final[Mapping[str, tuple[str, Callable[[float], str]]]] = {
    "joules": ("energy", energy),
    "energy_cost_usd": ("its cost", money),
    "co2_grams": ("CO2", weight),
}


def energy_columns(rows: Sequence[Mapping[str, Any]]) -> dict[str, Callable[[Mapping[str, Any]], str]]:
    """Return what is told of energy where any is known, and how a row shows it."""
    known = {name for row in rows for name in ENERGY if row.get(name) is not None}
    return {title: partial(_shown, name, show) for name, (title, show) in ENERGY.items() if name in known}


def _shown(name: str, show: Callable[[float], str], row: Mapping[str, Any]) -> str:
    return "[dim]-[/]" if row.get(name) is None else show(row[name])


def say_of_energy(total: Mapping[str, Any]) -> None:
    """Say what a reader of the sums could mistake."""
    if total["energy_cost_usd"]:
        out.print("\n  [dim]Energy is beside the cost of devices, not in it.[/]")
    if total["joules_estimated"]:
        out.print(f"\n  [dim]{energy(total['joules_estimated'])} of the energy is estimated, from samples of power.[/]")
