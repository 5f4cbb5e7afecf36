"""Generated pictures as files that everything else reads: image, truth, labels, strokes, classes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from PIL import Image

from facies.core.errors import ConfigurationError, QueryError, StorageError
from facies.core.folders import check_no_file
from facies.core.segmentation.class_files import write_class_table
from facies.indexer.segmentation.generated_cores import GeneratedScene, generate_core
from facies.indexer.segmentation.generated_macerals import generate_macerals
from facies.indexer.segmentation.labelled_pixels import UNLABELLED
from facies.indexer.segmentation.mask_file import write_ids
from facies.indexer.segmentation.strokes import write_strokes

if TYPE_CHECKING:
    from facies.indexer.segmentation.training import Tell
    from facies.models.segmentation.segmentation_model import Task


def draw_scenes(task: Task, folder: Path, *, seed: int, count: int = 1, tell: Tell | None = None) -> list[Path]:
    """Draw scenes and write them: one by `write_scene`, several by `write_scenes`, with seeds from the given one on.

    Args:
        task: cores or macerals.
        folder: for the files.
        seed: of the first scene, 0 or more.
        count: how many scenes.
        tell: is told how many are drawn.

    Returns:
        the files.

    Raises:
        QueryError: a seed below 0, or no scenes.
        ConfigurationError: a file is where the folder should be, or another one lies where one would be written.
        StorageError: the system refuses.
    """
    check_no_file(folder)
    draw = generate_core if task == "core" else generate_macerals

    def scenes() -> Iterator[GeneratedScene]:
        for number in range(count):
            if tell is not None:
                tell("drawing", number, count)
            yield draw(seed + number)

    return write_scene(next(scenes()), folder) if count == 1 else write_scenes(scenes(), folder)


def write_scene(scene: GeneratedScene, folder: Path) -> list[Path]:
    """Write ``image.png``, ``truth.png``, ``labels.png``, ``strokes.json`` and ``classes.json``.

    Raises:
        ConfigurationError: another file lies where one would be written.
        StorageError: the system refuses.
    """
    names = [Path(name) for name in ("image.png", "truth.png", "labels.png", "strokes.json", "classes.json")]
    with _staged(folder) as stage:
        _write(scene, [stage / name for name in names])
        _move(names, stage, folder)
    return [folder / name for name in names]


def write_scenes(scenes: Iterable[GeneratedScene], folder: Path) -> list[Path]:
    """Write several scenes of the same classes, by number from 0.

    They go to ``images/0000.png``, ``masks/0000.png``, ``labels/0000.png``, ``strokes/0000.json`` and so on, as loaders
    of pairs of images and masks expect them, with one ``classes.json`` beside.

    Raises:
        QueryError: there are no scenes.
        ConfigurationError: another file lies where one would be written.
        StorageError: the system refuses.
    """
    written: dict[Path, None] = {}
    with _staged(folder) as stage:
        for number, scene in enumerate(scenes):
            rooms = (("images", "png"), ("masks", "png"), ("labels", "png"), ("strokes", "json"))
            names = [*(Path(room) / f"{number:04d}.{suffix}" for room, suffix in rooms), Path("classes.json")]
            _write(scene, [stage / name for name in names])
            written |= dict.fromkeys(names)
        if not written:
            raise QueryError("no scenes are asked for, expected at least one")
        _move(written, stage, folder)
    return [folder / name for name in written]


@contextmanager
def _staged(folder: Path) -> Iterator[Path]:
    """A folder within the one to write to, from which files are moved when all are there; it goes away at the end."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=".part-", dir=folder) as stage:
            yield Path(stage)
    except OSError as error:
        raise StorageError(folder, error.strerror or str(error)) from error


def _move(names: Iterable[Path], stage: Path, folder: Path) -> None:
    """Move files to their places, where nothing else may lie: the same file, drawn before, is all that is replaced.

    Raises:
        ConfigurationError: another file lies there; nothing was moved.
    """
    every = list(names)
    for name in every:
        place = folder / name
        if place.exists() and not (place.is_file() and place.read_bytes() == (stage / name).read_bytes()):
            raise ConfigurationError(
                f"{place} is there already and is not what would be drawn; it is not written over, so give --out "
                "another folder, or move the file away"
            )
    for name in every:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (stage / name).replace(folder / name)


def _write(scene: GeneratedScene, places: list[Path]) -> None:
    image, truth, labels, strokes, classes = places
    named = replace(scene.strokes, image=image.name)
    for place in places:
        place.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(scene.image).save(image, "PNG")
    strokes.write_text(write_strokes(named), encoding="utf-8")
    classes.write_text(write_class_table(scene.table), encoding="utf-8")
    write_ids(truth, scene.truth, scene.table)
    write_ids(labels, scene.labels.image(), scene.table, unlabelled=UNLABELLED)
