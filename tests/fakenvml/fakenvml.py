"""Build and script the fake ``libnvidia-ml.so.1`` (see README.md).

In a test::

    lib = fakenvml.build()
    st = fakenvml.State(tmp_path / "gpus", gpus=["h100", "l4"])
    with fakenvml.active(lib, st):            # this process: no LD_LIBRARY_PATH needed
        pynvml.nvmlInit()
        st.gpu(0, temperature=93)
        st.throttle(0, "hw_thermal")
        st.xid(0, 79)
        st.lost(0)

For a child process pass ``env={**os.environ, **st.env(lib)}``.  From a shell::

    python fakenvml.py run --gpu h100 --gpu l4 -- nvitop -1
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import hashlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
SONAME = "libnvidia-ml.so.1"

#: Bits of nvmlDeviceGetCurrentClocksEventReasons, for :meth:`State.throttle`.
REASONS = {
    "gpu_idle": 0x1,
    "applications_clocks_setting": 0x2,
    "sw_power_cap": 0x4,
    "hw_slowdown": 0x8,
    "sync_boost": 0x10,
    "sw_thermal": 0x20,
    "hw_thermal": 0x40,
    "hw_power_brake": 0x80,
    "display_clock": 0x100,
    "board_limit": 0x200,
    "reliability": 0x400,
}

_NO_ECC = {
    "ecc.mode": "N/A",
    "ecc.pending": "N/A",
    "ecc.default": "N/A",
    **{f"ecc.{a}.{b}": "N/A" for a in ("corrected", "uncorrected") for b in ("volatile", "aggregate")},
}
_NO_REMAP = {f"remapped.{k}": "N/A" for k in ("correctable", "uncorrectable", "pending", "failure")}


def _card(name: str, total: str, reserved: str, watts: int, cc: str, **more: Any) -> dict[str, Any]:
    card = {
        "name": name,
        "memory.total": total,
        "memory.reserved": reserved,
        "compute_capability": cc,
        "power_limit_mw": watts * 1000,
        "power_default_limit_mw": watts * 1000,
        "power_max_limit_mw": watts * 1000,
        "power_mw": watts * 100,
        "energy_mj": 1_000_000,
        "temperature": 35,
        "util.gpu": 0,
        "util.memory": 0,
        "clock_reasons": 1,
        "pstate": 0,
    }
    card.update({k.replace("__", "."): v for k, v in more.items()})
    return card


#: Cards as :meth:`State.add_gpu` knows them. Sizes of h100, h200, l40s and the
#: "N/A" patterns come from published nvidia-smi captures; the rest are data-sheet values.
PRESETS: dict[str, dict[str, Any]] = {
    "h100": _card(
        "NVIDIA H100 80GB HBM3",
        "85520809984",
        "502267904",
        700,
        "9.0",
        memory_temperature=40,
        nvlink__count=18,
        mig__mode=0,
        gpm__supported=1,
    ),
    "h200": _card(
        "NVIDIA H200",
        "150754820096",
        "643825664",
        700,
        "9.0",
        memory_temperature=40,
        nvlink__count=18,
        mig__mode=0,
        gpm__supported=1,
    ),
    "a100": _card(
        "NVIDIA A100-SXM4-80GB",
        "80GiB",
        "600MiB",
        400,
        "8.0",
        memory_temperature=40,
        nvlink__count=12,
        mig__mode=0,
        architecture=7,
    ),
    "l40s": _card("NVIDIA L40S", "48305799168", "638582784", 350, "8.9", architecture=8, pcie__gen=4, pcie__max_gen=4),
    "l4": _card("NVIDIA L4", "23034MiB", "450MiB", 72, "8.9", architecture=8, pcie__gen=4, pcie__max_gen=4),
    "a10g": _card("NVIDIA A10G", "23028MiB", "500MiB", 300, "8.6", architecture=7, pcie__gen=4, pcie__max_gen=4),
    "t4": {
        **_card(
            "Tesla T4",
            "15360MiB",
            "450MiB",
            70,
            "7.5",
            architecture=6,
            pcie__gen=3,
            pcie__max_gen=3,
            retired__sbe=0,
            retired__dbe=0,
            retired__pending=0,
        ),
        **_NO_REMAP,
    },
    "rtx4090": {
        **_card(
            "NVIDIA GeForce RTX 4090",
            "24564MiB",
            "400MiB",
            450,
            "8.9",
            architecture=8,
            brand=5,
            fan=30,
            num_fans=2,
            pcie__gen=4,
            pcie__max_gen=4,
        ),
        **_NO_ECC,
        **_NO_REMAP,
    },
    # No framebuffer of its own, no power/fan/ECC/PCIe readings through NVML.
    "jetson": {
        **_card(
            "Thor",
            "N/A",
            "0",
            1,
            "11.0",
            **dict.fromkeys(
                (
                    "power_mw",
                    "power_limit_mw",
                    "energy_mj",
                    "pcie.replay",
                    "pcie.tx_kbs",
                    "pcie.rx_kbs",
                    "pcie.gen",
                    "util.gpu",
                    "temperature",
                ),
                "N/A",
            ),
        ),
        **_NO_ECC,
        **_NO_REMAP,
        "procs": "N/A",
        "events_supported": 0,
    },
    # Windows Subsystem for Linux: no utilization, no process list, no events.
    "wsl": {
        **_card(
            "NVIDIA GeForce RTX 3070",
            "8GiB",
            "200MiB",
            220,
            "8.6",
            util__gpu="N/A",
            procs="N/A",
            events_supported=0,
            energy_mj="N/A",
        ),
        **_NO_ECC,
        **_NO_REMAP,
    },
}


def build(out: str | os.PathLike[str] | None = None, *, cc: str | None = None, force: bool = False) -> Path:
    """Compile the library if needed and return the path of ``libnvidia-ml.so.1``.

    Without *out* it goes to a per-user directory under the system's temporary
    directory, named after the source's hash, so that repeated and parallel test
    runs share one build (well under a second with gcc).
    """
    source = HERE / "fakenvml.c"
    key = hashlib.sha256(source.read_bytes()).hexdigest()[:12]
    folder = Path(out) if out else Path(tempfile.gettempdir()) / f"fakenvml-{os.getuid()}-{key}"
    lib = folder / SONAME
    if lib.exists() and not force and (out is None or lib.stat().st_mtime >= source.stat().st_mtime):
        return lib
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f".{SONAME}.{os.getpid()}"
    subprocess.run(
        [
            cc or os.environ.get("CC", "gcc"),
            "-O1",
            "-std=gnu11",
            "-fPIC",
            "-shared",
            "-fvisibility=hidden",
            f"-Wl,-soname,{SONAME}",
            "-o",
            str(part),
            str(source),
            "-lpthread",
        ],
        check=True,
    )
    part.replace(lib)
    return lib


class State:
    """The state file, as an object: every change is written at once, atomically.

    *gpus* names presets, one card each.  Keyword names use ``__`` for a dot:
    ``st.gpu(0, util__gpu=97)`` sets ``gpu.0.util.gpu = 97``.  A value of
    ``None`` removes the key; ``"N/A"`` makes that call NOT_SUPPORTED;
    ``"!GPU_IS_LOST"`` (any NVML error name or number) makes it fail so.
    """

    def __init__(self, path: str | os.PathLike[str], gpus: Sequence[str] = (), **driver: Any) -> None:
        self.path = Path(path)
        self.log = self.path.with_name(self.path.name + ".calls")
        self.data: dict[str, Any] = {f"driver.{k.replace('__', '.')}": v for k, v in driver.items()}
        self._events = self._mtime = self._batch = 0
        with self.batch():
            for name in gpus:
                self.add_gpu(name)

    # -- plumbing ------------------------------------------------------------
    def write(self) -> None:
        """Write the file now (all other methods do this for you)."""
        if self._batch:
            return
        part = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        part.write_text("".join(f"{k} = {v}\n" for k, v in self.data.items()))
        # The library rereads on a changed mtime, so make it strictly increase
        # even when the clock has not ticked between two writes.
        self._mtime = max(time.time_ns(), self._mtime + 1000)
        os.utime(part, ns=(self._mtime, self._mtime))
        part.replace(self.path)

    @contextlib.contextmanager
    def batch(self) -> Iterator[State]:
        """Several changes, one write: ``with st.batch(): ...``."""
        self._batch += 1
        try:
            yield self
        finally:
            self._batch -= 1
            self.write()

    def env(self, lib: str | os.PathLike[str]) -> dict[str, str]:
        """Environment for a child process that should see these cards."""
        folder = str(Path(lib).parent)
        old = os.environ.get("LD_LIBRARY_PATH")
        return {
            "LD_LIBRARY_PATH": f"{folder}:{old}" if old else folder,
            "FAKENVML_STATE": str(self.path),
            "FAKENVML_LOG": str(self.log),
        }

    def calls(self) -> list[tuple[str, int, int]]:
        """``(symbol, card slot or -1, NVML code)`` of each call so far, oldest first."""
        if not self.log.exists():
            return []
        rows = (line.split() for line in self.log.read_text().splitlines())
        return [(r[1], int(r[2]), int(r[3])) for r in rows]

    # -- values --------------------------------------------------------------
    def set(self, values: Mapping[str, Any] | None = None, **kw: Any) -> None:
        """Set full keys: ``st.set({"gpu.0.fan": "N/A"})`` or ``st.set(enumerate="live")``."""
        for key, value in {**(values or {}), **{k.replace("__", "."): v for k, v in kw.items()}}.items():
            if value is None:
                self.data.pop(key, None)
            else:
                self.data[key] = value
        self.write()

    def gpu(self, slot: int, values: Mapping[str, Any] | None = None, **kw: Any) -> None:
        """Set keys of one card: ``st.gpu(0, temperature=91, memory__used="70GiB")``."""
        every = {**(values or {}), **{k.replace("__", "."): v for k, v in kw.items()}}
        self.set({f"gpu.{slot}.{k}": v for k, v in every.items()})

    def add_gpu(self, preset: str = "h100", **kw: Any) -> int:
        """Add a card and return its slot; seen by clients at their next nvmlInit."""
        slot = 1 + max([int(k.split(".")[1]) for k in self.data if k.startswith("gpu.")], default=-1)
        self.gpu(slot, PRESETS[preset])
        self.gpu(slot, **kw)
        return slot

    def error(self, symbol: str, code: str | int | None, slot: int | None = None) -> None:
        """Make *symbol* (``"nvmlInit"``, ``"nvmlDeviceGetPowerUsage"``, ``"*"``) fail; ``None`` undoes it."""
        self.set({f"{'' if slot is None else f'gpu.{slot}.'}error.{symbol}": code})

    def delay(self, symbol: str, ms: int | None, slot: int | None = None) -> None:
        """Make *symbol* (or ``"*"``) take *ms* milliseconds: a slow or wedged driver."""
        self.set({f"{'' if slot is None else f'gpu.{slot}.'}delay_ms.{symbol}": ms})

    # -- situations ----------------------------------------------------------
    def lost(self, slot: int, *, on: bool | str = True) -> None:
        """The card fell off the bus: its calls fail with GPU_IS_LOST (or the error name given)."""
        self.gpu(slot, lost=on if isinstance(on, str) else (1 if on else None))

    def unplug(self, slot: int, *, on: bool = True) -> None:
        """Hot-unplug: GPU_IS_LOST for clients now, one card fewer after their next nvmlInit."""
        self.gpu(slot, gone=1 if on else None)

    def reload_driver(self) -> None:
        """Every client becomes UNINITIALIZED and old handles die, until it shuts down and initializes again."""
        self.set({"driver.generation": int(self.data.get("driver.generation", 0)) + 1})

    def xid(self, slot: int, code: int, *, gi: int | None = None, ci: int | None = None, kind: int = 8) -> None:
        """Queue an XID event (or, with *kind*, another one) for event sets that are registered already."""
        self._events += 1
        extra = "".join(f" {k}={v}" for k, v in (("gi", gi), ("ci", ci)) if v is not None)
        self.set({f"event.{self._events}": f"gpu={slot} xid={code} type={kind}{extra}"})

    def throttle(self, slot: int, *reasons: str) -> None:
        """Set the clock event reasons, by the names in :data:`REASONS`; none clears them."""
        mask = 0
        for name in reasons:
            mask |= REASONS[name]
            if name.startswith("hw_") and name != "hw_slowdown":
                mask |= REASONS["hw_slowdown"]  # the hardware sets both bits
        self.gpu(slot, clock_reasons=hex(mask))

    def proc(self, slot: int, pid: int, mem: int | str = 0, **kw: Any) -> None:
        """Add or change a process: ``mem=`` bytes or "N/A", ``type=`` C/G/C+G/M+C, ``name=``,
        ``sm= memutil= enc= dec=`` percent (absent: no utilization sample), ``gi= ci=``, ``ts=`` microseconds."""
        words = "".join(f" {k}={v}" for k, v in kw.items())
        self.gpu(slot, {f"proc.{pid}": f"pid={pid} mem={mem}{words}"})

    def exit(self, slot: int, pid: int) -> None:
        """The process ended."""
        self.gpu(slot, {f"proc.{pid}": None})

    def mig(self, slot: int, profiles: Sequence[str] = ("3g.40gb", "2g.20gb", "1g.10gb", "1g.10gb")) -> None:
        """Turn MIG mode on with these profiles; an empty list turns it off."""
        with self.batch():
            for key in [k for k in self.data if k.startswith(f"gpu.{slot}.mig.")]:
                del self.data[key]
            self.gpu(slot, {"mig.mode": int(bool(profiles)), "mig.pending": int(bool(profiles)), "mig.max": 7})
            for i, profile in enumerate(profiles):
                slices, size = profile.split("g.")
                self.gpu(
                    slot,
                    {
                        f"mig.{i}.profile": profile,
                        f"mig.{i}.gi": i + 1,
                        f"mig.{i}.ci": 0,
                        f"mig.{i}.slices": int(slices),
                        f"mig.{i}.sm_count": 16 * int(slices),
                        f"mig.{i}.memory.total": size.replace("gb", "GiB"),
                    },
                )


def reset_pynvml() -> None:
    """Make an already imported ``pynvml`` look for the library anew."""
    module = sys.modules.get("pynvml")
    if module is not None:
        module._nvmlGetFunctionPointer_cache.clear()
        module.nvmlLib = None
        module._nvmlLib_refcount = 0


@contextlib.contextmanager
def active(lib: str | os.PathLike[str], state: State) -> Iterator[State]:
    """Use the fake in this process.

    Loading it by path first is enough: the loader then answers pynvml's
    ``CDLL("libnvidia-ml.so.1")`` with the library already loaded under that
    soname.  (A machine with a real driver needs LD_LIBRARY_PATH in a child
    process instead if something loaded the real library before.)
    """
    new = {"FAKENVML_STATE": str(state.path), "FAKENVML_LOG": str(state.log)}
    old = {k: os.environ.get(k) for k in new}
    library = ctypes.CDLL(str(lib), mode=ctypes.RTLD_GLOBAL)
    os.environ.update(new)
    library.fakenvml_reset()  # inits that an earlier test left open
    reset_pynvml()
    try:
        yield state
    finally:
        library.fakenvml_reset()
        for key, value in old.items():
            os.environ.pop(key, None) if value is None else os.environ.__setitem__(key, value)
        reset_pynvml()


def _main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(description="fake NVML for tests")
    sub = parser.add_subparsers(dest="what", required=True)
    sub.add_parser("build", help="compile; print the library's path").add_argument("--out")
    run = sub.add_parser("run", help="run a command that sees fake cards")
    run.add_argument("--gpu", action="append", default=[], metavar="PRESET", help=", ".join(PRESETS))
    run.add_argument("--state", help="an existing state file instead of presets")
    run.add_argument("command", nargs=argparse.REMAINDER)
    args = parser.parse_args(argv)
    if args.what == "build":
        sys.stdout.write(f"{build(args.out)}\n")
        return 0
    with tempfile.TemporaryDirectory() as tmp:
        state = State(Path(tmp) / "state", [] if args.state else args.gpu or ["h100"])
        if args.state:
            state.path = Path(args.state)
        command = args.command[1:] if args.command[:1] == ["--"] else args.command
        return subprocess.call(command, env={**os.environ, **state.env(build())})


if __name__ == "__main__":
    raise SystemExit(_main(sys.argv[1:]))
