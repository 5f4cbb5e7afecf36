"""How well images are segmented that nothing was learnt from; and, under its own name, how well those that were.

Pixels of one image share lamp, focus, polish and rock. A score on pixels whose neighbours were learnt from reads far
higher than one on images that were left out, so the two are never given under one name.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from facies.core.errors import SegmentationError
from facies.indexer.segmentation.confusion import Confusion, count_confusion

Ids = NDArray[np.integer]
"""Class ids of an image, (height, width)."""
_Model = TypeVar("_Model")

LEAK = (
    "within image: learnt from half of the pixels of the same image, so it says nothing about other images; "
    "leave-one-image-out does"
)
"""The sentence that stands beside every score of `score_within_images`."""


class ImageConfusion(NamedTuple):
    """One image and the counts of its pixels."""

    name: str
    confusion: Confusion


@dataclass(frozen=True, slots=True)
class PooledConfusion:
    """Counts of several images, each scored by a model of its own.

    Attributes:
        protocol: what was learnt from what, for people.
        images: in the order in which they were given.
    """

    protocol: str
    images: tuple[ImageConfusion, ...]

    @property
    def pooled(self) -> Confusion:
        """The counts of all pixels of all images: large images count more."""
        total = self.images[0].confusion
        for one in self.images[1:]:
            total = total + one.confusion
        return total


def leave_one_image_out(
    names: Sequence[str],
    *,
    fit: Callable[[Sequence[int]], _Model],
    predict: Callable[[_Model, int], Ids],
    truth: Callable[[int], Ids],
    groups: Sequence[str] | None = None,
    on_image: Callable[[ImageConfusion], None] = lambda _: None,
) -> PooledConfusion:
    """Segment each image by a model that was fitted on the others.

    Args:
        names: of at least two images.
        fit: makes a model from images, by their numbers.
        predict: segments an image by its number.
        truth: gives the mask of an image by its number.
        groups: of each image the sample or slide that it was taken from; with an image all of its group are left out.
        on_image: called after each image; what it raises ends the run.

    Raises:
        SegmentationError: nothing is left to learn from without some image.
        MaskSizeError: a prediction has another size than the mask.
    """
    of_image = list(names) if groups is None else list(groups)
    if len(of_image) != len(names) or len(set(of_image)) < 2:
        raise SegmentationError(
            f"{len(names)} images of {len(set(of_image))} samples, with {len(of_image)} names of samples; leaving "
            "one out needs images of at least two samples, and a name for each; copies of one picture are one sample"
        )
    scored: dict[int, ImageConfusion] = {}
    for left_out in dict.fromkeys(of_image):
        model = fit([number for number, group in enumerate(of_image) if group != left_out])
        for number in (number for number, group in enumerate(of_image) if group == left_out):
            counts = count_confusion(truth(number), predict(model, number), what=f"the mask of {names[number]}")
            scored[number] = ImageConfusion(names[number], counts)
            on_image(scored[number])
    what = "leave-one-image-out" if groups is None else "leave-one-sample-out"
    return PooledConfusion(
        f"{what}: each image by a model that was fitted on none of its pixels",
        tuple(scored[at] for at in range(len(names))),
    )


def score_within_images(
    names: Sequence[str],
    *,
    fit: Callable[[int, NDArray[np.bool_]], _Model],
    predict: Callable[[_Model, int], Ids],
    truth: Callable[[int], Ids],
    seed: int = 0,
) -> PooledConfusion:
    """Segment one half of the pixels of each image by a model that was fitted on the other half: it leaks.

    Args:
        names: of at least one image.
        fit: makes a model from an image, by its number, and the (height, width) pixels that it may learn from.
        predict: segments an image by its number.
        truth: gives the mask of an image by its number.
        seed: of the halves.

    Returns:
        the counts of the pixels that were not learnt from, under the name of `LEAK`.

    Raises:
        SegmentationError: there is no image.
        MaskSizeError: a prediction has another size than the mask.
    """
    if not names:
        raise SegmentationError("no image is to be scored; expected at least one")
    scored: list[ImageConfusion] = []
    for number, name in enumerate(names):
        ids = truth(number)
        is_learnt = np.random.default_rng([seed, number]).random(ids.shape) < 0.5
        mask = predict(fit(number, is_learnt), number)
        if mask.shape != ids.shape:
            count_confusion(ids, mask, what=f"the mask of {name}")  # says which sizes differ
        scored.append(ImageConfusion(name, count_confusion(ids[~is_learnt], mask[~is_learnt])))
    return PooledConfusion(LEAK, tuple(scored))
