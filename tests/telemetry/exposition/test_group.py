"""Members of one group in one process: what they show together, whoever is asked and whoever has left."""

from __future__ import annotations

import os
import socket
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from telemetry import catalog
from telemetry.exposition import _folder
from telemetry.exposition._group import Group
from telemetry.exposition._listening import Address, listening, reached
from telemetry.exposition._snapshot import snapshot
from telemetry.exposition._text import Text

TRACE = {"trace_id": "ab"}


class Process:
    """What one process counts and shows."""

    def __init__(self, folder: Path, service: str = "shop", buckets: tuple[float, ...] = (0.1, 1)) -> None:
        self.registry = CollectorRegistry()
        self.orders = Counter("orders", "Orders.", ["kind"], registry=self.registry)
        self.took = Histogram("took_seconds", "Took.", registry=self.registry, buckets=buckets)
        self.silent = 0
        self.group = Group(folder, service, lambda: snapshot(self.registry), self._silent)

    def order(self, times: int = 1, kind: str = "book") -> None:
        self.orders.labels(kind).inc(times)
        for _ in range(times):
            self.took.observe(0.05, TRACE)

    def text(self, accept: str = "") -> str:
        return Text().of(self.group.added_up(), accept, None)[0].decode()

    def lines(self, beginning: str) -> list[str]:
        return [line for line in self.text().splitlines() if line.startswith(beginning)]

    def total(self) -> float:
        return sum(float(line.rpartition(" ")[2]) for line in self.lines("orders_total{"))

    def _silent(self, processes: int) -> None:
        self.silent += processes


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "group"
    place.mkdir(mode=0o700)
    yield place
    for held in [member for at, member in _folder._held if at == place]:
        _folder.release(place, held)


def killed(process: Process) -> None:
    """End it as `kill -9` does: its lock is gone, nothing else happens."""
    _folder.release(process.group._folder, process.group._name)
    process.group._answering.drop()


def test_each_shows_the_sum_of_all(folder):
    one, other = Process(folder), Process(folder)
    one.order(2)
    other.order(3, "pen")
    for asked in (one, other):
        assert sorted(asked.lines("orders_total")) == ['orders_total{kind="book"} 2.0', 'orders_total{kind="pen"} 3.0']
        assert asked.lines("took_seconds_count") == ["took_seconds_count 5.0"]
        assert asked.lines('took_seconds_bucket{le="0.1"}') == ['took_seconds_bucket{le="0.1"} 5.0']


def test_the_exemplar_shown_is_the_newest_of_all(folder):
    one, other = Process(folder), Process(folder)
    one.took.observe(0.05, {"trace_id": "old"})
    other.took.observe(0.06, {"trace_id": "new"})
    shown = [line for line in one.text("application/openmetrics-text;version=1.0.0").splitlines() if " # " in line]
    assert [line.partition(" # ")[2].partition(" ")[0] for line in shown] == ['{trace_id="new"}']


def test_what_has_left_stays_in_the_totals_and_its_files_go(folder):
    one, other = Process(folder), Process(folder)
    other.order(3)
    other.group.leave()
    one.order(1)
    assert [one.total() for _ in range(3)] == [4, 4, 4]
    assert len(list(folder.glob("*.lock"))) == 1


def test_what_is_killed_leaves_what_was_shown_of_it(folder):
    one, other = Process(folder), Process(folder)
    other.order(3)
    assert one.total() == 3
    other.order(2)
    killed(other)
    assert [one.total() for _ in range(2)] == [3, 3]


def test_files_that_were_counted_but_not_removed_are_not_counted_again(folder, monkeypatch):
    one, other = Process(folder), Process(folder)
    other.order(3)
    other.group.leave()
    with monkeypatch.context() as patched:
        patched.setattr(_folder, "forget", lambda *_: None)  # as if killed before it came to that
        assert one.total() == 3
    assert [one.total() for _ in range(2)] == [3, 3]
    assert len(list(folder.glob("*.lock"))) == 1


def test_who_does_not_answer_costs_a_moment_and_keeps_its_totals(folder):
    one, other = Process(folder), Process(folder)
    other.order(3)
    assert one.total() == 3
    other.group._writing.acquire()  # as a process that is stopped in the middle of it
    try:
        began = time.monotonic()
        assert one.total() == 3
        assert time.monotonic() - began < 3
        assert one.silent == 1
    finally:
        other.group._writing.release()


def test_another_service_at_the_same_place_begins_at_zero(folder):
    one = Process(folder, "shop")
    one.order(3)
    one.group.leave()
    assert Process(folder, "library").total() == 0


def test_the_same_service_goes_on_counting_unless_it_was_away_for_long(folder):
    one = Process(folder)
    one.order(3)
    one.group.leave()
    again = Process(folder)
    assert again.total() == 3
    again.group.leave()
    for path in folder.glob("*.state"):
        os.utime(path, (time.time() - 3600,) * 2)
    assert Process(folder).total() == 0


def test_who_joins_counts_the_dead_and_removes_their_files(folder):
    for _ in range(5):
        process = Process(folder)
        process.order(1)
        process.group.leave()
    last = Process(folder)
    assert len(list(folder.glob("*.lock"))) == 1
    assert last.total() == 5


