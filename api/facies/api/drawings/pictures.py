"""Pictures of drawings: copied in, laid out, shown, placed in depth."""

from __future__ import annotations

import re
import threading
from pathlib import Path, PurePosixPath
from typing import Final

from facies.api.drawings.kept import KeptDrawing, KeptPicture
from facies.api.drawings.store import DrawingStore, find_picture
from facies.api.drawings.tiles import JPEG, PIXELS, is_whole, lay_out, name_tile, open_pixels
from facies.api.originals import decode_original, read_checked
from facies.api.paths import allowed_roots, check_path
from facies.api.service import Service
from facies.core.errors import QueryError, StorageError
from facies.core.flushing import flush, flush_all
from facies.core.images import content_hash, decode_image, encode_png
from facies.core.wire_drawings import PictureBody, PicturePlace
from facies.indexer.originals import read_original
from facies.indexer.segmentation.depth import Section
from facies.indexer.segmentation.pictures import Picture

MOST_PICTURES: Final = 200
_LONGEST: Final = 100
_UNFIT: Final = re.compile(r"[^\w.+() -]", re.ASCII)
_laying_out = threading.Lock()
"""One picture at a time is decoded for this: a core of 40,000 rows takes hundreds of megabytes."""


def add_picture(service: Service, drawing: str, body: PictureBody) -> None:
    """Copy an image of a collection, or of the service's own disk, into a drawing.

    Raises:
        QueryError: the body names neither, or both.
        AccessError: a path outside the folders that may be read.
        ImageError, CollectionNotFoundError, ImageNotFoundError: the picture cannot be had.
        DrawingNotFoundError, StorageError: it cannot be kept.
    """
    limits = service.limits
    if body.path is not None and body.collection is None and body.image is None:
        path = check_path(body.path, allowed_roots(service.settings))
        data = read_original(str(path), max_bytes=limits.max_file_bytes)
        keep_picture(service, drawing, path.name, data)
    elif body.path is None and body.collection is not None and body.image is not None:
        record = service.workspace.catalog.image(body.collection, body.image)
        name = PurePosixPath(record.uri.partition("::")[0]).name
        if record.page is None:
            data = read_checked(record, max_bytes=limits.max_file_bytes)
        else:  # jobs read the first page of a file; this one becomes a file of its own
            decoded = decode_original(record, max_pixels=limits.max_pixels, max_bytes=limits.max_file_bytes)
            data, name = encode_png(decoded.pixels), f"{PurePosixPath(name).stem}-{record.page + 1}.png"
        keep_picture(service, drawing, name, data, source=body)
    else:
        raise QueryError("a picture comes from a collection, with its image's id, or from a path; give one of them")


def keep_picture(service: Service, drawing: str, name: str, data: bytes, *, source: PictureBody | None = None) -> None:
    """Keep a picture's file, and lay it out. One that the drawing has already stays as it is.

    Raises:
        ImageError: it is no image that can be read whole.
        DrawingNotFoundError, StorageError: it cannot be kept.
        QueryError: the drawing has as many pictures as it may have.
    """
    store = DrawingStore.of(service.settings)
    sha256 = content_hash(data)
    number = sha256[:12]
    if not _is_wanted(store.get(drawing), number):
        return
    with _laying_out:
        decoded = decode_image(data, name, max_pixels=service.limits.max_pixels)
        picture = KeptPicture(
            id=number,
            name=plain_name(name),
            width=decoded.pixels.shape[1],
            height=decoded.pixels.shape[0],
            sha256=sha256,
            collection=None if source is None else source.collection,
            image=None if source is None else source.image,
        )
        with store.new_place() as part:
            (part / "original").mkdir()
            (part / "original" / picture.name).write_bytes(data)
            lay_out(decoded.pixels, part / "view")
            flush_all(part)
            _take_in(store, drawing, picture, part)
    store.sweep()


