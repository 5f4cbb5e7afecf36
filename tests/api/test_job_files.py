"""Files of jobs, on the disk and over HTTP."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from facies.api.job_files import find_job_file
from facies.api.jobs import start_job
from facies.api.service import Service
from facies.core.actors import Actor
from facies.core.client import Client
from facies.core.errors import JobFileError, JobNotFoundError
from facies.core.wire_jobs import JobBody, JobOut

from .conftest import over, serving

DATA = b"<script>alert(1)</script>" * 1000


@pytest.fixture
def copied(working: Service) -> JobOut:
    """A job that was given `a b.html`, and made `copies/a b.html` and another `a b.html`."""
    body = JobBody(kind="copy", parameters={"files": ["upload:a b.html"]})
    return over(working, start_job(working, body, Actor("ann"), [("a b.html", io.BytesIO(DATA))]))


@pytest.fixture
def http(working: Service) -> Iterator[httpx.Client]:
    with serving(working) as client:
        yield client


def test_each_file_has_its_length_and_hash(copied: JobOut) -> None:
    sha256 = hashlib.sha256(DATA).hexdigest()
    shown = [(file.role, file.name, file.bytes) for file in copied.files]
    assert shown == [
        ("input", "a b.html", len(DATA)),
        ("result", "a b.html", 28),
        ("result", "copies/a b.html", len(DATA)),
    ]
    assert copied.files[0].sha256 == copied.files[2].sha256 == sha256


def test_a_name_that_is_given_and_made_is_told_apart_by_its_role(working: Service, copied: JobOut) -> None:
    assert find_job_file(working, copied.id, "a b.html").path.read_bytes() != DATA
    assert find_job_file(working, copied.id, "a b.html", "result").path.read_bytes() != DATA
    assert find_job_file(working, copied.id, "a b.html", "input").path.read_bytes() == DATA


@pytest.mark.parametrize("name", ["../queue.sqlite", "copies", "", "/etc/passwd", "copies/../a b.html", "nothing"])
def test_only_files_that_the_row_names_are_found(working: Service, copied: JobOut, name: str) -> None:
    with pytest.raises(JobFileError):
        find_job_file(working, copied.id, name)
    with pytest.raises(JobNotFoundError):
        find_job_file(working, "../" + copied.id, "a b.html")


def test_a_download_is_the_file_and_is_never_shown(http: httpx.Client, copied: JobOut, tmp_path: Path) -> None:
    file = copied.files[2]
    response = http.get(file.path)
    assert (response.status_code, response.content) == (200, DATA)
    assert response.headers["etag"] == f'"{file.sha256}"'
    assert response.headers["content-disposition"] == "attachment; filename*=utf-8''a%20b.html"
    assert response.headers["content-type"] == "application/octet-stream"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in response.headers["content-security-policy"]
    assert http.get(file.path, headers={"If-None-Match": response.headers["etag"]}).status_code == 304
    part = http.get(file.path, headers={"Range": "bytes=8-15"})
    assert (part.status_code, part.content) == (206, DATA[8:16])
    with Client(str(http.base_url)) as client, (tmp_path / "copy").open("w+b") as target:
        client.jobs.download(copied.files[0], target)
        target.seek(0)
        assert target.read() == DATA


@pytest.mark.parametrize(
    "name", ["../queue.sqlite", "..%2fqueue.sqlite", "%2e%2e/queue.sqlite", "copies/..%5c..", "/etc/passwd", "%00"]
)
def test_no_path_leads_out_of_a_job(http: httpx.Client, copied: JobOut, name: str) -> None:
    response = http.get(f"/v1/jobs/{copied.id}/files/{name}")
    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"


def test_files_are_listed_over_http(http: httpx.Client, copied: JobOut) -> None:
    assert http.get(f"/v1/jobs/{copied.id}/files").json() == [file.model_dump() for file in copied.files]


def test_a_file_that_is_gone_is_told(http: httpx.Client, working: Service, copied: JobOut) -> None:
    find_job_file(working, copied.id, "copies/a b.html").path.unlink()
    response = http.get(copied.files[2].path)
    assert (response.status_code, response.json()["code"]) == (404, "JobFileError")
