"""The dense score: every pixel of the pictures of training against masks that say what each is."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from facies.core.errors import ConfigurationError, MaskSizeError
from facies.indexer.segmentation.confusion import count_confusion
from facies.indexer.segmentation.mask_file import read_mask
from facies.indexer.segmentation.naming import Naming
from facies.indexer.segmentation.pictures import Picture, read_picture
from facies.indexer.segmentation.scores import compute_scores

if TYPE_CHECKING:
    from facies.indexer.segmentation.bench import Bench
    from facies.indexer.segmentation.training import Tell
    from facies.models.segmentation.segmentation_model import SegmentationModel

DENSE_NOTE: Final = (
    "every pixel of the pictures of training was named and held against the truth; the few labelled ones are among "
    "them, and other pictures score lower"
)


def check_truths(truths: Sequence[Path], pictures: int) -> None:
    """Refuse truths that do not go with pictures one by one; none at all are fine.

    Raises:
        ConfigurationError: there are more or fewer of them.
    """
    if truths and len(truths) != pictures:
        raise ConfigurationError(
            f"{len(truths)} truths and {pictures} pictures are given; each picture needs its own --truth, or none has "
            "one"
        )


def score_densely(
    model: SegmentationModel,
    images: Sequence[Path],
    truths: Sequence[Path],
    bench: Bench,
    tell: Tell,
    *,
    background: int | None = None,
) -> dict[str, Any]:
    """Name pictures and score every pixel, pooled over all of them.

    Args:
        model: names pixels.
        images: the pictures.
        truths: as many masks of class ids, in the same order and of the same sizes.
        bench: opens the model's card.
        tell: is told of the rows that are done.
        background: id of the class that is no foreground.

    Returns:
        the figures under names that say what they are, as JSON holds them.

    Raises:
        MaskError, ImageError: a truth is no mask.
        MaskSizeError: it is of another size than its picture.
    """
    total = None
    for image, truth_file in zip(images, truths, strict=True):
        picture, truth = read_picture(image, bench.limits), read_mask(truth_file)
        if truth.shape != picture.shape:
            raise MaskSizeError(truth_file.name, (truth.shape[0], truth.shape[1]), picture.name, picture.shape)
        found = count_confusion(truth, _name(model, picture, bench, tell))
        total = found if total is None else total + found
    if total is None:
        return {}
    scores = compute_scores(total, background=background)
    return {"dense_macro_f1": scores.macro_f1, "dense_scores": scores.as_json(), "dense_note": DENSE_NOTE}


def _name(model: SegmentationModel, picture: Picture, bench: Bench, tell: Tell) -> NDArray[np.uint8]:
    """Ids of the classes of all pixels of a picture: (height, width)."""
    mask = np.empty(picture.shape, np.uint8)
    for band in Naming(bench, model, picture).bands(partial(tell, f"naming {picture.name}")):
        mask[band.top : band.bottom] = model.classes.ids_of(band.classes)
    return mask
