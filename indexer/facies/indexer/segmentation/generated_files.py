"""Generated pictures as files that everything else reads: image, truth, labels, strokes, classes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from facies.core.errors import QueryError, StorageError
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
        ConfigurationError: a file is where the folder should be.
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
    """Write ``image.png``, ``truth.png``, ``labels.png``, ``strokes.json`` and ``classes.json`` over what is there.

    Raises:
        StorageError: the system refuses.
    """
    places = [folder / name for name in ("image.png", "truth.png", "labels.png", "strokes.json", "classes.json")]
    return _write(scene, places)


def write_scenes(scenes: Iterable[GeneratedScene], folder: Path) -> list[Path]:
    """Write several scenes of the same classes, by number from 0.

    They go to ``images/0000.png``, ``masks/0000.png``, ``labels/0000.png``, ``strokes/0000.json`` and so on, as loaders
    of pairs of images and masks expect them, with one ``classes.json`` beside.

    Raises:
        QueryError: there are no scenes.
        StorageError: the system refuses.
    """
    written: list[Path] = []
    for number, scene in enumerate(scenes):
        rooms = (("images", "png"), ("masks", "png"), ("labels", "png"), ("strokes", "json"))
        places = [folder / room / f"{number:04d}.{suffix}" for room, suffix in rooms]
        written += _write(scene, [*places, folder / "classes.json"])
    if not written:
        raise QueryError("no scenes are asked for, expected at least one")
    return list(dict.fromkeys(written))


def _write(scene: GeneratedScene, places: list[Path]) -> list[Path]:
    image, truth, labels, strokes, classes = places
    named = replace(scene.strokes, image=image.name)
    try:
        for place in places:
            place.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(scene.image).save(image, "PNG")
        strokes.write_text(write_strokes(named), encoding="utf-8")
        classes.write_text(write_class_table(scene.table), encoding="utf-8")
    except OSError as error:
        raise StorageError(image.parent, error.strerror or str(error)) from error
    write_ids(truth, scene.truth, scene.table)
    write_ids(labels, scene.labels.image(), scene.table, unlabelled=UNLABELLED)
    return places
