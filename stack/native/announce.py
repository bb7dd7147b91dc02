"""Tell a person what goes on, before anything but the standard library is there."""

import sys


def say(message: str) -> None:
    """Write one line to stderr."""
    sys.stderr.write(f"plainview: {message}\n")
    sys.stderr.flush()


def progress(message: str) -> None:
    """Overwrite the current line on a terminal; say nothing elsewhere."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\033[K  {message[:76]}")
        sys.stderr.flush()


def progress_done() -> None:
    """Take away what `progress` wrote."""
    if sys.stderr.isatty():
        sys.stderr.write("\r\033[K")
        sys.stderr.flush()
