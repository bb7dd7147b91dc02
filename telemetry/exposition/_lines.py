"""What a line of the exposition is made of, as prometheus-client writes it."""

from collections.abc import Callable, Iterable
from typing import Any, Final

from prometheus_client.exposition import choose_encoder
from prometheus_client.openmetrics import exposition as openmetrics
from prometheus_client.utils import floatToGoString

#: A number as the client writes it.
exact: Final[Callable[[float], str]] = floatToGoString

_EOF: Final = "# EOF\n"
_EXPONENT_FROM: Final = 1e6
_OF_A_SPAN: Final = frozenset({"span_id", "trace_id"})


class Form:
    """What the client of one scrape understands.

    Attributes:
        encoder: the client library's own writer of it.
        content_type: its name.
        with_exemplars: whether it is OpenMetrics.
        is_ours: whether our lines are right for it, or names are to be escaped in another way.
    """

    def __init__(self, accept: str) -> None:
        self.encoder, self.content_type = choose_encoder(accept)
        self.with_exemplars = getattr(self.encoder, "func", self.encoder) is openmetrics.generate_latest
        options = getattr(self.encoder, "keywords", {})
        escaping = options.get("escaping", openmetrics.UNDERSCORES)
        self.is_ours = escaping in (openmetrics.UNDERSCORES, openmetrics.ALLOWUTF8)

    def foreign(self, collector: Any) -> str:
        """Return what a collector yields, as the client library writes it."""
        return self.encoder(collector).decode().removesuffix(_EOF)

    def finished(self, out: list[str]) -> bytes:
        """Return the whole answer."""
        if self.with_exemplars:
            out.append(_EOF)
        return "".join(out).encode()


def head(name: str, kind: str, text: str, unit: str, *, with_exemplars: bool) -> str:
    """Return the lines above a family's first sample."""
    text = text.replace("\\", r"\\").replace("\n", r"\n")
    if with_exemplars:
        text = text.replace('"', r"\"")
    shown = f"{name}_total" if kind == "counter" and not with_exemplars else name
    unit_line = f"# UNIT {shown} {unit}\n" if unit and with_exemplars else ""
    return f"# HELP {shown} {text}\n# TYPE {shown} {kind}\n{unit_line}"


def fronts(name: str, kind: str, labels: dict[str, str], bounds: Iterable[float]) -> list[str]:
    """Return what each line of a child begins with; a histogram's count and sum come after its buckets."""
    if kind != "histogram":
        return [_front(f"{name}_total" if kind == "counter" else name, labels)]
    buckets = [_front(f"{name}_bucket", {**labels, "le": exact(bound)}) for bound in bounds]
    return [*buckets, _front(f"{name}_count", labels), _front(f"{name}_sum", labels)]


def _front(name: str, labels: dict[str, str]) -> str:
    pairs = ",".join(f'{label}="{_escaped(value)}"' for label, value in sorted(labels.items()))
    return f"{name}{{{pairs}}} " if pairs else f"{name} "


def _escaped(value: str) -> str:
    if value.isalnum():  # as ids are
        return value
    return value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")


def number(value: float) -> str:
    """Return a value as the client writes it."""
    # The usual case of the client's own function. A number of numpy's has another repr.
    return repr(value) if type(value) is float and 0 <= value < _EXPONENT_FROM else exact(value)


def exemplar_text(exemplar: Any) -> str:
    """Return an exemplar as it ends its line."""
    labels = exemplar.labels
    if labels.keys() == _OF_A_SPAN:  # sorted by name, as all are
        shown = f'span_id="{_escaped(labels["span_id"])}",trace_id="{_escaped(labels["trace_id"])}"'
    else:
        shown = ",".join(f'{name}="{_escaped(text)}"' for name, text in sorted(labels.items()))
    at = "" if exemplar.timestamp is None else f" {exemplar.timestamp}"
    return f" # {{{shown}}} {number(exemplar.value)}{at}"
