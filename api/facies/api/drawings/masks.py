"""What a job has named, as tiles to lay over the picture: ids of classes in red, uncertainty in green, rock in blue."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facies.api.drawings.kept import KeptPicture
from facies.api.drawings.store import DrawingStore, find_picture
from facies.api.drawings.tiles import PNG, is_whole, lay_out_mask, name_tile
from facies.api.job_files import find_job_file
from facies.api.service import Service
from facies.core.errors import JobFileError
from facies.indexer.segmentation.mask_file import MAX_PIXELS, open_label_png, read_bounded
from facies.indexer.segmentation.section_run import MASK, ROCK, UNCERTAINTY

_making = threading.Lock()


def find_mask_tile(service: Service, drawing: str, picture: str, job: str, tile: tuple[int, int, int]) -> Path:
    """The file of a tile: level, row, column.

    Raises:
        DrawingNotFoundError, PictureNotFoundError, JobNotFoundError, QueryError: there is no such tile.
        JobFileError: the job has not named this picture, or its files are gone.
    """
    store = DrawingStore.of(service.settings)
    found = store.get(drawing)
    one = find_picture(found, picture)
    folder = _name_of(service, job, one)
    # The job's own id, not what was asked with: it becomes part of a path.
    number = service.workspace.catalog.job(job).id
    tiles = store.place(found, picture) / "masks" / number
    path = tiles / name_tile(one.width, one.height, tile, PNG)
    if not is_whole(path):
        with _making:
            if not is_whole(path):
                tiles.parent.mkdir(exist_ok=True)
                lay_out_mask(_read(service, number, folder), tiles)
    return path


def find_named(report: object, picture: KeptPicture) -> Mapping[str, Any] | None:
    """What the report of a job says of a picture, whether it is a section of core or an image of macerals."""
    if not isinstance(report, Mapping):
        return None
    listed = [*report.get("sections", ()), *report.get("images", ())]
    return next((one for one in listed if one["sha256"] == picture.sha256), None)


def _name_of(service: Service, job: str, picture: KeptPicture) -> str:
    """The folder of a picture among the results of a job; empty where it has no folder of its own."""
    named = find_named(service.workspace.catalog.job(job).result, picture)
    if named is None:
        raise JobFileError(job, MASK, f"is not there for {picture.name}: the job has not named it")
    folder = str(named["folder"])
    return "" if folder == "." else f"{folder}/"


def _read(service: Service, job: str, folder: str) -> NDArray[np.uint8]:
    """Mask, uncertainty and rock of a picture as one (height, width, 3)."""

    def read(name: str) -> NDArray[np.uint8]:
        path = find_job_file(service, job, f"{folder}{name}", "result").path
        return np.asarray(open_label_png(read_bounded(path), name, MAX_PIXELS), np.uint8)

    ids = read(MASK)
    whole = np.full((*ids.shape, 3), 255, np.uint8)
    whole[..., 0] = ids
    del ids
    whole[..., 1] = read(UNCERTAINTY)
    names = {file.name for file in service.workspace.catalog.job(job).files}
    if f"{folder}{ROCK}" in names:
        whole[..., 2] = np.where(read(ROCK) > 0, 255, 0)
    return whole
