"""Pictures of drawings: copied in, laid out, shown, placed in depth."""

from __future__ import annotations

import re
import shutil
import threading
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Final

from facies.api.drawings.kept import KeptDrawing, KeptPicture
from facies.api.drawings.store import DrawingStore, find_picture
from facies.api.drawings.tiles import JPEG, find_tile, lay_out, open_pixels
from facies.api.originals import decode_original, read_checked
from facies.api.paths import allowed_roots, check_path
from facies.api.service import Service
from facies.core.errors import QueryError, StorageError
from facies.core.flushing import flush
from facies.core.folders import make_folder
from facies.core.images import content_hash, decode_image, encode_png
from facies.core.new_files import new_file
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
    before = store.get(drawing)
    if any(one.id == number for one in before.pictures):
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
        place = store.folder(drawing) / "pictures" / number
        make_folder(place / "original")
        with new_file(place / "original" / picture.name) as part:
            part.write_bytes(data)
        _flush_up(place)
        if not _is_laid_out(place / "view"):
            lay_out(decoded.pixels, place / "view")
    with store.changing(drawing) as found:
        if len(found.pictures) >= MOST_PICTURES:
            raise QueryError(f"a drawing has at most {MOST_PICTURES} pictures; begin another one")
        if all(one.id != number for one in found.pictures):
            found.pictures.append(picture)


def remove_picture(store: DrawingStore, drawing: str, picture: str) -> None:
    """Take a picture with its strokes out of a drawing.

    Raises:
        DrawingNotFoundError, PictureNotFoundError: there is no such thing.
        StorageError: the disk refuses.
    """
    with store.changing(drawing) as found:
        place = store.place(found, picture)
        found.pictures = [one for one in found.pictures if one.id != picture]
    with suppress(OSError):  # what is left of it belongs to nothing
        shutil.rmtree(place)


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
    folder = view_of(service, store, found, find_picture(found, picture))
    return find_tile(folder, *tile, JPEG)


def open_picture(service: Service, store: DrawingStore, drawing: KeptDrawing, picture: KeptPicture) -> Picture:
    """A picture as segmentation takes it, whose pixels are read from the disk as they are wanted.

    Raises:
        ImageError, StorageError: the pixels were lost, and cannot be laid out again.
    """
    return Picture(picture.name, picture.sha256, open_pixels(view_of(service, store, drawing, picture)))


def view_of(service: Service, store: DrawingStore, drawing: KeptDrawing, picture: KeptPicture) -> Path:
    """The folder of a picture's tiles and pixels; made again where it was lost."""
    folder = store.place(drawing, picture.id) / "view"
    if not _is_laid_out(folder):
        with _laying_out:
            if not _is_laid_out(folder):
                original = store.original(drawing, picture)
                data = read_original(str(original), max_bytes=service.limits.max_file_bytes)
                lay_out(decode_image(data, picture.name, max_pixels=service.limits.max_pixels).pixels, folder)
    return folder


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


def _is_laid_out(folder: Path) -> bool:
    return (folder / "0" / f"0-0{JPEG}").is_file()


def _flush_up(place: Path) -> None:
    """Have the names of new folders on the disk: without them a file in them may be lost with the power."""
    try:
        for folder in (place, place.parent, place.parent.parent, place.parent.parent.parent):
            flush(folder)
    except OSError as error:
        raise StorageError(place, error.strerror or str(error)) from error
