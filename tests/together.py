"""Acts that begin at the same moment, each in a thread with a connection of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from django.db import connections


def together(acts: Sequence[Callable[[], object]]) -> list[object]:
    """Run ``acts`` in threads that start at the same moment; what each gave, or the error that it ended with."""
    start_line = threading.Barrier(len(acts))
    results: list[object] = [None] * len(acts)

    def run(place: int, act: Callable[[], object]) -> None:
        try:
            start_line.wait(10)
            results[place] = act()
        except BaseException as error:  # an error is a result to look at, not the end of a thread
            results[place] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(place, act)) for place, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return results
