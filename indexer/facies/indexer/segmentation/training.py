"""Training: labelled pixels of one or more pictures become a model, and figures that say what to think of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from facies.core.errors import ConfigurationError, TooFewClassesError
from facies.core.segmentation.class_files import read_class_table
from facies.indexer.segmentation.dense_score import check_truths, score_densely
from facies.indexer.segmentation.folds import pool_groups
from facies.indexer.segmentation.held_out import HeldOutScores, score_held_out
from facies.indexer.segmentation.labelled_pixels import UNLABELLED, LabelledPixels
from facies.indexer.segmentation.labels import find_table, read_labels
from facies.indexer.segmentation.mask_grain import smoothing_of_runs
from facies.indexer.segmentation.pictures import Picture, read_picture
from facies.indexer.segmentation.same_pictures import hash_pixels, have_same_labels, merge_labels
from facies.indexer.segmentation.scales import MM_PER_PX, check_mm_per_px
from facies.indexer.segmentation.spending import measure_spending
from facies.models.hashes import hash_file
from facies.models.segmentation.cards import DEFAULT
from facies.models.segmentation.drift import ImageStatistics, StatisticsGatherer
from facies.models.segmentation.pixel_classifier import TREES, ClassifierKind, PixelClassifier, fit_classifier
from facies.models.segmentation.segmentation_model import SegmentationModel, Task, TrainedOn
from facies.models.segmentation.smoothing import check_radius_px

if TYPE_CHECKING:
    from facies.core.segmentation import ClassTable
    from facies.indexer.segmentation.bench import Bench
    from facies.indexer.segmentation.mask_lessons import MaskLesson

Tell: TypeAlias = Callable[[str, int, int], None]
"""Is told the stage, how much of it is done and how much there is; may raise to break a run off."""

SMOOTHING_PX: Final[dict[Task, float]] = {"core": 8.0, "macerals": 4.0}
"""Radius of the smoothing where nobody gives one; docs/segmentation_classifiers.md has what it does."""
_STATISTICS_STEP = 8
"""Every so many rows of the grid are looked at for what the pictures of training are like."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """A picture and the labels of some of its pixels."""

    image: Path
    labels: Path

    def read(self, shape: tuple[int, int], table: ClassTable, *, unlabelled: int) -> LabelledPixels:
        """Read the labels of the picture of a height and width."""
        return read_labels(self.labels, shape, unlabelled=unlabelled, table=table)

    def hash_labels(self) -> tuple[str, ...]:
        """What tells its labels from those of another lesson."""
        return (hash_file(self.labels),)


@dataclass(frozen=True, slots=True)
class TrainingOrder:
    """What is to be trained.

    Attributes:
        task: core or macerals.
        lessons: pictures with their labels, at least one; or pictures with masks, whose classes are in `table`.
        card: of the hypercolumns.
        kind: of the classifier.
        trees: of a forest.
        seed: of all chance.
        unlabelled: the value of label images that says nothing.
        classes: a file with the table of classes; None: it follows from the labels.
        table: the classes, where they are known already.
        background: id of the class that is no maceral, where it is known already.
        mm_per_px: scale of the pictures, where it is known.
        smoothing_mm: radius of the smoothing; needs a scale here or when the model is applied.
        smoothing_px: the same in pixels; with neither masks say how fine they are, and for strokes the task has one.
        is_validated: whether strokes are held out to score the kind of classifier; it takes most of the time.
        truths: masks of every pixel of the pictures, as many, for the dense score; empty: there is none.
        notes: what a person should know about the masks, see `facies.indexer.segmentation.maceral_folder`.
    """

    task: Task
    lessons: tuple[Lesson | MaskLesson, ...]
    card: str = DEFAULT
    kind: ClassifierKind = "extra-trees"
    trees: int = TREES
    seed: int = 0
    unlabelled: int = UNLABELLED
    classes: Path | None = None
    table: ClassTable | None = None
    background: int | None = None
    mm_per_px: float | None = None
    smoothing_mm: float | None = None
    smoothing_px: float | None = None
    is_validated: bool = True
    truths: tuple[Path, ...] = ()
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check the scale and the smoothing.

        Raises:
            ConfigurationError: there is no such scale.
            SegmentationError: a radius that makes no sense.
        """
        check_mm_per_px(self.mm_per_px)
        if self.smoothing_px is not None:
            check_radius_px(self.smoothing_px, "--smoothing-px")
        if self.smoothing_mm is not None:
            # Without a scale here, the greatest there is: what is too much at that one is too much at any.
            scale = MM_PER_PX[1] if self.mm_per_px is None else self.mm_per_px
            what = f"--smoothing-mm {self.smoothing_mm:g} at {scale:g} mm a pixel"
            check_radius_px(self.smoothing_mm / scale, what)

    @property
    def holds_images_out(self) -> bool:
        """Whether scores are of whole images that were held out: where there are several with masks."""
        return len(self.lessons) > 1 and not any(isinstance(lesson, Lesson) for lesson in self.lessons)

    def find_classes(self) -> ClassTable:
        """Find the table of classes: the one that is given, or what the labels speak of.

        Raises:
            ClassTableError, LabelsError, MaskError, ImageError: there is none.
        """
        if self.table is not None:
            return self.table
        if self.classes is not None:
            return read_class_table(self.classes)
        return find_table([lesson.labels for lesson in self.lessons], unlabelled=self.unlabelled)


