"""The top row: what cards there are, and is every one of them all right?"""

from __future__ import annotations

from typing import Final

from dashboards import look, recorded
from dashboards import queries as q
from dashboards.model import About, Panel, Query
from dashboards.panels import stat, table
from telemetry import catalog

NOT_READ: Final = "No card is read"

#: State of the reader to the number that stands for it in a panel, worst last; each with its words.
_READER: Final = {
    "ok": (0, "Read", look.GOOD),
    "absent": (1, "No GPU here", look.MUTED),
    "starting": (2, "Starting", look.WARN),
    "stale": (3, "Stale", look.BAD),
    "failed": (4, "Driver fails", look.BAD),
}


def reader() -> Panel:
    about = About(
        "Reading of the cards",
        "Whether each worker reads its cards now. Stale: the last reading is too old to be shown. Driver fails: there is a driver and it does not answer. No GPU here: the CPU stands in.",
        unit="none",
        empty="No worker is scraped, or PLAINVIEW_GPU is off",
    )
    states = (f"{number} * {_workers_in(state)}" for state, (number, _, _) in _READER.items())
    texts = {str(number): (words, colour) for number, words, colour in _READER.values()}
    return stat(about, Query("\nor\n".join(states), "{{instance}}"), steps=look.rising(2, 3), texts=texts, width=6)


def count() -> Panel:
    about = About(
        "Cards",
        "Cards that the workers see, real and simulated ones apart. A simulated card does not exist: its readings are made up for the demonstration.",
        unit="short",
        empty=NOT_READ,
    )
    return stat(
        about,
        Query(q.cards("false"), "real"),
        Query(q.cards("true"), "simulated"),
        decimals=0,
    )


def lost() -> Panel:
    about = About(
        "Cards lost",
        "Cards that do not answer while others are read. The alert GpuLost names them; readings that are stale show beside.",
        unit="short",
        empty=NOT_READ,
    )
    gone = _missing('reading="all",state="lost"')
    return stat(about, Query(_count(gone), "lost"), steps=look.ZERO_IS_GOOD, decimals=0)


def faulty() -> Panel:
    about = About(
        "Cards with a fault",
        "Cards with uncorrected memory errors, a row to remap, a recovery action asked for, or an XID of the card in the last hour. Anything but 0 needs somebody.",
        unit="short",
        empty=NOT_READ,
    )
    errors = q.select(catalog.GPU_ECC_ERRORS, 'type="uncorrected"')
    codes = "|".join(map(str, catalog.XIDS_OF_THE_CARD))
    xids = q.select(catalog.GPU_XID_LAST, f'xid=~"{codes}"')
    signs = (
        *(errors, catalog.GPU_REMAP_PENDING.name, catalog.GPU_REMAP_FAILED.name),
        catalog.GPU_RECOVERY_ACTION.name,
    )
    found = [q.per_card(f"{sign} > 0") for sign in signs] + [q.per_card(f"time() - {xids} < 3600")]
    return stat(about, Query(_count("\nor\n".join(found)), "faulty"), steps=look.ZERO_IS_GOOD, decimals=0)


def failing() -> Panel:
    about = About(
        "Readings that fail",
        "Readings that a card has and did not give just now, over all cards. What a card does not support is no failure; the table below names both.",
        unit="short",
        empty=NOT_READ,
    )
    return stat(about, Query(_count(_missing('state="failed"')), "failing"), steps=look.ZERO_IS_GOOD, decimals=0)


def hottest() -> Panel:
    about = About(
        "Throttled by heat",
        "The largest share of five minutes for which heat held a card's clocks down. Above 10 % the alert GpuThrottledHot fires.",
        unit="percentunit",
        empty="Not reported by any card here",
    )
    expr = f"max({recorded.GPU_HOT_RATIO.name})"
    return stat(about, Query(expr, "throttled"), steps=look.rising(0.02, 0.1), decimals=0)


def fullest() -> Panel:
    about = About(
        "Fullest memory",
        "The largest share of memory in use on any card. Above 95 % the alert GpuMemoryAlmostFull fires.",
        unit="percentunit",
        empty="Not reported by any card here",
    )
    expr = f"max({recorded.GPU_MEMORY_RATIO.name})"
    return stat(about, Query(expr, "in use"), steps=look.rising(0.9, 0.95), decimals=0)


def facts() -> Panel:
    about = About(
        "Cards and their state",
        "One line for each card. Lost: it does not answer. Stale: no reading is young enough to be shown; its other series end there. Simulated cards say so.",
        unit="none",
        empty=NOT_READ,
    )
    # 2 stale, 1 answers, 0 lost; a stale card is not known to answer, nor to be lost.
    stale = q.per_card(q.select(catalog.GPU_READING_MISSING, 'reading="all",state="stale"'))
    state = f"(\n2 * {stale}\nor\nmin by (gpu_uuid) ({catalog.GPU_AVAILABLE.name})\n)"
    known = q.named(state, "instance", *catalog.GPU_INFO.labels[1:])
    columns = (
        ("index", "Index"),
        ("model", "Model"),
        ("Value", "State"),
        ("simulated", "Card"),
        ("instance", "Worker"),
        ("driver_version", "Driver"),
        ("cuda_version", "CUDA"),
        ("pci_bus_id", "PCI bus"),
        ("serial", "Serial"),
        ("gpu_uuid", "UUID"),
    )
    texts = {
        "Value": {"0": ("Lost", look.BAD), "1": ("Answers", look.GOOD), "2": ("Stale", look.BAD)},
        "simulated": {"true": ("Simulated", look.WARN), "false": ("Real", look.MUTED)},
    }
    # A card that never said its name has no facts to join: it stands there by its UUID.
    return table(about, Query(f"{known}\nor on (gpu_uuid)\n{state}"), columns, texts=texts)


def _workers_in(state: str) -> str:
    matcher = f'state="{state}"'
    return f"(max by (instance) ({q.select(catalog.GPU_READER_STATE, matcher)}) == 1)"


def _missing(matchers: str) -> str:
    return f"max by (gpu_uuid, reading) ({q.select(catalog.GPU_READING_MISSING, matchers)})"


def _count(expr: str) -> str:
    """Return how many there are: 0 while any card answers, nothing while none does, since then nobody knows."""
    return f"count({expr})\nor\n0 * count({q.answering()})"
