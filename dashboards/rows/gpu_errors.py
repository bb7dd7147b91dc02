"""What is wrong with the cards."""

from __future__ import annotations

from dashboards import look
from dashboards import queries as q
from dashboards.model import About, Panel, Query
from dashboards.panels import table, timeseries
from dashboards.rows.gpu import CARD, NO_CARD, charted, reading
from telemetry import catalog


def ecc() -> Panel:
    return reading(
        "Memory errors",
        "ECC errors since the driver was loaded. Corrected ones are harmless until they climb; any uncorrected one means wrong results: drain the card and reset it.",
        "short",
        catalog.GPU_ECC_ERRORS,
        "type",
        decimals=0,
    )


def remapped() -> Panel:
    about = About(
        "Remapped rows",
        "Rows of memory replaced by spare ones (Ampere and later). Waiting: reset the card when its job has ended. Failed: no spare row is left, have it exchanged.",
        unit="short",
        empty=NO_CARD,
    )
    rows = (catalog.GPU_REMAPPED_ROWS, catalog.GPU_REMAP_PENDING, catalog.GPU_REMAP_FAILED)
    return charted(
        about,
        rows,
        Query(q.by_card(rows[0].name, labels=("cause",)), "GPU {{index}} {{cause}}"),
        Query(q.by_card(f"{rows[1].name} > 0"), "GPU {{index}} waiting"),
        Query(q.by_card(f"{rows[2].name} > 0"), "GPU {{index}} failed"),
        decimals=0,
    )


def retired() -> Panel:
    about = About(
        "Retired pages",
        "Pages of memory taken out of use (before Ampere), and whether one waits for a reset. Many, or more each week, is a card to exchange.",
        unit="short",
        empty=NO_CARD,
    )
    return charted(
        about,
        (catalog.GPU_RETIRED_PAGES,),
        Query(q.by_card(catalog.GPU_RETIRED_PAGES.name, labels=("cause",)), "GPU {{index}} {{cause}}"),
        Query(q.by_card(f"{catalog.GPU_RETIRED_PENDING.name} > 0"), "GPU {{index}} waiting"),
        decimals=0,
    )


def xid() -> Panel:
    about = About(
        "XID errors",
        "Errors that the driver reported in the hour before each point, by XID; 0 for a card that is watched and had none. The table beside says what each asks for.",
        unit="short",
        empty=NO_CARD,
    )
    counted = q.counted(q.select(catalog.GPU_XID_ERRORS), "1h", "gpu_uuid", "xid")
    none = q.where_seen(q.per_card(catalog.GPU_XID_ERRORS.name), catalog.GPU_XID_ERRORS)
    return timeseries(
        about,
        Query(q.named(counted), "GPU {{index}} XID {{xid}}"),
        Query(f"({q.named(f'({none})')}) == 0", "GPU {{index}} none"),
        Query(q.missing(catalog.GPU_XID_ERRORS), f"{CARD}: {{{{state}}}}", reason=True),
        style="bars",
        decimals=0,
    )


def xid_times() -> Panel:
    about = About(
        "XID errors by age",
        "Time since each XID last came, and what it asks for. XIDs of the card page; those of the application point at the job that ran then.",
        unit="s",
        empty="No XID since the workers started, or no card is read",
    )
    seen = q.by_card(f"time() - {catalog.GPU_XID_LAST.name}", labels=("xid",))
    columns = (
        ("index", "Index"),
        ("model", "Model"),
        ("xid", "XID"),
        ("Value", "Ago"),
        ("gpu_uuid", "UUID"),
    )
    card = catalog.XIDS_OF_THE_CARD
    texts = {
        str(code): (f"{code}: {action}", look.BAD if code in card else look.NEUTRAL)
        for code, action in sorted(catalog.XID_ACTIONS.items())
    }
    return table(about, Query(seen), columns, texts={"xid": texts}, width=16, height=8)


def recovery() -> Panel:
    about = About(
        "Recovery asked for",
        "What the driver itself asks for, by card. Anything but “Nothing” fires GpuRecoveryActionNeeded.",
        unit="none",
        empty=NO_CARD,
    )
    columns = (("index", "Index"), ("model", "Model"), ("Value", "Asks for"), ("gpu_uuid", "UUID"))
    actions = (
        *("Reset the GPU", "Reboot", "Drain its peers", "Drain and reset", "Recover IMEX", "Bus reset"),
        "System reboot",
    )
    texts = {"0": ("Nothing", look.GOOD)} | {str(n): (words, look.BAD) for n, words in enumerate(actions, 1)}
    return table(about, Query(q.by_card(catalog.GPU_RECOVERY_ACTION.name)), columns, texts={"Value": texts}, height=5)
