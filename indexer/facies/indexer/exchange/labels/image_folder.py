"""Labels as folders of images, one folder a class, as torchvision's and Hugging Face's ImageFolder read them.

``metadata.csv`` has a row for each image in the folders, with ``file_name`` first, as Hugging Face has it, then the
columns of a CSV export. Images that no class folder may hold are in ``without-file.csv`` alone: those without a label,
those whose label was rejected, and those whose original cannot be had.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Final

from facies.core.errors import SourceError, StorageError
from facies.core.images import content_hash
from facies.indexer.exchange.labels.columns import COLUMNS, metadata_cell, to_cells
from facies.indexer.exchange.labels.csv_table import read_csv
from facies.indexer.exchange.labels.label_row import About, LabelRow, LeftOut, ReadRow, Unread, Written
from facies.indexer.exchange.labels.named_columns import metadata_columns
from facies.indexer.exchange.labels.pictures import SUFFIXES, find_local, read_picture
from facies.indexer.exchange.labels.safe_names import Names
from facies.indexer.exchange.labels.text_tables import TableWriter

TABLE: Final = "metadata.csv"
REST: Final = "without-file.csv"
FILE: Final = "file_name"


def write_image_folder(rows: Iterable[LabelRow], path: Path, about: About) -> Written:
    """Write rows and their images below a new folder, see `facies.indexer.exchange.labels.formats`."""
    written = Written()
    path.mkdir()
    fields = metadata_columns(about.fields, (*COLUMNS, FILE))
    classes, files = Names(), dict[str, Names]()
    decoded = 0
    with ExitStack() as stack:
        table = _open_table(stack, path / TABLE, [FILE, *COLUMNS, *fields.values()])
        rest = _open_table(stack, path / REST, [*COLUMNS, *fields.values()])
        for row in rows:
            written.rows += 1
            cells = [*to_cells(row).values(), *(metadata_cell(row.metadata.get(name)) for name in fields)]
            if row.label is None or row.state == "rejected":
                rest.write(cells)
                continue
            folder = classes.give(row.label)
            made = _put(row, path / folder, files.setdefault(folder, Names()), about)
            if isinstance(made, str):
                written.left_out.append(LeftOut(row.uri or "", made))
                rest.write(cells)
                continue
            name, is_original = made
            decoded += not is_original
            written.pictures += 1
            table.write([f"{folder}/{name}", *cells])
    if decoded:
        written.notes.append(f"{decoded:,} pages of larger files were written as PNG, with 8 bits a channel")
    return written


def read_image_folder(path: Path) -> Iterator[ReadRow | Unread]:
    """Read a folder of ours by its tables, any other by its class folders: the content of a file tells its image.

    Raises:
        SourceError: it is no folder, or has neither tables nor class folders with images.
    """
    if not path.is_dir():
        raise SourceError(f"{path.name} is no folder, expected one with a folder for each class")
    tables = [path / name for name in (TABLE, REST) if (path / name).is_file()]
    for table in tables:
        yield from read_csv(table)
    if tables:
        return
    line = 0
    suffixes = {*SUFFIXES.values(), ".jpeg", ".tiff"}
    for folder, _, names in sorted(os.walk(path)):
        label = Path(folder).relative_to(path).as_posix()
        for name in sorted(names):
            if label == "." or Path(name).suffix.lower() not in suffixes:
                continue
            line += 1
            try:
                sha256 = content_hash(Path(folder, name).read_bytes())
            except OSError as error:
                yield Unread(line, f"{label}/{name} cannot be read: {error.strerror}")
                continue
            yield ReadRow(line, LabelRow(sha256=sha256, uri=name, label=label))
    if not line:
        raise SourceError(f"{path.name} has neither {TABLE} nor folders with images")


def _open_table(stack: ExitStack, path: Path, header: list[str]) -> TableWriter:
    text: IO[str] = stack.enter_context(path.open("w", encoding="utf-8", newline=""))
    table = TableWriter(text)
    table.write(header)
    return table


def _put(row: LabelRow, folder: Path, names: Names, about: About) -> tuple[str, bool] | str:
    """Copy or link the image of a row; gives its name and whether it is the original, or why there is none."""
    source = find_local(row) if about.link else None
    if about.link and source is not None:
        folder.mkdir(exist_ok=True)
        name = names.give(row.file, row.image_id)
        return _link(source, folder / name, about.link) or (name, True)
    picture = read_picture(row, about)
    if isinstance(picture, str):
        return picture
    folder.mkdir(exist_ok=True)
    name = names.give(picture.name, row.image_id)
    try:
        (folder / name).write_bytes(picture.data)
    except OSError as error:
        raise StorageError(folder / name, error.strerror or str(error)) from error
    return name, picture.is_original


def _link(source: Path, target: Path, kind: str) -> str | None:
    try:
        if kind == "hard":
            target.hardlink_to(source)
        else:
            target.symlink_to(source.absolute())
    except OSError as error:
        return f"no {kind} link can be made: {error.strerror or error}"
    return None