@dataclass(frozen=True, slots=True, eq=False)
class Training:
    """A model and the report of its training, as JSON holds it."""

    model: SegmentationModel
    report: dict[str, Any] = field(default_factory=dict)


def pair_lessons(images: Sequence[Path], labels: Sequence[Path]) -> tuple[Lesson, ...]:
    """Pair photographs with their labels, in the order in which both are given.

    Raises:
        ConfigurationError: there are more of one than of the other.
    """
    if len(images) != len(labels):
        raise ConfigurationError(
            f"{len(images)} images and {len(labels)} files of labels are given; each --image needs its own --labels"
        )
    return tuple(Lesson(image, label) for image, label in zip(images, labels, strict=True))


def train(order: TrainingOrder, bench: Bench, tell: Tell | None = None) -> Training:
    """Train a model.

    Raises:
        ConfigurationError: truths do not go with the pictures one by one, or a picture is given twice.
        LabelsError, UnknownClassError, ClassTableError, MaskSizeError: labels or truths that cannot be used.
        TooFewClassesError: they tell nothing apart.
        ImageError: a picture cannot be read.
        UnknownCardError, ModelError: the card, or its weights.
        SegmentationModelError: settings that contradict each other.
    """
    tell = tell or _tell_nobody
    check_truths(order.truths, len(order.lessons))
    bench.hypercolumns(order.card)  # opened before anything is measured: it costs the same for any picture
    with measure_spending() as spending:
        training = _train(order, bench, tell)
    report = {**training.report, **spending.as_json()}
    return Training(replace(training.model, report=report), report)


def _train(order: TrainingOrder, bench: Bench, tell: Tell) -> Training:
    table = order.find_classes()
    taught = _read_lessons(order, bench, table, tell)
    labels = [one.labels for one in taught]
    features, trained_on = _gather(order, taught, bench, tell)
    classes = np.concatenate([one.classes for one in labels])
    present = np.unique(classes)
    if len(present) < 2:
        files = " and ".join(lesson.labels.name for lesson in order.lessons)
        raise TooFewClassesError(files, [table.names[at] for at in present])

    def fit(rows: NDArray[np.float32], indices: NDArray[np.int32]) -> PixelClassifier:
        return fit_classifier(
            order.kind,
            rows,
            indices,
            classes=len(table),
            seed=order.seed,
            trees=order.trees,
            threads=bench.threads,
        )

    tell("fitting", 0, 1)
    classifier = fit(features, classes)
    statistics = _look_at_pictures(order, taught, bench, classifier, tell)
    held_out = None
    if order.is_validated:
        held_out = score_held_out(
            features,
            classes,
            _groups(order, labels),
            fit,
            table,
            seed=order.seed,
            by_image=order.holds_images_out and len(labels) > 1,
            check=lambda done, total: tell("holding labels out", done, total),
        )
    model = SegmentationModel(
        task=order.task,
        card=bench.hypercolumns(order.card).card.name,
        maps_fingerprint=bench.hypercolumns(order.card).fingerprint,
        classes=table,
        kind=order.kind,
        classifier=classifier,
        training=statistics,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        facies_version=version("facies"),
        mm_per_px=order.mm_per_px,
        smoothing_mm=order.smoothing_mm,
        smoothing_px=_smoothing_px(order, taught, table),
        trained_on=trained_on,
    )
    images = [lesson.image for lesson in order.lessons] if order.truths else []
    dense = score_densely(model, images, order.truths, bench, tell, background=order.background)
    return Training(model, {**_report(order, model, labels, held_out), **dense})


@dataclass(frozen=True, slots=True, eq=False)
class _Taught:
    """A picture with all that is said of its pixels, by one lesson or by several of the same picture."""

    lessons: tuple[Lesson | MaskLesson, ...]
    labels: LabelledPixels

    @property
    def lesson(self) -> Lesson | MaskLesson:
        return self.lessons[0]


def _read_lessons(order: TrainingOrder, bench: Bench, table: ClassTable, tell: Tell) -> list[_Taught]:
    """Read all labels before anything is computed. Copies of one picture are one picture.

    Raises:
        ConfigurationError: a picture is given twice with the same labels.
    """
    found: dict[str, _Taught] = {}
    for number, lesson in enumerate(order.lessons):
        tell("reading labels", number, len(order.lessons))
        picture = read_picture(lesson.image, bench.limits)
        labels = lesson.read(picture.shape, table, unlabelled=order.unlabelled)
        content = hash_pixels(picture.pixels)
        other = found.get(content)
        if other is None:
            found[content] = _Taught((lesson,), labels)
            continue
        _check_told_twice(lesson, labels, other)
        names = [one.labels.name for one in (*other.lessons, lesson)]
        merged = merge_labels(other.labels, labels, where=f"{', '.join(names[:-1])} and {names[-1]}")
        found[content] = _Taught((*other.lessons, lesson), merged)
    return list(found.values())


