"""Indexing through a running service: start the job, follow it, and cancel it on Ctrl-C."""

from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING

from facies.core.errors import JobError, ServiceUnavailableError
from facies.core.wire import IndexBody, IndexReport
from facies.core.wire_jobs import JobOut
from facies.indexer.originals import is_url
from facies.indexer.progress import OnProgress, ProgressUpdate
from facies.indexer.sources import Labels

if TYPE_CHECKING:
    from facies.core.client import Client

_POLL_S = 0.5
PATIENCE_S = 60.0
"""How long a service may be away: the job outlives its restart."""


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
        stop: when set, the job is cancelled; what it has is kept.

    Raises:
        ServiceUnavailableError: nobody answers, or the service went away and does not come back.
        JobError: the job failed; the message is the service's.
        FaciesError: what the service raised.
    """
    from facies.core.client import Client

    path = source if is_url(source) else os.path.abspath(source)  # noqa: PTH100 (resolve() would follow links)
    wanted = {"path": path, "labels": labels, "model": model, "recipe": recipe, "preset": preset}
    body = IndexBody.model_validate(wanted)
    with Client(api) as client:
        job = client.start_index(collection, body)
        return _wait(client, job, progress, stop or threading.Event())


def _wait(client: Client, job: JobOut, progress: OnProgress | None, stop: threading.Event) -> IndexReport:
    asked = False
    pause = threading.Event()
    heard = time.monotonic()
    while not job.is_over:
        try:
            if stop.is_set() and not asked:
                job, asked = client.jobs.cancel(job.id), True
                continue
            # A stop ends the pause at once; once cancelled, the service is given its time.
            (pause if asked else stop).wait(_POLL_S)
            job = client.jobs.get(job.id)
            heard = time.monotonic()
        except ServiceUnavailableError as error:
            if stop.is_set() or time.monotonic() - heard > PATIENCE_S:
                raise ServiceUnavailableError(
                    client.base_url, f"it went away ({error.message}); job {job.id} goes on when it is back"
                ) from error
            pause.wait(_POLL_S)
            continue
        if progress is not None:
            rate = job.rate_per_s or 0.0
            elapsed_s = job.done / rate if rate else 0.0
            progress(ProgressUpdate(done=job.done, total=job.total, images=job.done, elapsed_s=elapsed_s))
    if job.state == "failed":
        reason = job.error.message if job.error is not None else "it did not say why"
        raise JobError(f"the service could not index {job.parameters.get('path')}: {reason}")
    report = job.report or IndexReport(collection=job.collection or "")
    report.interrupted = report.interrupted or job.state == "cancelled"
    return report
