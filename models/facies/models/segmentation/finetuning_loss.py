"""The loss of a network that is trained on masks: cross entropy, and how far the regions are from overlapping.

Source: Milletari, Navab & Ahmadi (2016), "V-Net: fully convolutional neural networks for volumetric medical image
segmentation", for the soft DICE.
"""

from __future__ import annotations

import torch
from torch.nn.functional import cross_entropy, one_hot

from facies.models.segmentation.training_crops import IGNORED


def cross_entropy_and_dice(logits: torch.Tensor, indices: torch.Tensor) -> torch.Tensor:
    """The mean of cross entropy over the pixels, plus 1 less the mean soft DICE of the classes of the batch.

    Classes that the batch does not have are left out of the mean: nothing can overlap with them.

    Args:
        logits: (n, classes, height, width).
        indices: (n, height, width), int64: class indices, or `IGNORED`.

    Returns:
        one number, at least 0; 0 where every pixel is ignored.
    """
    counts = indices != IGNORED
    if not bool(counts.any()):
        return logits.sum() * 0
    logits = logits.float()  # sums over a batch of half-precision numbers would lose the small regions
    entropy = cross_entropy(logits, indices, ignore_index=IGNORED)
    shares = logits.softmax(dim=1) * counts[:, None]
    truth = one_hot(torch.where(counts, indices, 0), logits.shape[1]).movedim(-1, 1) * counts[:, None]
    overlap = (shares * truth).sum(dim=(0, 2, 3))
    both = (shares + truth).sum(dim=(0, 2, 3))
    present = truth.sum(dim=(0, 2, 3)) > 0
    return entropy + 1 - (2 * overlap[present] / both[present]).mean()
