"""A command line that waits for work of the store, and says so."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

from facies.api.backend import Backend
from facies.core.errors import StoreError
from facies.core.wire import StoredOut

_POLL_S = 0.5


@contextmanager
def say(what: str) -> Iterator[None]:
    """Show on standard error what goes on."""
    with Console(stderr=True).status(what):
        yield


def wait_until_optimized(backend: Backend, name: str) -> StoredOut:
    """Have the graph of a collection built, and wait until it is in use.

    Raises:
        CollectionNotFoundError: no collection of this name.
        StoreError: the building failed; nothing changed.
    """
    stored = backend.optimize_collection(name)
    while stored.optimizing:
        time.sleep(_POLL_S)
        found = backend.collection(name).stored
        if found is None:
            raise StoreError(f"the vectors of collection {name!r} are gone; index its images again.")
        stored = found
    if stored.error is not None:
        raise StoreError(stored.error)
    return stored
