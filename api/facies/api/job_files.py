"""The files of jobs, for whoever downloads them: those that the job's row names, and no others."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from facies.api.service import Service
from facies.core.jobs import JobRole
from facies.indexer.jobs.folders import find_file


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file of a job on the local disk, and the hash of its bytes as the job's row has it."""

    path: Path
    sha256: str


def find_job_file(service: Service, job_id: str, name: str, role: JobRole | None = None) -> FoundFile:
    """Find a file of a job.

    Args:
        service: the open parts.
        job_id: of the job.
        name: as `JobOut.files` has it.
        role: whether it was given or made; None: a result before an input of the same name.

    Raises:
        JobNotFoundError: no such job.
        JobFileError: the job has no such file, or it is gone.
    """
    job = service.workspace.catalog.job(job_id)
    file, path = find_file(service.desk.root, job, name, role)
    return FoundFile(path, file.sha256)
