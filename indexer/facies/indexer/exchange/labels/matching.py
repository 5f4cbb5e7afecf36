"""Which image of a collection a row is about: by its id, else by its content, else by the name of its file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from facies.core.records import ImageRecord
from facies.indexer.exchange.labels.label_row import LabelRow

if TYPE_CHECKING:
    from facies.core.catalog import Catalog

By: TypeAlias = Literal["id", "content", "name"]


@dataclass(frozen=True, slots=True)
class Match:
    """An image, and what told that it is the one."""

    record: ImageRecord
    by: By


@dataclass(frozen=True, slots=True)
class _Named:
    """Where an image of some file name lies."""

    path: str
    page: int | None
    image_id: str


class Matcher:
    """Finds the images that rows are about. File names are read when the first row has nothing else."""

    def __init__(self, catalog: Catalog, collection: str) -> None:
        """Take where to look."""
        self._catalog, self._collection = catalog, collection
        self._by_file: dict[str, list[_Named]] | None = None

    def match(self, rows: Sequence[LabelRow]) -> list[Match | str]:
        """Find the images of some rows; where there is none, the reason stands in its place."""
        ids = [row.image_id for row in rows if row.image_id is not None]
        by_id = self._catalog.images(self._collection, ids)
        rest = [row for row in rows if row.image_id not in by_id]
        hashes = [row.sha256 for row in rest if row.sha256 is not None]
        by_content = self._catalog.images_of(self._collection, hashes)
        found: list[Match | str | _Named] = [self._find(row, by_id, by_content) for row in rows]
        named = self._catalog.images(self._collection, [one.image_id for one in found if isinstance(one, _Named)])
        return [_resolve(one, named) if isinstance(one, _Named) else one for one in found]

    def _find(
        self, row: LabelRow, by_id: dict[str, ImageRecord], by_content: dict[str, list[ImageRecord]]
    ) -> Match | str | _Named:
        record = by_id.get(row.image_id or "")
        if record is not None:
            if row.sha256 not in {None, record.sha256}:
                return f"image {row.image_id} has another content here than sha256 {row.sha256}"
            return Match(record, "id")
        pages = by_content.get(row.sha256 or "")
        if pages:
            return _choose_page(row, pages)
        if row.sha256 is not None or not row.file:
            return f"the collection has no image with {_described(row)}"
        return self._find_by_name(row)

    def _find_by_name(self, row: LabelRow) -> str | _Named:
        candidates = self._files().get(row.file, [])
        fitting = [one for one in candidates if row.page is None or one.page == row.page]
        if len(fitting) > 1:
            path = _path_of(row.uri or "")
            nearer = [one for one in fitting if one.path == path or one.path.endswith(f"/{path.lstrip('./')}")]
            fitting = nearer or fitting
        if not fitting:
            return f"the collection has no image with {_described(row)}"
        if len(fitting) > 1:
            return (
                f"the collection has {len(fitting)} images of files named {row.file!r}; name their folders, pages, ids "
                "or sha256"
            )
        return fitting[0]

    def _files(self) -> dict[str, list[_Named]]:
        if self._by_file is None:
            self._by_file = {}
            for record in self._catalog.iter_images(self._collection):
                file = LabelRow(uri=record.uri).file
                self._by_file.setdefault(file, []).append(_Named(_path_of(record.uri), record.page, record.id))
        return self._by_file


def _choose_page(row: LabelRow, pages: Sequence[ImageRecord]) -> Match | str:
    fitting = [one for one in pages if row.page is None or one.page == row.page]
    if not fitting:
        return f"the file with sha256 {row.sha256} has no page {row.page} here"
    if len(fitting) > 1:
        return f"the file with sha256 {row.sha256} holds {len(fitting)} images, and the row names no page"
    return Match(fitting[0], "content")


def _resolve(named: _Named, records: dict[str, ImageRecord]) -> Match | str:
    record = records.get(named.image_id)
    return "the image was deleted meanwhile" if record is None else Match(record, "name")


def _path_of(uri: str) -> str:
    return uri.removeprefix("zip://").partition("::")[0]


def _described(row: LabelRow) -> str:
    """What a row says of its image, for messages."""
    parts = [("id", row.image_id), ("sha256", row.sha256), ("file name", row.file or None), ("page", row.page)]
    return ", ".join(f"{name} {value}" for name, value in parts if value is not None) or "nothing that tells it"
