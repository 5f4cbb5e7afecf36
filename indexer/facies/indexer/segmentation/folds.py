"""Which labelled pixels are held out: whole strokes or images for an honest score, single pixels for the poster's.

Pixels of one stroke are neighbours and look alike. A score on pixels whose neighbours were trained on says how well a
classifier remembers, not how well it maps the rest of the image; only strokes that are held out whole tell something.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facies.core.errors import QueryError
from facies.indexer.segmentation.labelled_pixels import LabelledPixels
from facies.models.segmentation.image_folds import fold_images

POSTER_SHARE = 0.05
"""Of the labelled pixels, held out at random by the poster protocol."""
POSTER_WARNING = (
    "poster protocol: a random 5 % of the labelled pixels was held out, so neighbours of the same stroke stand on both "
    "sides; the score leaks and says little about the rest of the image"
)
NEVER_HELD_OUT = -1


@dataclass(frozen=True, slots=True, eq=False)
class Folds:
    """Folds of labelled pixels by groups of strokes.

    Attributes:
        fold: (n,) int32, the fold that each pixel is held out in; `NEVER_HELD_OUT` where its class has one group only.
        count: number of folds; 0 where no class can be held out.
        unscored: indices of the classes with a single group. To hold it out would leave nothing to learn the class
            from, and a score of 0 would say nothing about the classifier; so it always trains, and the class has no
            score of its own.
    """

    fold: NDArray[np.int32]
    count: int
    unscored: tuple[int, ...]


def pool_groups(several: Sequence[LabelledPixels]) -> NDArray[np.int32]:
    """Number the groups of strokes over all images, in their order, see `LabelledPixels.groups`."""
    groups, start = [], 0
    for labels in several:
        of_image = labels.groups()
        groups.append(of_image + start)
        start += int(of_image.max(initial=-1)) + 1
    return np.concatenate(groups).astype(np.int32)


def stroke_folds(classes: NDArray[np.int32], groups: NDArray[np.int32], *, folds: int = 5, seed: int = 0) -> Folds:
    """Deal the groups of each class to folds, so that no group is divided and no class is ever held out whole.

    The largest groups of a class are dealt first, each to the fold that holds least of all pixels among those that
    hold fewest groups of this class.

    Args:
        classes: (n,), index of the class of each pixel.
        groups: (n,), number of the group of each pixel, of one class each; see `pool_groups`.
        folds: at most so many; there are never more than the class with most groups has.
        seed: of the order of groups of equal size.

    Raises:
        QueryError: fewer than two folds are asked for.
    """
    if folds < 2:
        raise QueryError(f"{folds} folds are asked for, expected 2 or more")
    numbers, first, member, size = np.unique(groups, return_index=True, return_inverse=True, return_counts=True)
    class_of_group = classes[first]
    kinds, group_count = np.unique(class_of_group, return_counts=True)
    count = min(folds, int(group_count.max(initial=0)))
    unscored = tuple(int(kind) for kind in kinds[group_count < 2])
    fold_of_group = np.full(len(numbers), NEVER_HELD_OUT, np.int32)
    if count < 2:
        return Folds(fold_of_group[member], 0, unscored)
    shuffled = np.random.default_rng(seed).permutation(len(numbers))
    load = np.zeros(count, np.int64)
    for kind in kinds[group_count >= 2]:
        own = shuffled[class_of_group[shuffled] == kind]
        dealt = np.zeros(count, np.int64)
        for group in own[np.argsort(-size[own], kind="stable")]:
            fold = min(range(count), key=lambda at: (dealt[at], load[at]))
            fold_of_group[group] = fold
            dealt[fold] += 1
            load[fold] += size[group]
    return Folds(fold_of_group[member], count, unscored)


def image_folds(classes: NDArray[np.int32], images: NDArray[np.integer], *, folds: int = 5, seed: int = 0) -> Folds:
    """Deal whole images to folds; pixels of a class that one image alone has always train, as in `stroke_folds`.

    Args:
        classes: (n,), index of the class of each pixel.
        images: (n,), number of the image of each pixel.
        folds: at most so many; there are never more than images that can be held out.
        seed: of the choice of images.

    Raises:
        QueryError: fewer than two folds are asked for.
    """
    if folds < 2:
        raise QueryError(f"{folds} folds are asked for, expected 2 or more")
    kinds = np.unique(classes)
    unscored = tuple(int(kind) for kind in kinds if len(np.unique(images[classes == kind])) < 2)
    fold = np.full(len(classes), NEVER_HELD_OUT, np.int32)
    is_scored = ~np.isin(classes, unscored)
    numbers = np.unique(images[is_scored])
    count = min(folds, len(numbers))
    if count < 2:
        return Folds(fold, 0, unscored)
    for at, members in enumerate(fold_images(numbers.tolist(), count, seed=seed)):
        fold[is_scored & np.isin(images, numbers[list(members)])] = at
    return Folds(fold, count, unscored)


def poster_split(count: int, *, seed: int = 0, share: float = POSTER_SHARE) -> NDArray[np.bool_]:
    """Hold out a random share of labelled pixels, as the poster did; show its score with `POSTER_WARNING` only.

    Args:
        count: of labelled pixels.
        seed: of the choice.
        share: above 0 and below 1; at least one pixel is held out.

    Returns:
        (count,), whether each pixel is held out.

    Raises:
        QueryError: fewer than two pixels, or no such share.
    """
    if count < 2 or not 0 < share < 1:
        raise QueryError(f"a share of {share:g} of {count} pixels is asked for, expected 0 to 1 of at least 2")
    held_out = np.zeros(count, np.bool_)
    wanted = min(max(round(share * count), 1), count - 1)
    held_out[np.random.default_rng(seed).permutation(count)[:wanted]] = True
    return held_out
