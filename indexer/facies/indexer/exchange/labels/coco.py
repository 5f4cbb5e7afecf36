"""Labels as COCO: images, categories, and one annotation an image, whose box is the whole image.

What COCO has no place for stands under ``attributes``, as CVAT and other tools write it: on images their identity and
metadata, on annotations the state of the label and where it comes from.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from facies.core.errors import SourceError
from facies.indexer.exchange.labels.columns import IDENTITY, ORIGIN, SAID, from_values, to_values
from facies.indexer.exchange.labels.label_row import About, LabelRow, ReadRow, Unread, Written
from facies.indexer.exchange.labels.text_tables import open_text

_SAID: Final = tuple(name for name in SAID if name != "label")


def write_coco(rows: Iterable[LabelRow], path: Path, about: About) -> Written:
    """Write rows to a file, see `facies.indexer.exchange.labels.formats`; annotations wait in a temporary file."""
    written = Written()
    categories: dict[str, int] = {}
    info = {"description": f"labels of the collection {about.collection}", "version": f"facies {version('facies')}"}
    with (
        path.open("w", encoding="utf-8") as out,
        tempfile.TemporaryFile("w+", encoding="utf-8") as annotations,
    ):
        out.write(f'{{"info": {_dump(info)}, "licenses": [], "images": [')
        for row in rows:
            written.rows += 1
            out.write(_separator(written.rows) + _dump(_image(written.rows, row)))
            if row.label is not None:
                category = categories.setdefault(row.label, len(categories) + 1)
                annotations.write("\n" if annotations.tell() == 0 else ",\n")
                annotations.write(_dump(_annotation(written.rows, category, row)))
        out.write('],\n"annotations": [')
        annotations.seek(0)
        shutil.copyfileobj(annotations, out)
        named = [{"id": number, "name": label, "supercategory": ""} for label, number in categories.items()]
        out.write(f'],\n"categories": {_dump(named)}}}\n')
    return written


def read_coco(path: Path) -> Iterator[ReadRow | Unread]:
    """Read annotations; the file is held in memory. The line of a row is the position of its annotation, from 1.

    Raises:
        SourceError: it is not JSON, or no COCO.
    """
    where = path.name
    document = _load(path, where)
    images = {image.get("id"): image for image in _objects(document, "images", where)}
    labels = {category.get("id"): category.get("name") for category in _objects(document, "categories", where)}
    for line, annotation in enumerate(_objects(document, "annotations", where), 1):
        image = images.get(_key(annotation.get("image_id")))
        if image is None:
            yield Unread(line, f"the annotation is of image {annotation.get('image_id')!r}, which is not among them")
            continue
        label = labels.get(_key(annotation.get("category_id")))
        if label is None:
            yield Unread(line, f"its category {annotation.get('category_id')!r} is not among the categories")
            continue
        of_image, said = _attributes(image), _attributes(annotation)
        values: dict[str, Any] = {name: said.get(name) for name in (*_SAID, *ORIGIN)}
        values |= {name: of_image.get(name) for name in IDENTITY}
        values["uri"] = values["uri"] or image.get("file_name")
        try:
            yield ReadRow(line, from_values({**values, "label": label}))
        except ValueError as error:
            yield Unread(line, str(error))


def _image(number: int, row: LabelRow) -> dict[str, Any]:
    attributes = {**to_values(row, IDENTITY), "metadata": dict(row.metadata)}
    return {"id": number, "file_name": row.file, "width": row.width, "height": row.height, "attributes": attributes}


def _annotation(number: int, category: int, row: LabelRow) -> dict[str, Any]:
    width, height = row.width or 0, row.height or 0
    return {
        "id": number,
        "image_id": number,
        "category_id": category,
        "bbox": [0, 0, width, height],
        "area": width * height,
        "segmentation": [],
        "iscrowd": 0,
        "attributes": to_values(row, (*_SAID, *ORIGIN)),
    }


def _load(path: Path, where: str) -> dict[str, Any]:
    with open_text(path) as text:
        try:
            document = json.load(text)
        except UnicodeDecodeError as error:
            raise SourceError(f"{where} is not UTF-8 (byte {error.start})") from error
        except (ValueError, RecursionError) as error:
            raise SourceError(f"{where} is not JSON, or is cut off: {error}") from error
    if not isinstance(document, dict):
        raise SourceError(f"{where} is no COCO file: expected an object with images, annotations and categories")
    return document


def _objects(document: dict[str, Any], name: str, where: str) -> list[dict[str, Any]]:
    found = document.get(name)
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise SourceError(f"{where} is no COCO file: {name!r} is missing or no list of objects")
    for one in found:
        if isinstance(one.get("id"), list | dict):
            raise SourceError(f"{where} is no COCO file: an id in {name!r} is neither a number nor text")
    return found


def _attributes(owner: dict[str, Any]) -> dict[str, Any]:
    found = owner.get("attributes")
    return found if isinstance(found, dict) else {}


def _key(value: Any) -> Any:
    return value if isinstance(value, int | str) else None


def _separator(number: int) -> str:
    return "\n" if number == 1 else ",\n"


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
