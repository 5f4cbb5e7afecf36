"""Masks in files against the truth in files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from facies.core.errors import ConfigurationError, MaskSizeError
from facies.indexer.segmentation.confusion import count_confusion
from facies.indexer.segmentation.mask_file import read_mask
from facies.indexer.segmentation.scores import Scores, compute_scores

if TYPE_CHECKING:
    from facies.indexer.segmentation.training import Tell


def score_masks(
    masks: Sequence[Path],
    truths: Sequence[Path],
    *,
    background: int | None = None,
    ignored: int | None = None,
    tell: Tell | None = None,
) -> Scores:
    """Score masks; counts are pooled over all pixels of all pairs.

    Args:
        masks: indexed or grey PNG, or .npy.
        truths: as many, in the same order and of the same sizes.
        background: the class that is no foreground.
        ignored: id of the truth that is left out.
        tell: is told how many pairs are read.

    Raises:
        ConfigurationError: more of one than of the other, or no pixel is left.
        MaskSizeError: a pair differs in size.
        MaskError, ImageError: a file holds no mask.
    """
    if len(masks) != len(truths):
        raise ConfigurationError(
            f"{len(masks)} masks and {len(truths)} truths are given; each --mask needs its own --truth"
        )
    total = None
    for number, (mask_file, truth_file) in enumerate(zip(masks, truths, strict=True)):
        if tell is not None:
            tell("reading masks", number, len(masks))
        mask, truth = read_mask(mask_file), read_mask(truth_file)
        if mask.shape != truth.shape:
            raise MaskSizeError(mask_file.name, mask.shape, truth_file.name, truth.shape)
        found = count_confusion(truth, mask, ignored=ignored)
        total = found if total is None else total + found
    if total is None or not total.pixels:
        raise ConfigurationError("no pixel is left to score; --ignored names an id that is all of the truth")
    return compute_scores(total, background=background)
