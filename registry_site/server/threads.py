"""Threads that wait for work, and how many places of them one visitor may take."""

import asyncio
import queue
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager


class Threads:
    """Up to so many threads, started when they are needed; they end with the process, whatever they are at."""

    # Not a ThreadPoolExecutor: at its end a process waits for those, and a stop must not wait for a stalled visitor.

    def __init__(self, name: str, most: int) -> None:
        self._name, self._most = name, most
        self._jobs: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._guard = threading.Lock()
        self._started = self._free = 0

    async def run[**P, T](self, act: Callable[P, T], *args: P.args, **options: P.kwargs) -> T:
        """What the act returns or raises, done by one of the threads."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()

        def succeed(value: T) -> None:
            if not future.done():
                future.set_result(value)

        def fail(error: BaseException) -> None:
            if not future.done():
                future.set_exception(error)

        def job() -> None:
            try:
                value = act(*args, **options)
            except BaseException as error:
                # StopIteration can't be raised into a future.
                known = RuntimeError("ended") if isinstance(error, StopIteration) else error
                loop.call_soon_threadsafe(fail, known)
            else:
                loop.call_soon_threadsafe(succeed, value)

        self._put(job)
        return await future

    def _put(self, job: Callable[[], None]) -> None:
        with self._guard:
            if self._free > 0:
                self._free -= 1
            elif self._started < self._most:
                self._started += 1
                threading.Thread(target=self._work, daemon=True, name=f"{self._name}-{self._started}").start()
            else:
                self._free -= 1  # below nought: so many jobs wait
        self._jobs.put(job)

    def _work(self) -> None:
        while True:
            job = self._jobs.get()
            try:
                job()
            except RuntimeError:  # the loop is closed: the process ends
                return
            finally:
                del job  # nothing of it is held while the thread waits
            with self._guard:
                self._free += 1


class VisitorPlaces:
    """Places that visitors take in turn, of which one address never has more than its share."""

    def __init__(self, most: int, most_of_one: int) -> None:
        self._all = asyncio.Semaphore(most)
        self._most_of_one = most_of_one
        self._of: dict[str, asyncio.Semaphore] = {}
        self._using: Counter[str] = Counter()

    @asynccontextmanager
    async def taken(self, address: str) -> AsyncIterator[None]:
        """Wait for a place, and have it until the end of the block."""
        self._using[address] += 1
        share = self._of.setdefault(address, asyncio.Semaphore(self._most_of_one))
        try:
            async with share, self._all:
                yield
        finally:
            self._using[address] -= 1
            if not self._using[address]:
                del self._using[address], self._of[address]
