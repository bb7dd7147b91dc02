"""The worlds that a dashboard must tell apart: all is well, and eight ways in which it is not."""

from __future__ import annotations

from telemetry.gpu import Snapshot
from tests.dashboards.worlds.scraped import World
from tests.fakenvml import fakenvml

FAILING = (
    "nvmlDeviceGetPowerUsage",
    "nvmlDeviceGetMemoryInfo",
    "nvmlDeviceGetTemperature",
    "nvmlDeviceGetTotalEccErrors",
    "nvmlDeviceGetRemappedRows",
)


def _busy(state: fakenvml.State, slot: int) -> None:
    """Give a card readings of which none is 0 by chance."""
    state.gpu(slot, util__gpu=83, util__memory=31, memory__used="20GiB", temperature=61, power_mw=431_500)
    state.gpu(
        slot, {"energy_mj": 123_456_789, "temperature_margin": 26, "pcie.tx_bytes": 10**9, "pcie.rx_bytes": 10**9}
    )
    state.gpu(slot, {"clock_reasons": 0x4, "throttle_ns.sw_power_cap": 10**9, "nvlink.count": 2})
    state.gpu(slot, {f"gpm.{number}": 40 for number in (1, 2, 5, 10)})
    state.gpu(slot, {f"nvlink.{link}.{kind}": 1024 for link in (0, 1) for kind in ("tx_kib", "rx_kib")})


def _two_busy(state: fakenvml.State) -> None:
    with state.batch():
        _busy(state, 0)
        _busy(state, 1)


def _failing(state: fakenvml.State) -> None:
    with state.batch():
        _two_busy(state)
        for call in FAILING:
            state.error(call, "UNKNOWN", 0)


def _divided(state: fakenvml.State) -> None:
    with state.batch():
        _busy(state, 0)
        state.mig(0, ["3g.40gb", "2g.20gb"])
        state.gpu(0, {"mig.0.memory.used": "2GiB", "mig.1.memory.used": "1GiB"})
        state.gpu(0, {f"gi.{part}.gpm.{number}": 30 for part in (1, 2) for number in (1, 2, 5, 10)})


def _sick(state: fakenvml.State) -> None:
    with state.batch():
        state.gpu(0, {"throttle_ns.hw_thermal": 90 * 10**9, "memory.used": "79GiB", "pcie.width": 8})
        state.gpu(
            0, {"ecc.uncorrected.volatile": 2, "remapped.pending": 1, "remapped.failure": 1, "recovery_action": 1}
        )
        state.gpu(0, {"nvlink.0.state": 0, "nvlink.1.replay": 40})
        state.xid(0, 79)
        state.xid(0, 31)


def _is_sick(snapshot: Snapshot) -> bool:
    # What changes rarely is read every tenth time, the last of these with a link that went down.
    shown = {key.metric.name: reading for key, reading in snapshot.cards[0].readings.items() if key.labels == ("0",)}
    return len(snapshot.xids) == 2 and getattr(shown["gpu_nvlink_active"], "value", 1) == 0


WORLDS = {
    "healthy": World(("h100", "h100"), _two_busy),
    "no card": World((), lambda state: state.set({"driver.loaded": 0})),
    "not supported": World(("rtx4090", "wsl")),
    "failing": World(("h100", "h100"), _failing),
    "stale": World(("h100", "h100"), _two_busy, hangs=True),
    "card lost": World(
        ("h100", "h100"), _two_busy, lambda state: state.lost(1), lambda new: new.cards[1].lost is not None
    ),
    "driver broken": World(("h100",), lambda state: state.error("nvmlInit", "UNKNOWN")),
    "divided": World(("h100",), _divided),
    "sick": World(("h100", "h100"), _two_busy, _sick, _is_sick, since=3 * 60),
}
