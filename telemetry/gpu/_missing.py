"""Why a reading is not there, in the words of the exposition: the four ways of not knowing stay apart."""

from collections.abc import Iterator
from typing import Final

from telemetry.gpu._readings import Absent, Card, Failed, NotSupported, Snapshot, Value

#: Where a card as a whole gives nothing.
ALL: Final = "all"

STATES: Final = ("ok", "stale", "absent", "failed", "starting")

# A family of which one series failed has failed, whatever its others say; one that shows a value is not missing.
_ORDER: Final = (Failed, Value, Absent, NotSupported)
_WORDS: Final = {Failed: "failed", Absent: "absent", NotSupported: "not_supported"}


def state_of(snapshot: Snapshot, *, fresh: bool) -> str:
    """Return the state of the reader as one of `STATES`."""
    return "stale" if snapshot.state == "ok" and not fresh else snapshot.state


def missing(card: Card, *, stale: bool) -> Iterator[tuple[str, str]]:
    """Yield (reading, state) of each family that this card does not give now."""
    if card.lost is not None or stale:
        yield ALL, "lost" if card.lost is not None else "stale"
        return
    kinds: dict[str, set[type]] = {}
    for key, reading in card.readings.items():
        kinds.setdefault(key.metric.name, set()).add(type(reading))
    for name, found in kinds.items():
        first = next(kind for kind in _ORDER if kind in found)
        if first is not Value:
            yield name, _WORDS[first]
