"""Cross entropy and soft DICE against their formulas."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from facies.models.segmentation.finetuning_loss import cross_entropy_and_dice
from facies.models.segmentation.training_crops import IGNORED


def _logits(shares: list[list[float]]) -> torch.Tensor:
    """Pixels (n, classes) of given distributions as one row of an image."""
    return torch.tensor(shares).log().T[None, :, None, :]


def test_the_loss_is_that_of_the_formulas() -> None:
    shares = [[0.7, 0.2, 0.1], [0.1, 0.6, 0.3], [0.5, 0.25, 0.25]]
    truth = [0, 1, 1]
    entropy = -np.mean([math.log(shares[at][index]) for at, index in enumerate(truth)])
    first = 2 * 0.7 / ((0.7 + 0.1 + 0.5) + 1)
    second = 2 * (0.6 + 0.25) / ((0.2 + 0.6 + 0.25) + 2)
    loss = cross_entropy_and_dice(_logits(shares), torch.tensor([[truth]]))
    assert loss.item() == pytest.approx(entropy + 1 - (first + second) / 2, rel=1e-5)


def test_a_certain_and_right_answer_has_no_loss() -> None:
    truth = torch.randint(0, 3, (2, 5, 4), generator=torch.Generator().manual_seed(0))
    logits = torch.nn.functional.one_hot(truth, 3).movedim(-1, 1).float() * 50
    assert cross_entropy_and_dice(logits, truth).item() == pytest.approx(0, abs=1e-5)


def test_ignored_pixels_change_nothing() -> None:
    shares = [[0.7, 0.2, 0.1], [0.1, 0.6, 0.3]]
    alone = cross_entropy_and_dice(_logits(shares), torch.tensor([[[0, 1]]]))
    beside = cross_entropy_and_dice(_logits([*shares, [0.01, 0.01, 0.98]]), torch.tensor([[[0, 1, IGNORED]]]))
    assert beside.item() == pytest.approx(alone.item(), rel=1e-6)


def test_a_batch_without_labels_has_no_loss_and_no_gradient() -> None:
    logits = torch.zeros(1, 3, 2, 2, requires_grad=True)
    loss = cross_entropy_and_dice(logits, torch.full((1, 2, 2), IGNORED))
    loss.backward()  # type: ignore[no-untyped-call]  # torch declares it without types
    assert loss.item() == 0
    assert logits.grad is not None
    assert not logits.grad.any()


def test_half_precision_is_summed_in_single() -> None:
    truth = torch.zeros(1, 512, 512, dtype=torch.int64)
    logits = torch.zeros(1, 2, 512, 512, dtype=torch.float16)
    # 262,144 ones do not fit into half precision, whose largest number is 65,504.
    assert cross_entropy_and_dice(logits, truth).item() == pytest.approx(math.log(2) + 1 - 1 / 1.5, rel=1e-4)