def _check_told_twice(lesson: Lesson | MaskLesson, labels: LabelledPixels, other: _Taught) -> None:
    hashes = lesson.hash_labels()
    if have_same_labels(labels, other.labels) or any(one.hash_labels() == hashes for one in other.lessons):
        raise ConfigurationError(
            f"{lesson.image} is given twice: it shows the same picture as {other.lesson.image}, with the same labels, "
            "and a score on a copy of what was learnt from says nothing; leave one of them out"
        )


def _gather(
    order: TrainingOrder, taught: Sequence[_Taught], bench: Bench, tell: Tell
) -> tuple[NDArray[np.float32], tuple[TrainedOn, ...]]:
    features, trained_on = [], []
    for number, one in enumerate(taught):
        tell("computing maps", number, len(taught))
        picture = read_picture(one.lesson.image, bench.limits)
        features.append(bench.features_at(picture, order.card, one.labels.rows, one.labels.columns))
        trained_on.append(_describe(picture, one.labels))
    return np.concatenate(features), tuple(trained_on)


def _describe(picture: Picture, labels: LabelledPixels) -> TrainedOn:
    counts = np.bincount(labels.classes, minlength=len(labels.table))
    return TrainedOn(picture.name, picture.sha256, *picture.shape, tuple(int(count) for count in counts))


def _look_at_pictures(
    order: TrainingOrder, taught: Sequence[_Taught], bench: Bench, classifier: PixelClassifier, tell: Tell
) -> ImageStatistics:
    """What the pictures are like as a whole, from rows that lie apart: neighbouring rows say the same."""
    gatherer = StatisticsGatherer(classifier.feature_count)
    for number, one in enumerate(taught):
        tell("looking at the pictures", number, len(taught))
        for tile in bench.tiles(read_picture(one.lesson.image, bench.limits), order.card):
            for row in range(0, tile.grid_shape[0], _STATISTICS_STEP):
                rows = tile.grid(row, row + 1)
                gatherer.add(rows, classifier.probabilities(rows, threads=bench.threads))
    return gatherer.statistics()


def _smoothing_px(order: TrainingOrder, taught: Sequence[_Taught], table: ClassTable) -> float | None:
    if order.smoothing_px is not None:
        return order.smoothing_px
    if order.smoothing_mm is not None:
        return None
    both = [(one.lesson, one.labels.shape) for one in taught]
    runs = [lesson.run_px(shape, table) for lesson, shape in both if not isinstance(lesson, Lesson)]
    return smoothing_of_runs(runs) if runs else SMOOTHING_PX[order.task]


def _groups(order: TrainingOrder, labels: Sequence[LabelledPixels]) -> NDArray[np.int32]:
    """What is held out together: images, or groups of strokes."""
    if order.holds_images_out and len(labels) > 1:
        return np.repeat(np.arange(len(labels), dtype=np.int32), [len(one) for one in labels])
    return pool_groups(labels)


def _report(
    order: TrainingOrder, model: SegmentationModel, labels: Sequence[LabelledPixels], held_out: HeldOutScores | None
) -> dict[str, Any]:
    pixels = sum(len(one) for one in labels)
    of_labels = zip(model.trained_on, labels, strict=True)
    notes = [*order.notes, *(f"{one.name}: {note}" for one, found in of_labels for note in found.notes)]
    counts = np.array([one.labelled for one in model.trained_on]).sum(axis=0).tolist()
    lacking = [name for name, count in zip(model.classes.names, counts, strict=True) if not count]
    if lacking:
        notes.append(f"no pixel is labelled {', '.join(lacking)}; the model will never name one so")
    return {
        "task": model.task,
        "card": model.card,
        "kind": model.kind,
        "classes": [
            {"id": one.id, "name": one.name, "labelled_pixels": count}
            for one, count in zip(model.classes.classes, counts, strict=True)
        ],
        **({} if order.background is None else {"background": order.background}),
        "smoothing_px": model.smoothing_px,
        "images": len(labels),
        "labelled_pixels": pixels,
        "labelled_share": pixels / sum(one.height * one.width for one in model.trained_on),
        # What of a mask has one class and hangs together takes the place of a stroke.
        "strokes": int(sum(len(np.unique(one.strokes)) for one in labels)),
        **({} if held_out is None else held_out.as_json()),
        "notes": notes,
    }


def _tell_nobody(_stage: str, _done: int, _total: int) -> None:
    """Be told and do nothing."""
