"""What ``facies segment --task macerals`` does: an order is carried out, told of, and printed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.console import Console

from facies.core.cli import print_json
from facies.core.errors import SegmentationModelError
from facies.core.settings import load_settings
from facies.indexer.limits import limits_of
from facies.indexer.segmentation.bench import Bench
from facies.indexer.segmentation.maceral_output import print_maceral_scores, print_macerals, print_network_training
from facies.indexer.segmentation.stage_bar import stoppable_stages

if TYPE_CHECKING:
    from pathlib import Path

    from facies.core.segmentation import ClassTable
    from facies.indexer.segmentation.maceral_order import MaceralOrder
    from facies.indexer.segmentation.maceral_scoring import ScoringOrder
    from facies.indexer.segmentation.mask_lessons import MaskLesson
    from facies.indexer.segmentation.mask_source import MaskSource
    from facies.indexer.segmentation.network_training import NetworkOrder
    from facies.models.segmentation.segmentation_model import Task


@dataclass(frozen=True, slots=True)
class MaskLessons:
    """Lessons of a folder of masks, as an order of training takes them.

    Attributes:
        lessons: one for each image.
        table: the classes.
        background: id of the class that is no maceral.
        notes: what a person should know about the masks.
    """

    lessons: tuple[MaskLesson, ...]
    table: ClassTable
    background: int
    notes: tuple[str, ...]


def read_mask_lessons(source: MaskSource, *, pixels_per_class: int, seed: int) -> MaskLessons:
    """Look through a folder of masks and make lessons of it.

    Raises:
        FaciesError: as `MaskSource.open`.
    """
    from facies.indexer.segmentation.mask_lessons import lessons_of

    folder = source.open(limits_of(load_settings()).max_pixels)
    lessons = lessons_of(folder, pixels_per_class=pixels_per_class, seed=seed)
    return MaskLessons(lessons, folder.table, folder.table.classes[folder.background].id, folder.notes)


def run_network_training(order: NetworkOrder, out: Path, *, as_json: bool) -> None:
    """Train a network, write it, and print the report."""
    from facies.indexer.segmentation.network_training import train_network
    from facies.models.segmentation.finetuned_file import save_segmenter

    with stoppable_stages(Console(stderr=True), "broken off; no network was written") as tell:
        training = train_network(order, Bench(load_settings()), tell)
    save_segmenter(training.segmenter, out)
    print_network_training(training.report, out, Console(stderr=as_json))
    if as_json:
        print_json({"model": str(out), **training.report})


def check_task(model: Path, expected: Task | None) -> Task:
    """Find what a model was trained for.

    Raises:
        SegmentationModelError: another task is expected, or the file holds no model.
    """
    from facies.indexer.segmentation.maceral_models import find_task

    task = find_task(model)
    if expected is not None and task != expected:
        raise SegmentationModelError(f"{model.name} was trained for the task {task}, not for {expected}")
    return task


def run_macerals(order: MaceralOrder, *, as_json: bool) -> int:
    """Name macerals, and give the exit status: 1 where an image could not be read."""
    from facies.indexer.segmentation.maceral_run import MaceralRun

    kept = "broken off; finished images are kept, and the same command goes on behind them"
    with stoppable_stages(Console(stderr=True), kept) as tell:
        report = MaceralRun(order, Bench(load_settings()), tell).run()
    print_macerals(report, order.out, Console(stderr=as_json))
    if as_json:
        print_json(report)
    return 1 if report["failed"] else 0


def run_maceral_scoring(order: ScoringOrder, *, as_json: bool) -> None:
    """Leave one image out after the other, and print the scores."""
    from facies.indexer.segmentation.maceral_scoring import score_macerals

    with stoppable_stages(Console(stderr=True), "broken off; computed maps are kept") as tell:
        report = score_macerals(order, Bench(load_settings()), tell)
    print_maceral_scores(report, Console(stderr=as_json))
    if as_json:
        print_json(report)
