"""Indexing through a running service: start, poll, and cancel on Ctrl-C."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

from facies.core.errors import JobError
from facies.core.wire import IndexBody, IndexReport, IndexRunOut
from facies.indexer.originals import is_url
from facies.indexer.progress import OnProgress, ProgressUpdate
from facies.indexer.sources import Labels

if TYPE_CHECKING:
    from facies.core.client import Client

_POLL_S = 0.5


def index_through_service(
    api: str,
    source: str,
    collection: str,
    *,
    labels: Labels = "none",
    model: str | None = None,
    recipe: str | None = None,
    preset: str = "generic",
    progress: OnProgress | None = None,
    stop: threading.Event | None = None,
) -> IndexReport:
    """Let a service index a path on its own disk, and wait for it.

    Args:
        api: address of the service.
        source: a path; relative ones are taken from the working folder here.
        collection: name of the collection; made by the service where it is missing.
        labels: as for `facies.indexer.sources.open_source`.
        model: card of a new collection.
        recipe: of a new collection, by name or as text.
        preset: kind of a new collection.
        progress: told what the service says.
        stop: when set, the run is cancelled; what it has is kept.

    Raises:
        ServiceUnavailableError: nobody answers.
        JobError: the run failed; the message is the service's.
        FaciesError: what the service raised.
    """
    from facies.core.client import Client

    path = source if is_url(source) else os.path.abspath(source)  # noqa: PTH100 (resolve() would follow links)
    wanted = {"path": path, "labels": labels, "model": model, "recipe": recipe, "preset": preset}
    body = IndexBody.model_validate(wanted)
    with Client(api) as client:
        run = client.start_index(collection, body)
        return _wait(client, run, progress, stop or threading.Event())


def _wait(client: Client, run: IndexRunOut, progress: OnProgress | None, stop: threading.Event) -> IndexReport:
    asked = False
    pause = threading.Event()
    while run.state == "running":
        if stop.is_set() and not asked:
            client.cancel_index(run.id)
            asked = True
        # A stop ends the pause at once; once cancelled, the service is given its time.
        (pause if asked else stop).wait(_POLL_S)
        run = client.index_run(run.id)
        if progress is not None:
            rate = run.images_per_s or 0.0
            elapsed_s = run.done / rate if rate else 0.0
            progress(ProgressUpdate(done=run.done, total=run.total, images=run.done, elapsed_s=elapsed_s))
    if run.state == "failed":
        raise JobError(f"the service could not index {run.path}: {run.error}")
    report = run.report or IndexReport(collection=run.collection)
    report.interrupted = report.interrupted or run.state == "cancelled"
    return report
