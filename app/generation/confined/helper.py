"""The process that examines files: `python -m app.generation.confined.helper`, a request a line, each in a child.

A child sets its own bounds and answers in lines of JSON: what it is `reading`, then the `seconds` of sound, or what is
`bad`, or the `error` that should not have been. The last line, `ended`, is this process' word on how the child ended.
Without work for a while it ends: the next request finds another.
"""

from __future__ import annotations

import json
import os
import resource
import select
import sys
import warnings
from pathlib import Path
from typing import Any, Final

from app.generation.inputs import BadInput, check_audio, check_image

_IDLE_SECONDS: Final = 120.0


def main() -> None:
    """Serve until there is nothing more to read."""
    # Loaded once, so that a child has all it needs.
    from app.generation.confined import decode  # noqa: F401, PLC0415
    from app.generation.inputs import packets  # noqa: F401, PLC0415

    pending = b""
    while True:
        if not pending.count(b"\n"):
            ready, _, _ = select.select([0], [], [], _IDLE_SECONDS)
            chunk = os.read(0, 65536) if ready else b""
            if not chunk:
                return
            pending += chunk
            continue
        line, _, pending = pending.partition(b"\n")
        _serve(json.loads(line))


def _serve(request: dict[str, Any]) -> None:
    child = os.fork()
    if child == 0:
        _bound(request["memory"], request["cpu"])
        _examine(request)
        os._exit(0)
    _, status, used = os.wait4(child, 0)
    facts = {"cpu_seconds": used.ru_utime + used.ru_stime, "peak_bytes": used.ru_maxrss * 1024}
    _say(ended=os.waitstatus_to_exitcode(status), **facts)


def _bound(memory: int, cpu: int) -> None:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    address_space = pages * resource.getpagesize() + memory
    bounds = {
        resource.RLIMIT_AS: (address_space, address_space),
        resource.RLIMIT_CPU: (cpu, cpu + 1),  # the first ends what works, the second what will not hear of it
        resource.RLIMIT_CORE: (0, 0),
        resource.RLIMIT_FSIZE: (0, 0),
        resource.RLIMIT_NOFILE: (32, 32),
    }
    for what, most in bounds.items():
        resource.setrlimit(what, most)


def _examine(request: dict[str, Any]) -> None:
    field = ""
    warnings.simplefilter("ignore")
    try:
        seconds = 0.0
        for field in ("image", "audio"):
            _say(reading=field)
            seconds = _READERS[request["task"], field](Path(request[field]))
        _say(seconds=seconds)
    except BadInput as error:
        _say(bad=[error.field, error.value, error.message, error.allowed])
    except MemoryError:
        _say(bad=[field, "a file that takes too much memory", "The file cannot be read in bounds.", "a usual file"])
    except BaseException as error:  # noqa: BLE001 - told to who asked, whatever it is
        _say(error=f"{type(error).__name__}: {error}"[:500])


def _check_image(path: Path) -> float:
    check_image(path)
    return 0.0


def _check_audio(path: Path) -> float:
    return check_audio(path).seconds


def _decode_image(path: Path) -> float:
    from app.generation.confined.decode import decode_image  # noqa: PLC0415 - loaded before the fork

    decode_image(path)
    return 0.0


def _decode_audio(path: Path) -> float:
    from app.generation.confined.decode import decode_audio  # noqa: PLC0415

    return decode_audio(path)


_READERS: Final = {
    ("check", "image"): _check_image,
    ("check", "audio"): _check_audio,
    ("decode", "image"): _decode_image,
    ("decode", "audio"): _decode_audio,
}


def _say(**what: object) -> None:
    os.write(1, json.dumps(what).encode() + b"\n")


if __name__ == "__main__":
    main()
    sys.exit(0)
