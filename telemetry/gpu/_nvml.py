"""Readings through NVML, by the real pynvml. One thread at a time asks; each call has a deadline."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from telemetry.gpu._asking import Asking
from telemetry.gpu._card import NvmlCard, Plan, UnreadableCard
from telemetry.gpu._errors import Meaning, meaning
from telemetry.gpu._events import XidEvents
from telemetry.gpu._lane import Lane, Overdue
from telemetry.gpu._numbers import text
from telemetry.gpu._readings import Card, Facts, Xid
from telemetry.gpu._source import SourceAbsent, SourceGone

_HANGING: Final = "a call to the driver has not returned; NVML cannot start anew before it does"

AnyCard = NvmlCard | UnreadableCard


@dataclass(frozen=True, slots=True)
class _Opened:
    nvml: Any
    count: int
    cards: list[AnyCard]
    events: XidEvents | None


class NvmlSource:
    """NVML as a `Source`. Nothing is touched before `open`, so that a process may fork until then.

    Args:
        uuids: the cards to read, all when empty.
        count_error: is told the call and the error of each reading that failed.
        plan: what is read, how often, and how long the driver gets for it.
        clock: the monotonic clock.
    """

    def __init__(
        self,
        uuids: Iterable[str],
        count_error: Callable[[str, str], None],
        plan: Plan | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wanted = frozenset(uuids)
        self._count_error = count_error
        self._plan = plan or Plan()
        self._clock = clock
        self._lane = Lane("plainview-gpu-calls")
        self._hanging: list[threading.Thread] = []
        self._stuck: dict[str, threading.Thread] = {}
        self._opened: _Opened | None = None
        self._owes_shutdown = False

    def open(self) -> None:
        if self._still_hanging():
            raise SourceGone(_HANGING)
        self._stuck = {}
        if self._owes_shutdown:
            self._shut_down()
        claim = threading.Lock()  # taken by who comes first: the start when it is done, or we when it is late
        try:
            (self._opened,) = self._lane.run([lambda: self._start(claim)], self._plan.start_seconds)
        except Overdue as late:
            self._owes_shutdown = not claim.acquire(blocking=False)
            self._hanging.append(late.thread)
            raise SourceGone(f"NVML does not start (no answer for {self._plan.start_seconds:g} s)") from late
        if self._opened.events is not None:
            self._opened.events.start()

    def count(self) -> int:
        return self._opened.count if self._opened else 0

    def read(self) -> tuple[Card, ...]:
        cards = self._opened.cards if self._opened else []
        self._stuck = {uuid: thread for uuid, thread in self._stuck.items() if thread.is_alive()}
        found = {card.uuid: self._without_answer(card) for card in cards if card.uuid in self._stuck}
        todo = [card for card in cards if card.uuid not in found]
        while todo:
            try:
                done = self._lane.run([card.read for card in todo], self._plan.card_seconds)
            except Overdue as late:
                answered = [card for card in late.done if isinstance(card, Card)]
                stuck = todo[len(answered)]
                self._count_error(stuck.call, "deadline_exceeded")
                self._hanging.append(late.thread)
                self._stuck[stuck.uuid] = late.thread
                found |= {card.uuid: card for card in answered} | {stuck.uuid: self._without_answer(stuck)}
                todo = todo[len(answered) + 1 :]
            else:
                found |= {card.uuid: card for card in done}
                todo = []
        return tuple(found[card.uuid] for card in cards)

    def wait(self, seconds: float, stop: threading.Event) -> tuple[Xid, ...]:
        if self._opened and self._opened.events:
            return self._opened.events.wait(seconds, stop)
        stop.wait(seconds)
        return ()

    def close(self) -> None:
        opened, self._opened = self._opened, None
        if opened is None:
            self._lane.close()
            return
        # The set dies with the shutdown; freeing it afterwards would crash the library.
        if opened.events is not None and not opened.events.close():
            self._hanging.append(opened.events.thread)
        self._owes_shutdown = True
        if not self._still_hanging():
            self._shut_down(opened.cards)
        self._lane.close()

    def _start(self, claim: threading.Lock) -> _Opened:
        import pynvml  # noqa: PLC0415 - only hosts that are asked to read cards load it

        try:
            pynvml.nvmlInit()
        except Exception as error:
            name, _ = meaning(error)
            if name in ("library_not_found", "driver_not_loaded"):
                raise SourceAbsent(f"no NVIDIA driver here ({name})") from error
            raise SourceGone(f"NVML does not start ({name})") from error
        try:
            opened = self._find_cards(pynvml)
        except BaseException:
            _shutdown(pynvml)
            raise
        if not claim.acquire(blocking=False):
            _shutdown(pynvml)
        return opened

    def _shut_down(self, cards: Iterable[AnyCard] = ()) -> None:
        """Shut NVML down while nobody is in a call. What hangs here is remembered, and nothing is raised."""
        import pynvml  # noqa: PLC0415 - as above

        def end() -> None:
            for card in cards:
                card.close()
            _shutdown(pynvml)

        self._owes_shutdown = False
        try:
            self._lane.run([end], self._plan.end_seconds)
        except Overdue as late:
            self._hanging.append(late.thread)

    def _still_hanging(self) -> bool:
        self._hanging = [thread for thread in self._hanging if thread.is_alive()]
        return bool(self._hanging)

    def _without_answer(self, card: AnyCard) -> Card:
        lost = f"no answer from {card.call} for more than {self._plan.card_seconds:g} s"
        return Card(card.uuid, card.facts, lost=lost)

    def _find_cards(self, nvml: Any) -> _Opened:
        try:
            count = nvml.nvmlDeviceGetCount()
            driver = text(nvml.nvmlSystemGetDriverVersion())
            cuda = _cuda_version(nvml)
        except Exception as error:
            raise SourceGone(f"NVML does not list its cards ({meaning(error)[0]})") from error
        if count == 0:
            # A driver without a card is a broken device mount far more often than an empty machine.
            raise SourceGone("the driver answers but shows no cards")
        found = [self._find(nvml, index, count, driver, cuda) for index in range(count)]
        wanted = [(card, handle) for card, handle in found if not self._wanted or card.uuid in self._wanted]
        cards = [card for card, _ in wanted]
        cards += [UnreadableCard(uuid) for uuid in sorted(self._wanted - {card.uuid for card in cards})]
        events = XidEvents.opened(nvml, [(handle, card.uuid) for card, handle in wanted if handle is not None])
        for card in cards:
            card.xids_seen = events is not None and events.watches(card.uuid)
        return _Opened(nvml, count, cards, events)

    def _find(self, nvml: Any, index: int, count: int, driver: str, cuda: str) -> tuple[AnyCard, Any]:
        try:
            handle = nvml.nvmlDeviceGetHandleByIndex(index)
            uuid = text(nvml.nvmlDeviceGetUUID(handle))
        except Exception as error:
            name, what = meaning(error)
            if what is Meaning.GONE:
                raise SourceGone(f"NVML stopped answering ({name})") from error
            self._count_error("nvmlDeviceGetHandleByIndex", name)
            return UnreadableCard(f"unknown-index-{index}"), None
        facts = Facts(
            index=str(index),
            model=_fact(nvml.nvmlDeviceGetName, handle),
            pci_bus_id=_fact(lambda card: nvml.nvmlDeviceGetPciInfo(card).busId, handle),
            serial=_fact(nvml.nvmlDeviceGetSerial, handle),
            driver_version=driver,
            cuda_version=cuda,
        )
        asking = Asking(nvml, handle, uuid, self._count_error)
        return NvmlCard(asking, facts, self._plan, self._clock, self._plan.slow_seconds * index / count), handle


def _shutdown(nvml: Any) -> None:
    with contextlib.suppress(Exception):
        nvml.nvmlShutdown()


def _fact(read: Callable[[Any], Any], handle: Any) -> str:
    """Return a fact as text, empty where the card does not tell it (a GeForce has no serial number)."""
    try:
        return text(read(handle))
    except Exception as error:
        if meaning(error)[1] is Meaning.GONE:
            raise SourceGone(f"NVML stopped answering ({meaning(error)[0]})") from error
        return ""


def _cuda_version(nvml: Any) -> str:
    try:
        number = int(nvml.nvmlSystemGetCudaDriverVersion())
    except Exception:  # noqa: BLE001 - a fact to show, nothing depends on it
        return ""
    return f"{number // 1000}.{number % 1000 // 10}"
