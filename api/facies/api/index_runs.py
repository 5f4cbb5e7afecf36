"""Index runs in the background: one at a time, to be polled and cancelled."""

from __future__ import annotations

import logging
import threading
import uuid
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

from facies.core.errors import FaciesError, JobConflictError, JobError, JobNotFoundError
from facies.core.wire import IndexReport, IndexRunOut
from facies.indexer.progress import OnProgress, ProgressUpdate

Work: TypeAlias = Callable[[OnProgress, threading.Event], IndexReport]
"""Indexes; tells its progress and looks at the event, which says stop."""

KEPT_RUNS = 100
"""Runs that can still be asked about; older ones are forgotten."""

_log = logging.getLogger(__name__)


class IndexRuns:
    """The runs of one service, in memory: what they acknowledged outlives them, their story does not."""

    def __init__(self) -> None:
        """Begin without runs."""
        self._guard = threading.Condition()
        self._runs: OrderedDict[str, _Run] = OrderedDict()
        self._kept_out: list[str] = []
        self._closed = False

    def start(self, collection: str, path: str, work: Work) -> IndexRunOut:
        """Begin a run in a thread of its own; waits while runs are kept out of the collection.

        Raises:
            JobConflictError: another run is under way, or the service is ending.
            JobError: the system gives no further thread.
        """
        with self._guard:
            self._guard.wait_for(lambda: collection not in self._kept_out)
            if self._closed:
                raise JobConflictError("the service is ending and starts no run")
            for run in self._runs.values():
                if run.is_running:
                    raise JobConflictError(f"index run {run.id} into collection {run.collection!r} is under way")
            begun = _Run(collection, path, work)
            try:
                begun.thread.start()
            except (RuntimeError, MemoryError) as error:
                raise JobError(f"no index run could begin: {error}. The system gives no thread; try later.") from error
            self._runs[begun.id] = begun
            while len(self._runs) > KEPT_RUNS:
                self._runs.popitem(last=False)
        return begun.describe()

    @contextmanager
    def kept_out(self, collection: str) -> Iterator[None]:
        """Let no run into a collection for the time of the context; other collections are free.

        Raises:
            JobConflictError: a run is writing to it.
        """
        with self._guard:
            for run in self._runs.values():
                if run.is_running and run.collection == collection:
                    raise JobConflictError(f"index run {run.id} is writing to collection {collection!r}")
            self._kept_out.append(collection)
        try:
            yield
        finally:
            with self._guard:
                self._kept_out.remove(collection)
                self._guard.notify_all()

    def get(self, run_id: str) -> IndexRunOut:
        """How far a run has come.

        Raises:
            JobNotFoundError: no such run, or it is long over.
        """
        return self._find(run_id).describe()

    def cancel(self, run_id: str) -> IndexRunOut:
        """Ask a run to stop after its current batch; what it acknowledged stays. One that is over stays as it is.

        Raises:
            JobNotFoundError: no such run.
        """
        run = self._find(run_id)
        run.stop.set()
        return run.describe()

    def running(self) -> IndexRunOut | None:
        """The run under way."""
        with self._guard:
            return next((run.describe() for run in self._runs.values() if run.is_running), None)

    def close(self) -> None:
        """Stop what is under way, wait for it, and start nothing more."""
        with self._guard:
            self._closed = True
            runs = list(self._runs.values())
        for run in runs:
            run.stop.set()
        for run in runs:
            run.thread.join()

    def _find(self, run_id: str) -> _Run:
        with self._guard:
            if run_id not in self._runs:
                raise JobNotFoundError(run_id)
            return self._runs[run_id]


class _Run:
    """One run; its thread writes the fields, requests read them."""

    def __init__(self, collection: str, path: str, work: Work) -> None:
        self.id = uuid.uuid4().hex[:12]
        self.collection = collection
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self._go, args=(work,), name=f"index-run-{self.id}")
        self._path = path
        self._guard = threading.Lock()
        self._update = ProgressUpdate(done=0, total=None, images=0, elapsed_s=0.0)
        self._report: IndexReport | None = None
        self._error: str | None = None
        self._over = False

    @property
    def is_running(self) -> bool:
        """Whether its thread may still write."""
        with self._guard:
            return not self._over

    def describe(self) -> IndexRunOut:
        """The run as it stands."""
        with self._guard:
            update, report, error, over = self._update, self._report, self._error, self._over
        cancelled = report is not None and report.interrupted
        return IndexRunOut(
            id=self.id,
            collection=self.collection,
            state="running" if not over else "failed" if report is None else "cancelled" if cancelled else "done",
            path=self._path,
            done=update.done,
            total=update.total,
            images_per_s=update.images_per_s,
            seconds_left=None if over else update.seconds_left,
            error=error,
            report=report,
        )

    def _go(self, work: Work) -> None:
        report: IndexReport | None = None
        error: str | None = "the run was broken off"
        try:
            report, error = work(self._note, self.stop), None
        except FaciesError as failure:
            error = failure.message
        except Exception:  # a thread has no caller: without this the run would seem to go on for ever
            _log.exception("index run %s failed unexpectedly", self.id)
            error = f"an unexpected error; the log of the service describes it under index run {self.id}"
        finally:  # whatever ends the thread: a run that seems to go on would bar all others
            with self._guard:
                self._report, self._error, self._over = report, error, True

    def _note(self, update: ProgressUpdate) -> None:
        with self._guard:
            self._update = update
