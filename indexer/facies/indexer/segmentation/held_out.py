"""What training says of itself: scores of strokes that were held out whole, and the poster's figure beside them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from facies.indexer.segmentation.confusion import Confusion, count_confusion
from facies.indexer.segmentation.folds import POSTER_WARNING, image_folds, poster_split, stroke_folds
from facies.indexer.segmentation.scores import Scores, compute_scores

if TYPE_CHECKING:
    from facies.core.segmentation import ClassTable
    from facies.models.segmentation.pixel_classifier import PixelClassifier

Fit: TypeAlias = "Callable[[NDArray[np.float32], NDArray[np.int32]], PixelClassifier]"
"""Fits a classifier on features (n, C) and class indices (n,)."""

FOLDS = 5
GROUPED_NOTE = (
    "strokes were held out whole, so the score tells about other places of these images; with few strokes it is a "
    "warning, and no way to choose between models"
)
IMAGES_NOTE = (
    "images were held out whole, so the score tells about other images like these; its pixels are those that were "
    "drawn from the masks, as many of each class, and not all"
)


@dataclass(frozen=True, slots=True, eq=False)
class HeldOutScores:
    """Scores of labelled pixels that a classifier was not trained on.

    Attributes:
        grouped: by cross-validation over groups of strokes, or over images; None where no class has two of them.
        confusion: of the same pixels.
        folds: how many.
        unscored: ids of the classes of a single group, which are never held out.
        poster: of a random share of the pixels, whose neighbours were trained on; None where there are too few.
        of: what was held out.
    """

    grouped: Scores | None
    confusion: Confusion | None
    folds: int
    unscored: tuple[int, ...]
    poster: Scores | None
    of: Literal["strokes", "images"] = "strokes"

    @property
    def note(self) -> str:
        """What the score is worth, for people."""
        return IMAGES_NOTE if self.of == "images" else GROUPED_NOTE

    def as_json(self) -> dict[str, Any]:
        """The figures under names that say what they are."""
        per_class = {} if self.grouped is None else self.grouped.as_json()["per_class"]
        return {
            "grouped_cv_f1": None if self.grouped is None else self.grouped.macro_f1,
            "grouped_cv_folds": self.folds,
            "grouped_cv_of": self.of,
            "grouped_cv_note": self.note,
            "grouped_cv_per_class": per_class,
            "grouped_cv_confusion": None
            if self.confusion is None
            else {"ids": self.confusion.ids.tolist(), "truth_by_mask": self.confusion.counts.tolist()},
            "unscored_classes": list(self.unscored),
            "poster_f1": None if self.poster is None else self.poster.macro_f1,
            "poster_note": POSTER_WARNING,
        }


def score_held_out(
    features: NDArray[np.float32],
    classes: NDArray[np.int32],
    groups: NDArray[np.int32],
    fit: Fit,
    table: ClassTable,
    *,
    seed: int = 0,
    by_image: bool = False,
    check: Callable[[int, int], None] | None = None,
) -> HeldOutScores:
    """Fit on parts of the labelled pixels and name the others.

    Args:
        features: (n, C) float32.
        classes: (n,) int32, indices in the table.
        groups: (n,) int32, groups of strokes that hang together, see `facies.indexer.segmentation.folds`; or images.
        fit: makes a classifier of a part.
        table: the classes.
        seed: of the folds and of the poster's choice.
        by_image: whether the groups are images, which have several classes each.
        check: called with the fits that are done and how many there are; may raise to break off.
    """
    folds = (image_folds if by_image else stroke_folds)(classes, groups, folds=FOLDS, seed=seed)
    fits = folds.count + 1
    total: Confusion | None = None
    for number in range(folds.count):
        if check is not None:
            check(number, fits)
        found = _score_part(features, classes, folds.fold == number, fit, table)
        total = found if total is None else total + found
    if check is not None:
        check(folds.count, fits)
    poster = None
    if len(classes) > 1:
        chosen = poster_split(len(classes), seed=seed)
        if len(np.unique(classes[~chosen])) > 1:
            poster = compute_scores(_score_part(features, classes, chosen, fit, table))
    return HeldOutScores(
        grouped=None if total is None else compute_scores(total),
        confusion=total,
        folds=folds.count,
        unscored=tuple(int(table.ids[index]) for index in folds.unscored),
        poster=poster,
        of="images" if by_image else "strokes",
    )


def _score_part(
    features: NDArray[np.float32],
    classes: NDArray[np.int32],
    held_out: NDArray[np.bool_],
    fit: Fit,
    table: ClassTable,
) -> Confusion:
    classifier = fit(features[~held_out], classes[~held_out])
    named = classifier.probabilities(features[held_out]).argmax(axis=1)
    return count_confusion(table.ids_of(classes[held_out]), table.ids_of(named))
