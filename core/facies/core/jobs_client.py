"""The part of the HTTP client that starts jobs and follows them."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO, TYPE_CHECKING
from urllib.parse import quote

from facies.core.errors import ServiceUnavailableError
from facies.core.jobs import JobState
from facies.core.wire_jobs import JobBody, JobFileOut, JobLogOut, JobOut, JobPage

if TYPE_CHECKING:
    from facies.core.client import Client

_LOST_TIMES, _LOST_PAUSE_S = 5, 1.0
"""How often in a row a broken stream of events is taken up again, and after what pause."""


class JobsClient:
    """Jobs of a service."""

    def __init__(self, client: Client) -> None:
        """Take the client that sends."""
        self._client = client

    def start(self, body: JobBody, files: Sequence[Path] = ()) -> JobOut:
        """Have a job done. Files go along; parameters name them as `upload:NAME`.

        Raises:
            OSError: a file cannot be read.
        """
        if not files:
            return self._client.read(JobOut, "POST", "/v1/jobs", json=body.model_dump(mode="json"))
        with ExitStack() as opened:
            parts = [("files", (path.name, opened.enter_context(path.open("rb")))) for path in files]
            form = {"job": body.model_dump_json()}
            return self._client.read(JobOut, "POST", "/v1/jobs/upload", data=form, files=parts)

    def list(
        self,
        *,
        state: JobState | None = None,
        kind: str | None = None,
        collection: str | None = None,
        limit: int = 100,
        after: str | None = None,
    ) -> JobPage:
        """Jobs, the newest first."""
        asked = {"state": state, "kind": kind, "collection": collection, "limit": limit, "after": after}
        params = {name: value for name, value in asked.items() if value is not None}
        return self._client.read(JobPage, "GET", "/v1/jobs", params=params)

    def get(self, job_id: str) -> JobOut:
        """One job as it stands."""
        return self._client.read(JobOut, "GET", _job(job_id))

    def cancel(self, job_id: str) -> JobOut:
        """Have a job stop; one that is over stays as it is."""
        return self._client.read(JobOut, "POST", f"{_job(job_id)}/cancel")

    def retry(self, job_id: str) -> JobOut:
        """Have a job that failed, or was cancelled, tried again."""
        return self._client.read(JobOut, "POST", f"{_job(job_id)}/retry")

    def log(self, job_id: str, *, after: int = 0, limit: int = 1000) -> JobLogOut:
        """What a job told, from behind a line on."""
        return self._client.read(JobLogOut, "GET", f"{_job(job_id)}/log", params={"after": after, "limit": limit})

    def download(self, file: JobFileOut, target: IO[bytes]) -> None:
        """Write a file of a job to an open one; see `JobOut.files`, which have the hash of each."""
        self._client.download(file.path, target)

    def events(self, job_id: str) -> Iterator[JobOut]:
        """Follow a job: as it stands, then after each change, until it is over. A stream that breaks is taken up again.

        Raises:
            ServiceUnavailableError: the service does not come back.
            FaciesError: what the service raised.
        """
        version: int | None = None
        lost = 0
        while True:
            headers = {} if version is None else {"Last-Event-ID": str(version)}
            try:
                for line in self._client.lines(f"{_job(job_id)}/events", headers=headers):
                    if not line.startswith("data:"):
                        continue
                    job = JobOut.model_validate(json.loads(line.removeprefix("data:")))
                    version, lost = job.version, 0
                    yield job
                    if job.is_over:
                        return
            except ServiceUnavailableError:
                if lost == _LOST_TIMES:
                    raise
            lost += 1
            if lost > _LOST_TIMES:
                raise ServiceUnavailableError(self._client.base_url, f"it tells no more of job {job_id}")
            time.sleep(_LOST_PAUSE_S)


def _job(job_id: str) -> str:
    return f"/v1/jobs/{quote(job_id, safe='')}"
