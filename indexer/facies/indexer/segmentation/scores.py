"""Scores of masks, each under a name that says over which classes and how it is taken.

Every score follows from one confusion, whose counts are pooled over all pixels of all images. With TP, FP and FN of a
class, F1 = DICE = 2 TP / (2 TP + FP + FN), and Jaccard = TP / (TP + FP + FN). *Macro* is the mean over classes, each
counting the same; *micro* sums TP, FP and FN over classes first, so large classes count more. The *foreground* is every
class but the background, where one is named.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facies.indexer.segmentation.confusion import Confusion


@dataclass(frozen=True, slots=True)
class ClassScores:
    """Scores of one class.

    Attributes:
        f1: also called DICE.
        jaccard: also called IoU.
        precision: share of the mask's pixels of this class that are of it; None where the mask has none.
        recall: share of the truth's pixels of this class that the mask finds; None where the truth has none.
        truth_pixels: pixels of the class in the truth.
        mask_pixels: pixels of the class in the mask.
    """

    f1: float
    jaccard: float
    precision: float | None
    recall: float | None
    truth_pixels: int
    mask_pixels: int


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores of one mask or of many, see `compute_scores`.

    Attributes:
        macro_f1: mean F1 of all classes in the truth or the mask, the background too.
        macro_jaccard: mean Jaccard of the same classes.
        foreground_macro_f1: mean F1 of the classes of the foreground; None where there are none.
        micro_dice: foreground micro DICE = 2 sum TP / sum (2 TP + FP + FN) over the classes of the foreground; None
            where neither truth nor mask has any.
        micro_jaccard: foreground micro Jaccard = sum TP / sum (TP + FP + FN) = D / (2 - D) of that DICE.
        micro_dice_with_background: the same over all classes, which is nothing but the share of right pixels.
        micro_jaccard_with_background: the Jaccard of that.
        background: id of the class that is no foreground; None: all classes are.
        pixels: how many were compared.
        per_class: scores of each class by its id.
    """

    macro_f1: float
    macro_jaccard: float
    foreground_macro_f1: float | None
    micro_dice: float | None
    micro_jaccard: float | None
    micro_dice_with_background: float
    micro_jaccard_with_background: float
    background: int | None
    pixels: int
    per_class: dict[int, ClassScores]

    def as_json(self) -> dict[str, Any]:
        """The scores as JSON holds them, whose keys are text."""
        return {**asdict(self), "per_class": {str(number): asdict(one) for number, one in self.per_class.items()}}

    def mean_f1(self, ids: Iterable[int]) -> float | None:
        """The mean F1 over some classes only; None where none of them was scored."""
        found = [self.per_class[number].f1 for number in ids if number in self.per_class]
        return float(np.mean(found)) if found else None


def compute_scores(confusion: Confusion, *, background: int | None = None) -> Scores:
    """Score a confusion; the classes are those of truth or mask, as in scikit-learn's f1_score.

    Args:
        confusion: of at least one pixel, added over all images.
        background: id of the class that is no foreground, None where there is none.

    Source: Dice (1945), Measures of the amount of ecologic association between species; Jaccard (1912).

    Example:
        >>> from facies.indexer.segmentation.confusion import count_confusion
        >>> counts = count_confusion(np.array([0, 0, 1, 2]), np.array([0, 1, 1, 2]))
        >>> scores = compute_scores(counts, background=0)
        >>> round(scores.macro_f1, 3), scores.micro_dice, scores.micro_dice_with_background
        (0.778, 0.8, 0.75)
    """
    hit = np.diag(confusion.counts)
    in_truth, in_mask = confusion.counts.sum(1), confusion.counts.sum(0)
    seen = (in_truth + in_mask) > 0
    f1 = 2 * hit / np.maximum(in_truth + in_mask, 1)
    jaccard = hit / np.maximum(in_truth + in_mask - hit, 1)
    front = seen & (confusion.ids != background) if background is not None else seen
    micro_dice, micro_jaccard = _micro(hit, in_truth, in_mask, front)
    all_dice, all_jaccard = _micro(hit, in_truth, in_mask, seen)
    per_class = {
        int(confusion.ids[at]): ClassScores(
            f1=float(f1[at]),
            jaccard=float(jaccard[at]),
            precision=float(hit[at] / in_mask[at]) if in_mask[at] else None,
            recall=float(hit[at] / in_truth[at]) if in_truth[at] else None,
            truth_pixels=int(in_truth[at]),
            mask_pixels=int(in_mask[at]),
        )
        for at in np.flatnonzero(seen)
    }
    return Scores(
        macro_f1=_mean(f1[seen]) or 0.0,
        macro_jaccard=_mean(jaccard[seen]) or 0.0,
        foreground_macro_f1=_mean(f1[front]),
        micro_dice=micro_dice,
        micro_jaccard=micro_jaccard,
        micro_dice_with_background=all_dice or 0.0,
        micro_jaccard_with_background=all_jaccard or 0.0,
        background=background,
        pixels=confusion.pixels,
        per_class=per_class,
    )


def _mean(values: NDArray[np.float64]) -> float | None:
    return float(values.mean()) if len(values) else None


def _micro(
    hit: NDArray[np.int64], in_truth: NDArray[np.int64], in_mask: NDArray[np.int64], chosen: NDArray[np.bool_]
) -> tuple[float | None, float | None]:
    both = int(in_truth[chosen].sum() + in_mask[chosen].sum())
    right = int(hit[chosen].sum())
    return (2 * right / both, right / (both - right)) if both else (None, None)
