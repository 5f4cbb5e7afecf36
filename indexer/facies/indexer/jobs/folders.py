"""The files of jobs: ``<data folder>/jobs/<id>`` with inputs, checkpoints, and the results of each attempt.

Attempts write their results apart, so that a worker which was taken over and does not know it yet spoils nothing; which
attempt counts, and the hashes of its files, stands in the job's row. Checkpoints are shared by all attempts, hence they
are written beside and put in place by a rename.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Final

from facies.core.errors import JobFileError, StorageError
from facies.core.flushing import flush
from facies.core.jobs import Job, JobFile, JobRole

_CHUNK: Final = 2**20
_LONGEST_NAME: Final = 255


@dataclass(frozen=True, slots=True)
class JobFolder:
    """The files of one job.

    Attributes:
        job_id: whose they are.
        path: where they lie.
        attempt: whose results are written, or count.
    """

    job_id: str
    path: Path
    attempt: int = 0

    @property
    def inputs(self) -> Path:
        """What the job was given."""
        return self.path / "inputs"

    @property
    def results(self) -> Path:
        """What this attempt makes."""
        return self.path / "results" / str(self.attempt)

    @property
    def checkpoints(self) -> Path:
        """What attempts leave for those after them."""
        return self.path / "checkpoints"

    def add_input(self, name: str, source: IO[bytes]) -> JobFile:
        """Copy an input into the folder, whole or not at all.

        Raises:
            JobFileError: the name is none that a file below the folder can have, or is taken.
            StorageError: the disk is full.
        """
        target = self.place(name, "input")
        if target.exists():
            raise JobFileError(self.job_id, name, "was given twice")
        with self.writing(target) as file:
            shutil.copyfileobj(source, file, _CHUNK)
        return _describe(target, name, "input")

    def place(self, name: str, role: JobRole) -> Path:
        """Where a file of this name lies, whether it is there or not.

        Raises:
            JobFileError: the name leads out of the folder, or is no name.
        """
        parts = PurePosixPath(name).parts
        plain = all(
            part not in ("..", "/") and part.isprintable() and len(part.encode()) <= _LONGEST_NAME for part in parts
        )
        if not parts or not plain or "\\" in name:
            raise JobFileError(self.job_id, name[:_LONGEST_NAME], "cannot be: a name is a path below the job's folder")
        return (self.inputs if role == "input" else self.results).joinpath(*parts)

    @contextmanager
    def writing(self, target: Path) -> Iterator[IO[bytes]]:
        """Write a file that is there whole, and on the disk, when the context ends; or not at all.

        Raises:
            StorageError: the disk is full, or the folder cannot be written.
        """
        # A random name: an attempt that was taken over may write the same file, in this process or another one.
        part = target.with_name(f".{secrets.token_hex(8)}.part")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                with part.open("wb") as file:
                    yield file
                flush(part)
                part.replace(target)
                flush(target.parent)
            finally:
                part.unlink(missing_ok=True)
        except OSError as error:
            raise StorageError(target, error.strerror or str(error)) from error

    def seal_results(self) -> tuple[JobFile, ...]:
        """Bring the results of this attempt to the disk, and say what they are, in order of name.

        Raises:
            StorageError: the disk failed.
        """
        if not self.results.is_dir():
            return ()
        try:
            paths = sorted(path for path in self.results.rglob("*") if path.is_file() and not path.is_symlink())
            for path in paths:
                flush(path)
            for folder in {path.parent for path in paths} | {self.results}:
                flush(folder)
            return tuple(_describe(path, path.relative_to(self.results).as_posix(), "result") for path in paths)
        except OSError as error:
            raise StorageError(self.results, error.strerror or str(error)) from error

    def drop_results_of_others(self) -> None:
        """Delete what attempts other than this one have made; what cannot be deleted stays."""
        for folder in (self.path / "results").glob("*"):
            if folder.name != str(self.attempt):
                shutil.rmtree(folder, ignore_errors=True)


def folder_of(root: Path, job: Job) -> JobFolder:
    """The files of a job below the folder of all jobs; results are those of its newest attempt."""
    return JobFolder(job.id, root / job.id, job.attempt)


def find_file(root: Path, job: Job, name: str, role: JobRole | None = None) -> tuple[JobFile, Path]:
    """Find a file of a job by its name, in the role that is asked for; else a result before an input of that name.

    Raises:
        JobFileError: it has none of this name, or the file is gone or of another length.
    """
    for file in sorted(job.files, key=lambda one: one.role != "result"):
        if file.name == name and role in {None, file.role}:
            path = folder_of(root, job).place(name, file.role)
            try:
                size = path.stat().st_size
            except OSError as error:
                raise JobFileError(job.id, name, f"is gone from {path}") from error
            if size != file.size_bytes:
                raise JobFileError(job.id, name, f"has {size:,} bytes, expected {file.size_bytes:,}")
            return file, path
    raise JobFileError(job.id, name, "is not there")


def copy_results(root: Path, job: Job, target: Path) -> list[JobFile]:
    """Copy the results of a job into a folder, each checked against its hash; files that are there are kept.

    Raises:
        JobFileError: a file is gone or damaged, or one of its name is at the target.
        StorageError: the target cannot be written.
    """
    copied = []
    for file in job.files:
        if file.role != "result":
            continue
        _, path = find_file(root, job, file.name)
        place = target / file.name
        if place.exists():
            raise JobFileError(job.id, file.name, f"is at {place} already; name another folder")
        with JobFolder(job.id, target).writing(place) as copy, path.open("rb") as source:
            shutil.copyfileobj(source, copy, _CHUNK)
        if _describe(place, file.name, "result") != file:
            place.unlink()
            raise JobFileError(job.id, file.name, "is damaged: its hash is another one than when the job ended")
        copied.append(file)
    return copied


def _describe(path: Path, name: str, role: JobRole) -> JobFile:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return JobFile(name, role, os.fstat(file.fileno()).st_size, digest)
