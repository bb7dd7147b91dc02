"""What the cards run up against: memory traffic, power, heat and clocks."""

from __future__ import annotations

from dashboards import queries as q
from dashboards import recorded
from dashboards.model import About, Panel, Query
from dashboards.rows.gpu import CARD, NO_CARD, charted, reading
from telemetry import catalog


def memory_busy() -> Panel:
    return reading(
        "GPU memory traffic",
        "Share of time in which device memory was read or written, not how full it is. High with low utilization: the job is bound by memory.",
        "percentunit",
        catalog.GPU_MEMORY_BUSY,
        top=1,
    )


def power() -> Panel:
    about = About(
        "GPU power",
        "Power drawn and the highest limit enforced. At its limit all the time the card is throttled; near idle power while jobs run it waits for something.",
        unit="watt",
        empty=NO_CARD,
    )
    return charted(
        about,
        (catalog.GPU_POWER,),
        Query(q.by_card(catalog.GPU_POWER.name), CARD),
        Query(f"max({catalog.GPU_POWER_LIMIT.name})", "limit"),
    )


def energy() -> Panel:
    about = About(
        "GPU energy",
        "Energy used in the hour before each point, from the card's own counter. Much of it while no job runs is money for nothing.",
        unit="joule",
        empty=NO_CARD,
    )
    used = q.by_card(q.in_an_hour(catalog.GPU_ENERGY))
    return charted(about, (catalog.GPU_ENERGY,), Query(used, CARD))


def temperature() -> Panel:
    about = About(
        "GPU temperature",
        "Temperature of the chip and, on cards with HBM, of the memory. The limit differs by model: the margin beside says how near it is.",
        unit="celsius",
        empty=NO_CARD,
    )
    return charted(
        about,
        (catalog.GPU_TEMPERATURE,),
        Query(q.by_card(catalog.GPU_TEMPERATURE.name), CARD),
        Query(q.by_card(catalog.GPU_MEMORY_TEMPERATURE.name), "GPU {{index}} memory"),
    )


def margin() -> Panel:
    return reading(
        "GPU temperature margin",
        "Distance to the temperature at which the card slows itself down. Below 5 °C it is about to: check the fans and the room.",
        "celsius",
        catalog.GPU_TEMPERATURE_MARGIN,
    )


def fan() -> Panel:
    return reading(
        "GPU fan speed",
        "Share of the fan's maximum. 0 % is normal for a desktop card at rest and a fault under load; data centre cards have no fan of their own.",
        "percentunit",
        catalog.GPU_FAN_SPEED,
        top=1,
    )


def throttled() -> Panel:
    about = About(
        "Time with clocks held down",
        "Share of time for which each reason held the clocks down. sw_power_cap is normal at full load; sw_thermal, hw_thermal and hw_power_brake are not.",
        unit="percentunit",
        empty=NO_CARD,
    )
    by_reason = q.by_card(f"rate({catalog.GPU_THROTTLE.name}[$__rate_interval])", labels=("reason",))
    hot = q.by_card(recorded.GPU_HOT_RATIO.name)
    return charted(
        about,
        (catalog.GPU_THROTTLE,),
        Query(f"({by_reason}) > 0", "GPU {{index}} {{reason}}"),
        Query(hot, "GPU {{index}} heat, 5 minutes"),
        Query(q.threshold("GpuThrottledHot"), "alert above"),
    )


def clock_events() -> Panel:
    about = About(
        "Reasons that hold the clocks down",
        "How many reasons are active now, by name; 0 means none. gpu_idle is harmless; thermal and power brake reasons are not.",
        unit="short",
        empty=NO_CARD,
    )
    active = q.by_card(catalog.GPU_CLOCK_EVENT.name, labels=("reason",))
    none = q.named(f"({q.per_card(catalog.GPU_CLOCK_EVENT.name)} == 0)")
    return charted(
        about,
        (catalog.GPU_CLOCK_EVENT,),
        Query(f"({active}) > 0", "GPU {{index}} {{reason}}"),
        Query(none, "GPU {{index}} none"),
        style="stacked",
        decimals=0,
    )


def clocks() -> Panel:
    about = About(
        "GPU clocks",
        "Clocks of multiprocessors and memory, and the most that the multiprocessors can run at. A drop under load is throttling; the panels beside name the reason.",
        unit="hertz",
        empty=NO_CARD,
    )
    now = q.select(catalog.GPU_CLOCK, 'clock=~"sm|memory"')
    most = q.select(catalog.GPU_CLOCK_MAX, 'clock="sm"')
    return charted(
        about,
        (catalog.GPU_CLOCK,),
        Query(q.by_card(now, labels=("clock",)), "GPU {{index}} {{clock}}"),
        Query(f"max({most})", "limit"),
    )
