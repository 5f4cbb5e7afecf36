"""The graph of a collection, built at the end of a run that made it outgrow the one it has."""

from __future__ import annotations

import threading
import time

from rich.console import Console

from facies.core.errors import FaciesError
from facies.core.store import VectorStore, needs_optimizing

_POLL_S = 0.05


def build_where_grown(
    store: VectorStore, collection: str, *, graph_above: int, said: Console, stop: threading.Event
) -> list[str]:
    """Build the graph where so many vectors are outside it that searches are slowed down.

    A store that does so by itself is left to it. What was indexed is there whatever happens here, so a failure is told
    and nothing is raised.

    Args:
        store: with the collection.
        collection: its name.
        graph_above: see `facies.core.store.needs_optimizing`.
        said: says what goes on.
        stop: returns soon after it is set; the store, when it is closed, breaks the building off.

    Returns:
        what to say about it; nothing where there was nothing to do.
    """
    if store.optimizes_itself:
        return []
    try:
        before = store.describe(collection)
    except FaciesError as error:
        return [_failed(error)]
    if stop.is_set() or not needs_optimizing(before, graph_above):
        return []
    notes: list[str] = []

    def build() -> None:
        started = time.monotonic()
        try:
            after = store.optimize(collection)
        except FaciesError as error:
            notes.append(_failed(error))
        else:
            seconds = time.monotonic() - started
            notes.append(f"the graph over {after.graphed:,} of {after.points:,} vectors was built in {seconds:.0f} s")

    builder = threading.Thread(target=build, name=f"optimize-{collection}")
    with said.status(f"building the graph over {before.points:,} vectors; Ctrl-C leaves it for later"):
        builder.start()
        while builder.is_alive() and not stop.is_set():
            builder.join(_POLL_S)
    if builder.is_alive():
        return [f"the graph was not built; `facies collections optimize {collection}` does it"]
    return notes


def _failed(error: FaciesError) -> str:
    return f"the graph was not built, so searches scan what it misses: {error.message}"
