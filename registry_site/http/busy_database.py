"""Whether a fault of the database passes by itself: decided here, and answered with the refusal that is made here.

Both drivers raise the same class for "busy, try again" and for a statement that never succeeds, such as one that is too
large or asks for a table that isn't there. Only the first may be answered 503, because the client repeats every 5xx: its
GraphQL for some sixteen minutes, a run's file stream for a week.
"""

import errno
import logging
import sqlite3

from django.db import DatabaseError, OperationalError

from artifacts.errors import NotYet

SECONDS = 2
SQLITE_PASSES = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CANTOPEN,
}
# By their first characters: connection lost, rolled back for another transaction, no resources left, stopped by an
# operator; and of the class 55 only a lock that wasn't to be had.
POSTGRES_PASSES = ("08", "40", "53", "57", "55P03")
POSTGRES_FULL = "53100"
DISK_FULL = {errno.ENOSPC, errno.EDQUOT}
FULL_SECONDS = 30

log = logging.getLogger("linkyard.database")


def passes(error: BaseException) -> bool:
    """Whether this is the database being only busy or away, so that the same request succeeds later."""
    fault = error.__cause__
    if not isinstance(error, OperationalError) or fault is None:
        return False
    if isinstance(fault, sqlite3.Error):
        code: int = getattr(fault, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
        return code & 0xFF in SQLITE_PASSES
    state = getattr(fault, "sqlstate", None)
    # The server names a state with each refusal; where there is none it wasn't reached, or no connection was free.
    return state is None or str(state).startswith(POSTGRES_PASSES)


def is_full(error: BaseException) -> bool:
    """Whether a disk has no room left, for the database or for files."""
    if isinstance(error, OSError):
        return error.errno in DISK_FULL
    fault = error.__cause__
    if not isinstance(error, DatabaseError) or fault is None:
        return False
    if isinstance(fault, sqlite3.Error):
        return getattr(fault, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_FULL
    return getattr(fault, "sqlstate", None) == POSTGRES_FULL


def busy(error: BaseException) -> NotYet | None:
    """The refusal that says so, if this is a full disk or the database being only busy; it is logged."""
    if is_full(error):
        log.error("A disk is full.", exc_info=error)
        return NotYet(
            "The server’s disk is full, so nothing can be stored; tell its operator, and try again when there is room.",
            seconds=FULL_SECONDS,
        )
    if not passes(error):
        return None
    log.warning("The database did not answer.", exc_info=error)
    return NotYet("The database is busy; the same request will succeed shortly.", seconds=SECONDS)
