"""Graphs built in the background of a service: one a collection, while everything else goes on."""

from __future__ import annotations

import logging
import threading

from facies.core.errors import FaciesError, JobConflictError, JobError
from facies.core.store import VectorStore, needs_optimizing

_log = logging.getLogger(__name__)


class Optimizations:
    """The builds of one service. The store breaks them off when it is closed; nothing is lost by that."""

    def __init__(self, store: VectorStore) -> None:
        """Begin without builds."""
        self._store = store
        self._guard = threading.Lock()
        self._threads: dict[str, threading.Thread] = {}
        self._failures: dict[str, str] = {}

    def start(self, collection: str) -> None:
        """Begin to build the graph of a collection, in a thread of its own.

        Raises:
            JobConflictError: it is being built already.
            JobError: the system gives no further thread.
        """
        with self._guard:
            if collection in self._threads:
                raise JobConflictError(f"the graph of collection {collection!r} is being built already")
            thread = threading.Thread(target=self._build, args=(collection,), name=f"optimize-{collection}")
            try:
                thread.start()
            except (RuntimeError, MemoryError) as error:
                raise JobError(f"no building could begin: {error}. The system gives no thread; try later.") from error
            self._threads[collection] = thread
            self._failures.pop(collection, None)

    def start_where_grown(self, collection: str, graph_above: int) -> bool:
        """Begin a build where the collection has outgrown its graph, and none is under way; tell whether one began.

        A store that does so by itself is left to it.

        Raises:
            CollectionNotFoundError, StoreError: see `facies.core.store.VectorStore.describe`.
        """
        if self._store.optimizes_itself or not needs_optimizing(self._store.describe(collection), graph_above):
            return False
        try:
            self.start(collection)
        except JobConflictError:
            return False
        return True

    def is_running(self, collection: str) -> bool:
        """Whether a build of this service is under way."""
        with self._guard:
            return collection in self._threads

    def failure(self, collection: str) -> str | None:
        """What the last build of this service ended with, where it failed."""
        with self._guard:
            return self._failures.get(collection)

    def join(self) -> None:
        """Wait for what is under way; close the store before, which breaks it off."""
        with self._guard:
            threads = list(self._threads.values())
        for thread in threads:
            thread.join()

    def _build(self, collection: str) -> None:
        failure: str | None = None
        try:
            self._store.optimize(collection)
        except FaciesError as error:
            failure = error.message
            _log.warning("the graph of collection %s was not built: %s", collection, failure)
        except Exception:  # a thread has no caller: without this the build would seem to go on for ever
            failure = "an unexpected error; the log of the service describes it"
            _log.exception("the graph of collection %s was not built", collection)
        finally:
            with self._guard:
                self._threads.pop(collection, None)
                if failure is not None:
                    self._failures[collection] = failure
