"""Indexing a path of the service's own disk: a job of kind `index`."""

from __future__ import annotations

from facies.api.collections import check_name
from facies.api.jobs import start_job
from facies.api.service import Service
from facies.core.actors import Actor
from facies.core.wire import IndexBody
from facies.core.wire_jobs import JobBody, JobOut


def start_index(service: Service, name: str, body: IndexBody, actor: Actor) -> JobOut:
    """Have a folder, zip or manifest of the service's disk indexed; a missing collection is made.

    What can be known at once is refused here; what shows later ends up in the job.

    Raises:
        QueryError: the collection's name does not fit; see `facies.api.job_checks.check_index`, too.
        AccessError, SourceError, UnknownModelError, StorageError: see `facies.api.jobs.start_job`.
    """
    check_name(name)
    return start_job(service, JobBody(kind="index", parameters={**body.model_dump(), "collection": name}), actor)
