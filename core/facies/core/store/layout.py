"""Where the embedded store keeps its collections on disk.

::

    <root>/.lock                                 who holds the store
    <root>/<collection>/CURRENT                  the name of the generation in use
    <root>/<collection>/<generation>/schema.json named vectors and indexed fields
    <root>/<collection>/<generation>/shard/      the engine's own files

``CURRENT`` is replaced by an atomic rename, so a collection either exists whole or not at all, and a generation built
on the side takes over in one step.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from facies.core.errors import StorageError, StoreError
from facies.core.flushing import flush
from facies.core.store.base import CollectionSchema
from facies.core.store.checks import is_collection_name

_FORMAT: Final = 1
_CURRENT: Final = "CURRENT"
_SCHEMA: Final = "schema.json"
_TRASH: Final = ".dropped-"
_GENERATION = re.compile(r"\d{4,}")


@contextmanager
def os_errors(path: Path) -> Iterator[None]:
    """Turn what the operating system refuses into `StorageError`."""
    try:
        yield
    except OSError as error:
        raise StorageError(path, error.strerror or str(error)) from error


def shard_folder(generation: Path) -> Path:
    """Where the engine's files of a generation lie."""
    return generation / "shard"


def find_generations(root: Path) -> dict[str, Path]:
    """Map each collection to the folder of its current generation, in alphabetical order."""
    with os_errors(root):
        folders = sorted(one for one in root.iterdir() if one.is_dir() and is_collection_name(one.name))
        return {one.name: one / current for one in folders if (current := _read_current(one))}


def start_generation(root: Path, collection: str) -> Path:
    """Make the folder of a new generation; it counts for nothing until `publish_generation`."""
    folder = root / collection
    with os_errors(folder):
        folder.mkdir(exist_ok=True)
        taken = [int(one.name) for one in folder.iterdir() if _GENERATION.fullmatch(one.name)]
        generation = folder / f"{max(taken, default=0) + 1:04d}"
        generation.mkdir()
        return generation


def publish_generation(generation: Path) -> None:
    """Make a generation the current one of its collection.

    Raises:
        StorageError: it is not the current one. Where it is, but the system could not say that a power cut would leave
            it so, nothing is raised: there is no way back that is safer.
    """
    try:
        _replace_text(generation.parent / _CURRENT, generation.name + "\n")
        with os_errors(generation):
            flush(generation.parent.parent)
    except StorageError:
        if _read_current(generation.parent) != generation.name:
            raise


def discard_generation(generation: Path) -> None:
    """Take back a generation that could not be finished; what cannot be deleted now is left to `sweep`."""
    shutil.rmtree(generation, ignore_errors=True)
    with suppress(OSError):  # another generation is there, or the disk is read-only
        generation.parent.rmdir()


def write_schema(generation: Path, schema: CollectionSchema) -> None:
    """Keep the schema beside the shard."""
    document = {"format": _FORMAT, "vectors": dict(schema.vectors), "indexes": dict(schema.indexes)}
    _replace_text(generation / _SCHEMA, json.dumps(document, indent=2, ensure_ascii=False) + "\n")


def read_schema(generation: Path) -> CollectionSchema:
    """Read the schema of a generation.

    Raises:
        StoreError: the file is missing, damaged, or of a later release.
    """
    path = generation / _SCHEMA
    try:
        document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if document["format"] != _FORMAT:
            raise StoreError(f"{path} has format {document['format']}, expected {_FORMAT}: a later release wrote it.")
        return CollectionSchema(dict(document["vectors"]), dict(document["indexes"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StoreError(
            f"the collection in {generation} is damaged: {path.name} cannot be read ({error}). Put the folder back "
            "from a backup, or delete the collection and index its images again."
        ) from error


def remove_collection(root: Path, collection: str) -> None:
    """Delete a collection's folder: gone at once by a rename, then file by file."""
    trash = root / f"{_TRASH}{uuid4().hex}"
    with os_errors(root):
        (root / collection).rename(trash)
        flush(root)
        shutil.rmtree(trash)


def sweep(root: Path) -> None:
    """Clear away what a crash left: dropped collections, and generations that were never finished or are superseded.

    A finished generation without ``CURRENT`` may hold data that someone misses, so it is passed over.
    """
    with os_errors(root):
        for folder in [one for one in root.iterdir() if one.is_dir()]:
            if folder.name.startswith(_TRASH):
                shutil.rmtree(folder)
            elif is_collection_name(folder.name):
                _sweep_collection(folder)


def _sweep_collection(folder: Path) -> None:
    current = _read_current(folder)
    for generation in [one for one in folder.iterdir() if one.is_dir() and _GENERATION.fullmatch(one.name)]:
        unfinished = not (generation / _SCHEMA).exists()
        superseded = current is not None and (folder / current).is_dir()
        if generation.name != current and (unfinished or superseded):
            shutil.rmtree(generation)
    if not any(folder.iterdir()):
        folder.rmdir()


def _read_current(folder: Path) -> str | None:
    try:
        name = (folder / _CURRENT).read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return None
    except UnicodeDecodeError:
        name = ""
    if not _GENERATION.fullmatch(name):
        raise StoreError(f"{folder / _CURRENT} is damaged: expected the name of a folder beside it, such as 0001.")
    return name


def _replace_text(path: Path, text: str) -> None:
    """Write a small file so that after a crash it holds either the old text or the new."""
    fresh = path.with_name(path.name + ".new")
    with os_errors(path):
        with fresh.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
        flush(path.parent)
