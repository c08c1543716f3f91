"""Looking ahead: a thread waits for the sources while what they gave before is taken in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from threading import Event, Thread
from typing import TypeVar

T = TypeVar("T")


@contextmanager
def ahead(
    keys: Sequence[str], look: Callable[[str], T], done: Callable[[], None]
) -> Iterator[dict[str, Future[T]]]:
    """Call a function for one key after the other in a thread of its own; give the results as they come.

    Who leaves, for whatever reason, does not wait for a source: the thread ends with the call it is in, and with the
    process.

    Parameters
    ----------
    keys : sequence of str
    look : callable
    done : callable
        Called in the thread once there is nothing more to look at.
    """
    results: dict[str, Future[T]] = {key: Future() for key in keys}
    left = Event()

    def run() -> None:
        try:
            for key, result in results.items():
                if left.is_set():
                    return
                try:
                    result.set_result(look(key))
                except BaseException as error:
                    result.set_exception(error)
        finally:
            done()

    Thread(target=run, name="look ahead", daemon=True).start()
    try:
        yield results
    finally:
        left.set()
