"""Networks of a test's own: nodes in namespaces, joined to a hub by wires that can fall silent.

A proxy can end connections; only a wire can lose packets without a word, as a switch or a firewall does: no reset, no ICMP.
"""

from __future__ import annotations

import ctypes
import ipaddress
import os
import shutil
import subprocess
import uuid
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NoReturn

import pytest

from tests.app.processes import Place
from tests.parts import missing

_NEW_NETWORK: Final = 0x40000000  # CLONE_NEWNET
#: For tests of networks (RFC 2544). Nothing outside the namespaces ever sees it.
_ADDRESSES: Final = ipaddress.ip_network("198.18.0.0/15")
_PATH: Final = f"{os.environ.get('PATH', '')}{os.pathsep}/usr/sbin{os.pathsep}/sbin"


@dataclass(frozen=True)
class Wire:
    """A link between the hub and a node, which reach each other at these addresses."""

    hub: str
    node: str
    hub_address: str
    node_address: str
    device: str

    def cut(self) -> None:
        """Lose every packet, in both directions, from now on."""
        for namespace in (self.hub, self.node):
            # The kernel's own way to drop all: part of every kernel that can queue, unlike netem or a firewall.
            _run("tc", "-n", namespace, "qdisc", "add", "dev", self.device, "root", "blackhole")

    def mend(self) -> None:
        """Let packets through again; what was sent meanwhile stays lost."""
        for namespace in (self.hub, self.node):
            _run("tc", "-n", namespace, "qdisc", "del", "dev", self.device, "root")


@dataclass(frozen=True)
class Branch:
    """A node's namespace and its wires to the hub: one for those who call it, one for each thing that it depends on."""

    place: Place
    front: Wire
    database: Wire
    redis: Wire


@dataclass
class Network:
    """A hub, where this thread is, and the branches that were made from it."""

    hub: str
    _wires: int = 0
    _made: list[str] = field(default_factory=list)

    def branch(self, name: str) -> Branch:
        """Make a namespace for a node."""
        node = f"{self.hub}-{name}"
        self.make(node)
        front, database, redis = (self._wire(node) for _ in range(3))
        place = Place(front.node_address, (_found("ip"), "netns", "exec", node))
        return Branch(place, front, database, redis)

    def make(self, namespace: str) -> None:
        """Make a namespace that `remove` will find."""
        _run("ip", "netns", "add", namespace)
        self._made.append(namespace)
        _run("ip", "-n", namespace, "link", "set", "lo", "up")

    def remove(self) -> None:
        """Remove every namespace, and the wires with them."""
        for namespace in reversed(self._made):
            subprocess.run([_found("ip"), "netns", "delete", namespace], check=False, timeout=10)

    def _wire(self, node: str) -> Wire:
        self._wires += 1
        device = f"wire{self._wires}"
        near, far = (str(_ADDRESSES[4 * self._wires + end]) for end in (1, 2))
        hardware = [f"02:00:00:00:{self._wires:02x}:{end:02x}" for end in (1, 2)]
        peer = ("peer", "name", device, "address", hardware[1], "netns", node)
        _run("ip", "-n", self.hub, "link", "add", device, "address", hardware[0], "type", "veth", *peer)
        ends = ((self.hub, near, far, hardware[1]), (node, far, near, hardware[0]))
        for namespace, address, other, other_hardware in ends:
            _run("ip", "-n", namespace, "address", "add", f"{address}/30", "dev", device)
            _run("ip", "-n", namespace, "link", "set", device, "up")
            # Known for ever: one that is asked for and does not answer would be told of as "no route to host".
            neighbour = (other, "lladdr", other_hardware, "dev", device, "nud", "permanent")
            _run("ip", "-n", namespace, "neighbour", "add", *neighbour)
        return Wire(self.hub, node, near, far, device)


@contextmanager
def network() -> Iterator[Network]:
    """Give a network and have this thread, and what it starts, be at its hub; all of it is gone after the block."""
    with ExitStack() as stack:
        made = Network(f"plainview-{uuid.uuid4().hex[:8]}")
        stack.callback(made.remove)
        made.make(made.hub)
        stack.enter_context(_inside(made.hub))
        yield made


def why_not() -> str | None:
    """Return why this process cannot make networks, None where it can; in CI one that should be able to fails."""
    if os.geteuid() != 0:
        return "only root may make network namespaces"
    try:
        with network() as made:
            wire = made.branch("probe").front
            wire.cut()
            wire.mend()
    except FileNotFoundError:
        return "iproute2 is not installed: apt-get install iproute2"
    except (OSError, subprocess.CalledProcessError) as error:
        return f"no network namespaces here: {error}"
    return None


def refuse(reason: str) -> NoReturn:
    """Skip the test, or fail where CI runs it as root."""
    if os.geteuid() == 0:
        missing(reason)
    pytest.skip(reason)


@contextmanager
def _inside(namespace: str) -> Iterator[None]:
    """Move this thread, and what it starts, to a namespace for the block."""
    with Path("/proc/thread-self/ns/net").open("rb") as before:
        with Path("/run/netns", namespace).open("rb") as there:
            _enter(there.fileno())
        try:
            yield
        finally:
            _enter(before.fileno())


def _enter(namespace: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)  # os.setns came with Python 3.12
    if libc.setns(namespace, _NEW_NETWORK) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _found(program: str) -> str:
    found = shutil.which(program, path=_PATH)
    if found is None:
        raise FileNotFoundError(program)
    return found


def _run(program: str, *arguments: str) -> None:
    command: Sequence[str] = [_found(program), *arguments]
    subprocess.run(command, check=True, timeout=10)
