"""What a store raises when it does not answer, told apart from what is simply not there."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from obstore.exceptions import BaseError

from app.jobs.files import StorageAwayError


@contextmanager
def failing() -> Iterator[None]:
    """Raise `StorageAwayError` for what a store raises in the block."""
    try:
        yield
    except FileNotFoundError:
        raise
    except (BaseError, ValueError, TimeoutError) as error:
        # Its own text has the whole request in it, with bucket and query.
        raise StorageAwayError(errno.EIO, f"The object store failed ({type(error).__name__})") from None