def _is_wanted(drawing: KeptDrawing, number: str) -> bool:
    """Whether a drawing lacks a picture.

    Raises:
        QueryError: it does, and has as many as it may have.
    """
    if any(one.id == number for one in drawing.pictures):
        return False
    if len(drawing.pictures) >= MOST_PICTURES:
        raise QueryError(f"a drawing has at most {MOST_PICTURES} pictures; begin another one")
    return True


def _take_in(store: DrawingStore, drawing: str, picture: KeptPicture, part: Path) -> None:
    """Make the files of a picture that were put together elsewhere those of a drawing."""
    with store.locked(drawing):
        found = store.get(drawing)
        if not _is_wanted(found, picture.id):
            return
        found.pictures.append(picture)
        place = store.place(found, picture.id)
        store.put_aside(place)  # what a kill has left of it: its strokes were taken away
        place.parent.mkdir(exist_ok=True)
        part.rename(place)
        try:
            flush(place.parent)
            flush(place.parent.parent)
            store.keep(found)
        except (OSError, StorageError):
            store.put_aside(place)
            raise


def place_picture(store: DrawingStore, drawing: str, picture: str, where: PicturePlace) -> None:
    """Say where a picture lies in the core.

    Raises:
        DepthError: depths that make no sense.
        QueryError: a base without a top.
        DrawingNotFoundError, PictureNotFoundError: there is no such thing.
    """
    with store.changing(drawing) as found:
        one = find_picture(found, picture)
        if where.top_m is not None:
            Section(Path(one.name), where.top_m, where.base_m, where.mm_per_px).scale(one.height)
        elif where.base_m is not None:
            raise QueryError("a base depth needs a top depth; give both, or the top and the scale")
        one.top_m, one.base_m, one.mm_per_px = where.top_m, where.base_m, where.mm_per_px


def find_picture_tile(service: Service, drawing: str, picture: str, tile: tuple[int, int, int]) -> Path:
    """The file of a tile: level, row, column. What was lost of them is made again.

    Raises:
        DrawingNotFoundError, PictureNotFoundError, QueryError: there is no such tile.
        ImageError, StorageError: the tiles were lost, and cannot be made again.
    """
    store = DrawingStore.of(service.settings)
    found = store.get(drawing)
    one = find_picture(found, picture)
    return _find_laid(service, store.original(found, one), name_tile(one.width, one.height, tile, JPEG))


def open_picture(service: Service, store: DrawingStore, drawing: KeptDrawing, picture: KeptPicture) -> Picture:
    """A picture as segmentation takes it, whose pixels are read from the disk as they are wanted.

    Raises:
        ImageError, StorageError: the pixels were lost, and cannot be laid out again.
    """
    path = _find_laid(service, store.original(drawing, picture), PIXELS)
    return Picture(picture.name, picture.sha256, open_pixels(path))


def _find_laid(service: Service, original: Path, name: str) -> Path:
    """Find a file among the tiles and pixels of a picture; all are made again where this one was lost."""
    folder = original.parent.parent / "view"
    path = folder / name
    if not is_whole(path):
        with _laying_out:
            if not is_whole(path):
                data = read_original(str(original), max_bytes=service.limits.max_file_bytes)
                lay_out(decode_image(data, original.name, max_pixels=service.limits.max_pixels).pixels, folder)
    return path


def plain_name(name: str) -> str:
    """A name that every file system takes: reports of jobs call the picture so.

    Example:
        >>> plain_name("../Core 7/box*1.png"), plain_name(""), plain_name("...")
        ('box_1.png', 'picture', 'picture')
    """
    last = PurePosixPath(name.replace("\\", "/")).name
    plain = _UNFIT.sub("_", last).strip(". ")
    stem, dot, suffix = plain.rpartition(".")
    return f"{stem[:_LONGEST]}{dot}{suffix[:10]}" if dot else plain[:_LONGEST] or "picture"
