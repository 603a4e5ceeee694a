"""Work that may take longer than a client waits: it goes on in a thread, and the client is told to come back for its result."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from django.db import connections

from artifacts.errors import NotYet

PATIENCE_SECONDS = 20  # the client cuts an attempt off after 30

_running: dict[str, Future[Any]] = {}
_guard = threading.Lock()


def within[Result](
    key: str, work: Callable[[], Result], *, sentence: str, patience: float = PATIENCE_SECONDS
) -> Result:
    """The work's result or refusal if it comes soon, else NotYet; whoever asks for the same key again joins the work that runs.

    The work has to be safe to repeat: a restart of the server ends it, and the next request begins it anew.
    """
    with _guard:
        future = _running.get(key)
        if future is None:
            future = _running[key] = Future()
            threading.Thread(target=_run, args=(key, work, future), name=key, daemon=True).start()
    try:
        result: Result = future.result(timeout=patience)
    except TimeoutError:
        raise NotYet(sentence, seconds=5) from None
    return result


def _run(key: str, work: Callable[[], Any], future: Future[Any]) -> None:
    result, failure = None, None
    try:
        result = work()
    except BaseException as error:
        failure = error
    finally:
        connections.close_all()
        with _guard:
            _running.pop(key, None)
    if failure is not None:
        future.set_exception(failure)
    else:
        future.set_result(result)
