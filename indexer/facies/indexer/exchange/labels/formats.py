"""The formats that labels are exchanged in, and which of them a file is in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

from facies.core.errors import QueryError, SourceError
from facies.core.wire_label_files import LabelFormat
from facies.indexer.archive_descriptor import DESCRIPTOR
from facies.indexer.exchange.labels.archives import open_archive
from facies.indexer.exchange.labels.coco import read_coco, write_coco
from facies.indexer.exchange.labels.csv_table import read_csv, write_csv
from facies.indexer.exchange.labels.darwin_core import write_darwin_core
from facies.indexer.exchange.labels.darwin_core_reading import read_darwin_core
from facies.indexer.exchange.labels.ecotaxa import write_ecotaxa
from facies.indexer.exchange.labels.ecotaxa_reading import is_table, read_ecotaxa
from facies.indexer.exchange.labels.image_folder import read_image_folder, write_image_folder
from facies.indexer.exchange.labels.label_row import About, LabelRow, ReadRow, Unread, Written
from facies.indexer.exchange.labels.parquet import read_parquet, write_parquet

Write: TypeAlias = Callable[[Iterable[LabelRow], Path, About], Written]
Read: TypeAlias = Callable[[Path], Iterator[ReadRow | Unread]]


@dataclass(frozen=True, slots=True)
class Format:
    """A format.

    Attributes:
        name: what a person calls it.
        suffixes: that its files have, the usual one first; none where it is a folder.
        media_type: of its files over HTTP.
        write: writes rows to a path that is not there yet; a folder is made.
        read: reads rows of labels; raises SourceError where the file is not of the format.
        has_pictures: whether the images can go along.
    """

    name: LabelFormat
    suffixes: tuple[str, ...]
    media_type: str
    write: Write
    read: Read
    has_pictures: bool = False


FORMATS: Final[Mapping[str, Format]] = {
    found.name: found
    for found in (
        Format("csv", (".csv",), "text/csv", write_csv, read_csv),
        Format("parquet", (".parquet",), "application/vnd.apache.parquet", write_parquet, read_parquet),
        Format("coco", (".json",), "application/json", write_coco, read_coco),
        Format("image-folder", (), "", write_image_folder, read_image_folder, has_pictures=True),
        Format("ecotaxa", (".zip", ".tsv"), "application/zip", write_ecotaxa, read_ecotaxa, has_pictures=True),
        Format("darwin-core", (".zip",), "application/zip", write_darwin_core, read_darwin_core),
    )
}


def find_format(name: str) -> Format:
    """Find a format by its name.

    Raises:
        QueryError: there is none of this name.
    """
    if name not in FORMATS:
        raise QueryError(f"there is no format {name!r} for labels, expected one of {', '.join(FORMATS)}")
    return FORMATS[name]


def recognise_format(path: Path) -> Format:
    """Tell the format of a file by its suffix, and of a zip file by what it holds; a folder is one of images.

    Raises:
        SourceError: it is not there, or none of them.
    """
    if path.is_dir():
        return FORMATS["image-folder"]
    if not path.is_file():
        raise SourceError(f"{path} is not there")
    suffix = path.suffix.lower()
    if suffix == ".zip":
        return FORMATS[_name_of_zip(path)]
    by_suffix = {".csv": "csv", ".parquet": "parquet", ".json": "coco", ".tsv": "ecotaxa", ".txt": "ecotaxa"}
    if suffix not in by_suffix:
        raise SourceError(
            f"{path.name} has no suffix that tells its format, expected {', '.join(sorted({*by_suffix, '.zip'}))} or a "
            f"folder; say which of {', '.join(FORMATS)} it is with --format"
        )
    return FORMATS[by_suffix[suffix]]


def _name_of_zip(path: Path) -> LabelFormat:
    with open_archive(path) as archive:
        names = archive.namelist()
    if DESCRIPTOR in names:
        return "darwin-core"
    if any(is_table(name) for name in names):
        return "ecotaxa"
    raise SourceError(
        f"{path.name} holds neither {DESCRIPTOR} (Darwin Core Archive) nor a table ecotaxa*.tsv (EcoTaxa); unpack "
        "anything else, and give the table or the folder"
    )
