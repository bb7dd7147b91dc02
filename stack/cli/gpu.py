"""`gpu`: this host's cards in the terminal, or as a stand-alone exporter."""

import contextlib
import signal
import threading
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Annotated

import typer
from rich.live import Live
from rich.table import Table
from rich.text import Text

from stack.cli.output import err, fail, out, size
from telemetry import catalog
from telemetry.process_settings import SettingsInvalid

if TYPE_CHECKING:
    from telemetry import Telemetry, TelemetrySettings
    from telemetry.gpu import Card, Gpus, Reading, Snapshot

gpu = typer.Typer(help="Show this host's GPUs, live, or export their readings.", invoke_without_command=True)

HEADINGS = ("GPU", "model", "busy", "tensor", "memory", "temp", "power", "SM clock", "slowed by", "errors")
LEFT = frozenset({"GPU", "model", "slowed by", "errors"})
# What gives way in a narrow terminal: these are cut, and those left out.
CUT = frozenset({"model", "slowed by", "errors"})
WIDE_ONLY = frozenset({"tensor", "SM clock"})
WIDE = 110
# NVML may take seconds for its first answer when no other process keeps the driver awake.
FIRST_SECONDS = 20.0
FRAMES_PER_SECOND = 4
OLD_SECONDS = 5.0
# Normal states of a card; the other reasons are worth a look.
NORMAL = frozenset({"applications_clocks_setting", "sw_power_cap"})
IDLE = "gpu_idle"
HOT_CELSIUS = 85
NO_INSTANCE_READING = Text("-", "dim")


@gpu.callback()
def show(
    context: typer.Context,
    *,
    once: Annotated[bool, typer.Option("--once", help="Print the table once and end.")] = False,
) -> None:
    """Show this host's GPUs, live; Ctrl-C ends it.

    Exits with 0 when every card answers, 1 when there is none or one does not.
    """
    if context.invoked_subcommand is not None:
        return
    with _opened("CRITICAL") as (gpus, _):
        snapshot = gpus.wait_for(lambda now: now.state != "starting", FIRST_SECONDS)
        if not snapshot.cards:
            fail(_without_cards(snapshot))
        if once or not out.is_terminal:
            out.print(_table(snapshot))
        else:
            _live(gpus)
        well = all(card.lost is None for card in gpus.snapshot().cards)
    raise typer.Exit(0 if well else 1)


