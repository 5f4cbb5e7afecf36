"""The files that a job of segmentation is told to read: uploads, results of other jobs, and paths within bounds."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from facies.core.errors import JobFileError
from facies.indexer.jobs.folders import find_file, folder_of
from facies.indexer.jobs.index_job import check_within
from facies.indexer.jobs.parameters import MADE, UPLOAD
from facies.indexer.segmentation.depth import Section
from facies.indexer.segmentation.job_parts import IntervalPart, SectionPart
from facies.indexer.segmentation.section_list import NamedInterval, read_named_intervals, read_sections

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from facies.core.catalog import Catalog
    from facies.indexer.jobs.folders import JobFolder


class JobInputs:
    """Finds the files of one job."""

    def __init__(self, folder: JobFolder, catalog: Catalog, root: Path, within: Sequence[str] | None) -> None:
        """Take where they may lie.

        Args:
            folder: of the job itself, with what came with the order.
            catalog: of other jobs.
            root: the folder of all jobs.
            within: folders that paths may lead into; None: anywhere.
        """
        self._folder = folder
        self._catalog = catalog
        self._root = root
        self._within = None if within is None else [Path(os.path.realpath(one)) for one in within]

    def find(self, place: str) -> Path:
        """Find the file of a place.

        Raises:
            JobNotFoundError, JobFileError: an upload or a result that is not there.
            AccessError: a path that leads out of the folders.
        """
        if place.startswith(UPLOAD):
            name = place.removeprefix(UPLOAD)
            path = self._folder.place(name, "input")
            if not path.is_file():
                raise JobFileError(self._folder.job_id, name, f"is not there; no file of this name came for {place!r}")
            return path
        if place.startswith(MADE):
            return find_made(self._catalog, self._root, place)
        check_within(place, self._within)
        return Path(place)

    def find_all(self, places: Iterable[str]) -> list[Path]:
        """Find several; see `find`."""
        return [self.find(place) for place in places]

    def find_folder(self, place: str) -> Path:
        """Find a folder: a path, nothing in which leads elsewhere, or what another job has made.

        Raises:
            JobNotFoundError, JobFileError: a result that is not there.
            AccessError: a path that leads out of the folders, or a link in it that does.
        """
        if place.startswith(UPLOAD):
            raise JobFileError(self._folder.job_id, place, "is no folder; a folder is a path, or job:ID/NAME")
        if place.startswith(MADE):
            return find_made(self._catalog, self._root, place, is_folder=True)
        check_within(place, self._within)
        for path in Path(place).rglob("*"):
            check_within(str(path), self._within)
        return Path(place)

    def sections(self, given: str | Sequence[SectionPart]) -> tuple[Section, ...]:
        """Sections that stand in the order, or in a list whose images lie beside it.

        Raises:
            AccessError: the list names an image outside of the folders.
            SourceError, DepthError: the list cannot be used.
            JobNotFoundError, JobFileError: as `find`.
        """
        if not isinstance(given, str):
            return tuple(Section(self.find(one.image), one.top_m, one.base_m, one.mm_per_px) for one in given)
        sections = read_sections(self.find(given))
        for section in sections:
            self._check_listed(section.image)
        return sections

    def intervals(self, given: str | Sequence[IntervalPart] | None) -> tuple[NamedInterval, ...]:
        """Intervals that stand in the order, or in a list.

        Raises:
            SourceError, DepthError: they cannot be used.
            AccessError, JobNotFoundError, JobFileError: as `find`.
        """
        if isinstance(given, str):
            return read_named_intervals(self.find(given))
        return tuple(NamedInterval(one.top_m, one.base_m, one.name) for one in given or ())

    def _check_listed(self, image: Path) -> None:
        """An image that a list names came with the order too, or lies where paths may lead."""
        if not Path(os.path.realpath(image)).is_relative_to(os.path.realpath(self._folder.inputs)):
            check_within(str(image), self._within)


def find_made(catalog: Catalog, root: Path, place: str, *, is_folder: bool = False) -> Path:
    """Find what another job has made.

    Args:
        catalog: of jobs.
        root: the folder of all jobs.
        place: ``job:ID/NAME``.
        is_folder: whether NAME is a folder of such files.

    Raises:
        JobNotFoundError: no such job.
        JobFileError: it has made nothing of this name, has not ended yet, or the file is gone.
    """
    job_id, _, name = place.removeprefix(MADE).partition("/")
    job = catalog.job(job_id)
    if job.state != "done":
        raise JobFileError(job_id, name, f"is not there: the job is {job.state}, and files are there when it is done")
    if is_folder:
        inside = [file.name for file in job.files if file.role == "result" and file.name.startswith(f"{name}/")]
        if not inside:
            raise JobFileError(job_id, name, "is no folder of files that it has made")
        return folder_of(root, job).place(name, "result")
    made = replace(job, files=tuple(file for file in job.files if file.role == "result"))
    return find_file(root, made, name)[1]
