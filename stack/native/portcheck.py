"""Find out before the start whether the ports are free, and who has those that are not."""

import errno
import socket
from collections.abc import Mapping
from pathlib import Path

from stack.native import processes
from stack.native.ports import Ports

HIGHEST = 65535
OFFSET = 100
LOWEST_UNPRIVILEGED = 1024
# Above 1024, of the WHATWG Fetch standard's "bad ports": no browser opens a page there.
CLOSED_TO_BROWSERS = frozenset(
    {1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, *range(6665, 6670), 6679, 6697, 10080}
)


class PortsTaken(RuntimeError):  # noqa: N818 - reads as what happened
    """Some ports cannot be used; the message names each with its part, its holder and what to do."""


def check(ports: Mapping[str, int], host: str = "127.0.0.1") -> None:
    """Raise PortsTaken unless every part can listen on its port."""
    problems = {part: problem for part, port in ports.items() if (problem := _problem(part, port, host))}
    _refuse(ports, problems | _shared(ports))


def check_numbers(ports: Mapping[str, int]) -> None:
    """Raise PortsTaken unless every number is one of a port; nothing is asked of the system."""
    _refuse(ports, {part: problem for part, port in ports.items() if (problem := _no_port(part, port))})


def _refuse(ports: Mapping[str, int], problems: Mapping[str, str]) -> None:
    if problems:
        raise PortsTaken("\n".join(problems.values()) + f"\nWhat to do: {_cure(ports, problems)}")


def _cure(ports: Mapping[str, int], problems: Mapping[str, str]) -> str:
    example = next(iter(problems)).partition("-")[0]
    one = f"--{example}-port PORT (one)"
    highest, lowest = max(ports.values()), min(ports.values())
    if highest > HIGHEST or lowest < 1:
        least, most = Ports().named().values(), HIGHEST - max(Ports().named().values())
        return f"choose ports up to {HIGHEST} with {one}; a --port-offset may be from {1 - min(least)} to {most}"
    if any(" is taken by " in problem for problem in problems.values()):
        offset = OFFSET if highest + OFFSET <= HIGHEST else -OFFSET
        return (
            f"stop what holds them, or start on other ports with ./plainview up --port-offset {offset} (all) or {one}"
        )
    return f"choose another port with {one}"


def _no_port(part: str, port: int) -> str | None:
    return None if 0 < port <= HIGHEST else f"{part}: port {port} is not between 1 and {HIGHEST}"


def _problem(part: str, port: int, host: str) -> str | None:
    if problem := _no_port(part, port):
        return problem
    if part == "console" and port in CLOSED_TO_BROWSERS:
        return f"{part}: port {port} is one that browsers refuse to open"
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return f"{part}: port {port} {_why(error, port)}"
    return None


def _why(error: OSError, port: int, proc: Path = processes.PROC) -> str:
    if error.errno == errno.EADDRINUSE:
        holder = processes.holder(port, proc)
        return f"is taken by {holder.command} (pid {holder.pid})" if holder else "is taken by another user's process"
    if error.errno == errno.EACCES:
        return f"needs root: choose one from {LOWEST_UNPRIVILEGED} up"
    return f"cannot be used: {error.strerror}"


def _shared(ports: Mapping[str, int]) -> dict[str, str]:
    seen: dict[int, str] = {}
    problems = {}
    for part, port in ports.items():
        if port in seen:
            problems[part] = f"{part}: port {port} is given to {seen[port]} as well"
        seen.setdefault(port, part)
    return problems