def test_a_file_that_is_broken_counts_nothing(folder):
    one = Process(folder)
    one.order(1)
    _folder.hold(folder, "1-1")
    _folder.release(folder, "1-1")
    _folder.write(folder, "1-1", b"broken")
    assert one.total() == 1


def test_other_bounds_of_another_version_are_left_out(folder):
    old, new = Process(folder), Process(folder, buckets=(0.5, 5))
    old.order(2)
    new.order(1)
    assert new.lines("orders_total") == ['orders_total{kind="book"} 3.0']
    assert new.lines("took_seconds_count") in (["took_seconds_count 1.0"], ["took_seconds_count 2.0"])


def test_gauges_become_what_they_mean(folder):
    one, other = Process(folder), Process(folder)
    for number, process in enumerate((one, other), 1):
        Gauge("peak", "Max.", registry=process.registry, multiprocess_mode="livemax").set(number)
        Gauge("active", "Sum.", registry=process.registry, multiprocess_mode="sum").set(number)
        Gauge(catalog.GPU_POWER.name, "One.", ["gpu_uuid"], registry=process.registry).labels("GPU-1").set(number)
        Gauge(catalog.HEALTH_COMPONENT.name, "Min.", ["component"], registry=process.registry).labels("db").set(number)
    assert one.lines("peak ") == ["peak 2.0"]
    assert other.lines("active ") == ["active 3.0"]
    for asked in (one, other):
        assert asked.lines("gpu_power_watts{") == ['gpu_power_watts{gpu_uuid="GPU-1"} 1.0'], "the oldest shows them"
        assert asked.lines("health_component_status{") == ['health_component_status{component="db"} 1.0']
    other.group.leave()
    assert one.lines("active ") == ["active 1.0"], "a process that has ended has none under way"


def test_a_folder_of_others_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    (tmp_path / f"plainview-{os.geteuid()}").mkdir(mode=0o755)
    with pytest.raises(_folder.NotPrivate, match="remove it"):
        _folder.group_folder(Address("127.0.0.1", 80), "shop")


def test_the_sockets_of_groups_are_no_address_that_is_served(folder):
    before = listening()
    Process(folder)
    assert listening() == before


def test_a_path_too_long_for_a_socket_is_no_matter(tmp_path):
    deep = tmp_path / ("d" * 120)
    deep.mkdir(mode=0o700)
    one, other = Process(deep), Process(deep)
    other.order(1)
    assert one.total() == 1
    for process in (one, other):
        process.group.leave()


STEPS = st.lists(st.tuples(st.sampled_from(["order", "join", "leave", "ask"]), st.integers(0, 3)), max_size=25)


@settings(deadline=None, max_examples=40)
@given(STEPS)
def test_whatever_happens_the_total_is_what_was_counted(steps):
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        alive, counted = [Process(folder)], 0
        try:
            for step, number in steps:
                process = alive[number % len(alive)]
                if step == "order":
                    process.order(number)
                    counted += number
                elif step == "join":
                    alive.append(Process(folder))
                elif step == "leave" and len(alive) > 1:
                    alive.remove(process)
                    process.group.leave()
                else:
                    assert process.total() == counted
            assert {process.total() for process in alive} == {counted}
        finally:
            for process in alive:
                process.group.leave()


def test_what_nobody_has_used_for_long_goes_and_nothing_else(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    old, new = (_folder.group_folder(Address("127.0.0.1", port), "shop") for port in (1, 2))
    foreign = old.parent / "somebody"
    foreign.mkdir()
    for place in (old, foreign):
        for name in ("1-1.lock", "1-1.state", "turn"):
            (place / name).touch()
            os.utime(place / name, (time.time() - 7200,) * 2)
    used = Process(_folder.group_folder(Address("127.0.0.1", 3), "shop"))
    for path in used.group._folder.iterdir():
        os.utime(path, (time.time() - 7200,) * 2)
    os.utime(old.parent / "swept", (time.time() - 7200,) * 2)
    Process(new).group.leave()
    used.group.leave()
    assert not old.exists()
    assert len(list(foreign.iterdir())) == 3
    assert used.group._folder.exists(), "who is alive uses it"


def test_an_address_is_found_by_what_a_request_was_sent_to(tmp_path):
    path = str(tmp_path / "app.sock")
    with (
        socket.create_server(("127.0.0.1", 0)) as tcp,
        socket.socket(socket.AF_UNIX) as unix,
        socket.create_connection(tcp.getsockname()) as connected,
        socket.socket() as unbound,
    ):
        unix.bind(path)
        assert Address(path, None) not in listening(), "nobody is let in yet"
        unix.listen()
        port = tcp.getsockname()[1]
        found = listening()
        assert {Address("127.0.0.1", port), Address(path, None)} <= found
        assert not {Address(*end.getsockname()) for end in (connected, unbound)} & found
        assert reached(("127.0.0.1", port), found) == Address("127.0.0.1", port)
        assert reached((path, None), found) == Address(path, None)
        assert reached(("testserver", 1), found) is None
        assert reached(None, found) is None
    anywhere, here = Address("0.0.0.0", 80), Address("10.0.0.1", 80)  # noqa: S104 - an address only
    assert reached(("10.0.0.7", 80), [anywhere, here]) == anywhere
    assert reached(("10.0.0.1", 80), [anywhere, here]) == here
