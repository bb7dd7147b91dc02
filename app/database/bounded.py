"""Connections of blocking code to PostgreSQL whose every exchange ends in time.

A server that stands still acknowledges what it is sent, so that no time-out of the network ends the wait for its answer.
What took too long has no connection to go on with, and nobody knows whether it was done.
"""

from __future__ import annotations

import time
from typing import Any

from psycopg import Connection, OperationalError
from psycopg.abc import RV, PQGen
from sqlalchemy import Engine, event

from app.database.watched import PATIENCE


class _Bounded(Connection[Any]):
    def wait(self, gen: PQGen[RV], *args: Any, **options: Any) -> RV:
        """Return the end of an exchange with the server; one that has a bound of its own keeps that."""
        if options.get("timeout") is not None:
            return super().wait(gen, *args, **options)
        began, most = time.monotonic(), PATIENCE.total_seconds()
        try:
            return super().wait(gen, *args, **options | {"timeout": most})
        except OperationalError as error:
            if time.monotonic() - began < most:
                raise
            self.close()
            raise OperationalError(f"no answer within {most:g} s") from error


def bound(engine: Engine) -> None:
    """Make every connection of `engine`, which is one to PostgreSQL, a bounded one."""
    event.listen(engine, "do_connect", _connect)


def _connect(_dialect: object, _record: object, arguments: tuple[Any, ...], options: dict[str, Any]) -> _Bounded:
    return _Bounded.connect(*arguments, **options)
