"""Where lines come from: log files with what was rotated out of them, compressed or not, and standard input."""

import gzip
import io
import sys
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, Final

STDIN: Final = "-"
_GZIP: Final = b"\x1f\x8b"
#: A longer line is nothing that this project wrote; it is cut, and its rest reads as one more line that is no JSON.
_LONGEST: Final = 1024 * 1024


class SourceUnreadable(Exception):  # noqa: N818 - reads as what happened
    """A file cannot be read, or is damaged half way; the message names it."""


def rotated(path: Path) -> list[Path]:
    """Return `path` and what was rotated out of it (`x.log.1`, `x.log.2.gz`, `x.log-20261121.gz`), the oldest first."""
    older = [found for mark in (".", "-") for found in path.parent.glob(f"{path.name}{mark}*") if found.is_file()]
    return sorted(older, key=lambda found: found.stat().st_mtime) + ([path] if path.is_file() else [])


def lines(sources: Iterable[str | Path]) -> Iterator[bytes]:
    """Yield every line of the files named, `-` for standard input; gzip is told by its first two bytes.

    Raises:
        SourceUnreadable: a file cannot be opened, or its compressed data is damaged; the lines before it were yielded.
    """
    for source in sources:
        try:
            if str(source) == STDIN:
                yield from _lines(sys.stdin.buffer)
            else:
                with Path(source).open("rb") as file:
                    yield from _lines(file)
        except (OSError, EOFError, zlib.error) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else error
            raise SourceUnreadable(f"{source} cannot be read: {reason}") from error


def _lines(file: BinaryIO) -> Iterator[bytes]:
    buffered = file if isinstance(file, io.BufferedReader) else io.BufferedReader(file)  # type: ignore[type-var]
    if buffered.peek(2)[:2] == _GZIP:
        with gzip.open(buffered) as plain:
            yield from _bounded(plain)
    else:
        yield from _bounded(buffered)


def _bounded(file: BinaryIO | gzip.GzipFile) -> Iterator[bytes]:
    while line := file.readline(_LONGEST):
        yield line