@gpu.command()
def export(
    *,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on, 0 for any.", min=0, max=65535)] = 9102,
) -> None:
    """Serve the readings of this host's GPUs to Prometheus on /metrics, without the service; SIGTERM ends it."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with _opened() as (gpus, telemetry), contextlib.ExitStack() as stack:
        try:
            taken = stack.enter_context(
                telemetry.serve_metrics(host, port, ready=lambda: gpus.snapshot().state != "starting")
            )
        except OSError as error:
            fail(error)
        err.print(f"GPU readings on http://{host}:{taken}/metrics; {_summary(gpus.snapshot())}")
        stop.wait()


@contextlib.contextmanager
def _opened(log_level: str | None = None) -> "Iterator[tuple[Gpus, Telemetry]]":
    """Open the cards as the settings of the environment say; with a log level, in place of the one set."""
    from telemetry import start  # noqa: PLC0415 - other commands need not wait for the SDK
    from telemetry.gpu import open_gpus  # noqa: PLC0415 - as above

    settings = _settings()
    if log_level is not None:
        settings = settings.model_copy(update={"log_level": log_level})
    with start(settings) as telemetry, open_gpus(settings, telemetry) as gpus:
        yield gpus, telemetry


def _settings() -> "TelemetrySettings":
    from telemetry import TelemetrySettings  # noqa: PLC0415 - as above

    try:
        return TelemetrySettings.read(service_name="plainview-gpu")
    except SettingsInvalid as error:
        fail(error)


def _live(gpus: "Gpus") -> None:
    with (
        contextlib.suppress(KeyboardInterrupt),
        Live(get_renderable=lambda: _table(gpus.snapshot()), console=out, refresh_per_second=FRAMES_PER_SECOND),
    ):
        while True:
            time.sleep(1)


def _without_cards(snapshot: "Snapshot") -> str:
    absent = snapshot.state in {"absent", "off"}
    return f"{'no GPU on this host' if absent else 'no GPU can be read'}: {snapshot.reason or 'no answer yet'}"


def _summary(snapshot: "Snapshot") -> str:
    if not snapshot.cards:
        return _without_cards(snapshot)
    answering = [card for card in snapshot.cards if card.lost is None]
    simulated = ", simulated" if any(card.facts and card.facts.simulated for card in answering) else ""
    return f"{len(answering)} of {len(snapshot.cards)} cards answer{simulated}"


def _table(snapshot: "Snapshot") -> Table:
    table = Table(
        box=None, header_style="bold", padding=(0, 2, 0, 0), caption=_caption(snapshot), caption_justify="left"
    )
    rows = []
    for card in snapshot.cards:
        rows.append(_row(card, snapshot))
        rows += [_instance_row(card, key.labels) for key in card.readings if key.metric is catalog.GPU_INSTANCE_INFO]
    shown = [place for place, heading in enumerate(HEADINGS) if out.width >= WIDE or heading not in WIDE_ONLY]
    for place in shown:
        heading = HEADINGS[place]
        width = None if heading in CUT else max(len(heading), *(len(row[place]) for row in rows))
        table.add_column(heading, justify="left" if heading in LEFT else "right", no_wrap=True, min_width=width)
    for row in rows:
        table.add_row(*(row[place] for place in shown))
    return table


def _caption(snapshot: "Snapshot") -> str:
    if snapshot.state != "ok":
        return snapshot.reason
    age = time.monotonic() - snapshot.read_at if snapshot.read_at is not None else 0.0
    return f"last reading {age:.0f} s ago" if age > OLD_SECONDS else ""


def _row(card: "Card", snapshot: "Snapshot") -> list[Text]:
    index, model = (card.facts.index, card.facts.model) if card.facts else ("?", card.uuid)
    if card.lost is not None:
        nothing = [Text("")] * (len(HEADINGS) - 3)
        return [Text(index), Text(model), *nothing, Text(f"does not answer: {card.lost}", "red")]
    temperature = _cell(card, catalog.GPU_TEMPERATURE, "{:.0f} °C")
    reading = card.reading(catalog.GPU_TEMPERATURE)
    if _number(reading) >= HOT_CELSIUS:
        temperature.stylize("red")
    return [
        Text(index),
        Text(model, "yellow" if card.facts and card.facts.simulated else ""),
        _cell(card, catalog.GPU_UTILIZATION, "{:.0%}"),
        _cell(card, catalog.GPU_TENSOR_ACTIVITY, "{:.0%}"),
        _pair(card, catalog.GPU_MEMORY_USED, catalog.GPU_MEMORY_TOTAL, size),
        temperature,
        _pair(card, catalog.GPU_POWER, catalog.GPU_POWER_LIMIT, "{:.0f} W".format),
        _cell(card, catalog.GPU_CLOCK, "{:.0f} MHz", "sm", factor=1e-6),
        _slowed(card),
        _errors(card, snapshot),
    ]


def _instance_row(card: "Card", labels: tuple[str, ...]) -> list[Text]:
    instance, compute, profile, _ = labels
    cells = [NO_INSTANCE_READING] * len(HEADINGS)
    cells[0], cells[1] = Text(""), Text(f"MIG {profile} (GPU instance {instance}, compute instance {compute})")
    cells[HEADINGS.index("busy")] = _cell(card, catalog.GPU_INSTANCE_SM_ACTIVITY, "{:.0%}", instance)
    cells[HEADINGS.index("tensor")] = _cell(card, catalog.GPU_INSTANCE_TENSOR_ACTIVITY, "{:.0%}", instance)
    used, total = catalog.GPU_INSTANCE_MEMORY_USED, catalog.GPU_INSTANCE_MEMORY_TOTAL
    cells[HEADINGS.index("memory")] = _pair(card, used, total, size, instance)
    return cells


def _cell(card: "Card", metric: catalog.Metric, form: str, *labels: str, factor: float = 1.0) -> Text:
    """Return a reading as it is: a number, or in words why there is none."""
    from telemetry.gpu import Failed, NotSupported, Value  # noqa: PLC0415 - as above

    match card.reading(metric, *labels):
        case Value(value):
            return Text(form.format(value * factor))
        case NotSupported():
            return Text("n/a", "dim")
        case Failed(error):
            return Text(error, "yellow")
        case _:
            return Text("-", "dim")


def _pair(
    card: "Card", metric: catalog.Metric, most: catalog.Metric, form: Callable[[float], str], *labels: str
) -> Text:
    from telemetry.gpu import Value  # noqa: PLC0415 - as above

    used, total = card.reading(metric, *labels), card.reading(most, *labels)
    if isinstance(used, Value) and isinstance(total, Value):
        used_text, total_text = form(used.value), form(total.value)
        unit = total_text.rpartition(" ")[2]
        return Text(f"{used_text.removesuffix(f' {unit}')} / {total_text}")
    return Text(form(used.value)) if isinstance(used, Value) else _cell(card, metric, "{}", *labels)


def _number(reading: "Reading") -> float:
    """Return a reading's number, or minus infinity, which is less than any threshold."""
    return getattr(reading, "value", float("-inf"))


def _slowed(card: "Card") -> Text:
    text = Text()
    for key in card.readings:
        reason = key.labels[0] if key.metric is catalog.GPU_CLOCK_EVENT else IDLE
        if reason != IDLE and _number(card.readings[key]) == 1:
            text.append(", " if text else "").append(reason.replace("_", " "), "dim" if reason in NORMAL else "red")
    return text


def _errors(card: "Card", snapshot: "Snapshot") -> Text:
    found = [f"XID {code} x{xid.count}" for (uuid, code), xid in snapshot.xids.items() if uuid == card.uuid]
    if (uncorrected := _number(card.reading(catalog.GPU_ECC_ERRORS, "uncorrected"))) > 0:
        found.append(f"{uncorrected:.0f} ECC")
    if _number(card.reading(catalog.GPU_REMAP_FAILED)) == 1:
        found.append("row remap failed")
    if (action := _number(card.reading(catalog.GPU_RECOVERY_ACTION))) > 0:
        found.append(f"recovery action {action:.0f}")
    return Text(", ".join(found), "red")
