"""Folds of whole images: what is held out for scores or for early stopping never shares an image with training."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np

from facies.core.errors import FinetuningError


def fold_images(groups: Sequence[Hashable], folds: int, *, seed: int = 0) -> list[tuple[int, ...]]:
    """Part images into folds of nearly equal size that never divide a group.

    Args:
        groups: of each image what it must stay together with: its own name, or that of the sample or slide from which
            several images were taken.
        folds: at least 2.
        seed: the same seed parts in the same way.

    Returns:
        the numbers of the images of each fold, rising.

    Raises:
        FinetuningError: fewer groups than folds, or fewer than 2 folds.
    """
    members: dict[Hashable, list[int]] = {}
    for number, group in enumerate(groups):
        members.setdefault(group, []).append(number)
    if not 2 <= folds <= len(members):
        raise FinetuningError(
            f"{folds} folds of {len(groups)} images in {len(members)} groups; expected at least 2 folds, and a group "
            "for each, since images of one group must not be on both sides"
        )
    parted: list[list[int]] = [[] for _ in range(folds)]
    order = np.random.default_rng(seed).permutation(len(members))
    shuffled = [list(members.values())[at] for at in order]
    for numbers in sorted(shuffled, key=len, reverse=True):  # large groups first, so that small ones even the folds out
        min(parted, key=len).extend(numbers)
    return [tuple(sorted(numbers)) for numbers in parted]
