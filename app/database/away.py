"""Which errors say that the database is away, and what is raised to those who ask it meanwhile."""

from __future__ import annotations

from typing import Final

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

# Connection lost or refused, too many connections, shut down or starting. PostgreSQL's other operational errors
# (deadlock, a cancelled query, a full disk) come from a server that is there.
_AWAY: Final = ("08", "53300", "57P")
# A file that is locked is there, and so is one without the table that was asked for.
_FILE_BROKEN: Final = ("SQLITE_CANTOPEN", "SQLITE_IOERR", "SQLITE_NOTADB", "SQLITE_CORRUPT", "SQLITE_PROTOCOL")


class DatabaseAway(SQLAlchemyError):  # noqa: N818 - says what happened
    """The database was not asked, for it has failed too often, or it did not answer in time.

    Attributes:
        retry_after: whole seconds until it is worth another try.
    """

    def __init__(self, reason: str, retry_after: int) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


#: What a caller may meet for whom the database is away for a moment, or busy.
FAILED: Final = (OperationalError, DatabaseAway)


def is_away(error: BaseException) -> bool:
    """Tell whether `error` says that the database cannot be reached, not that it was asked something wrong."""
    if isinstance(error, (TimeoutError, PoolTimeoutError, InterfaceError)):
        return True
    return isinstance(error, OperationalError) and _says_so(error)


def is_connection_lost(error: BaseException) -> bool:
    """Tell whether `error` is that a connection ended or could not be made; the next one may be good."""
    return isinstance(error, DBAPIError) and (error.connection_invalidated or is_away(error))


def _says_so(error: DBAPIError) -> bool:
    file_error = getattr(error.orig, "sqlite_errorname", None)
    if file_error is not None:
        return str(file_error).startswith(_FILE_BROKEN)
    state = getattr(error.orig, "sqlstate", None)
    return state is None or str(state).startswith(_AWAY)
