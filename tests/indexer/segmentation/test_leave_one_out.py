"""Images that are left out, and pixels that are not."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from facies.core.errors import MaskSizeError, SegmentationError
from facies.indexer.segmentation.confusion import count_confusion
from facies.indexer.segmentation.leave_one_out import LEAK, ImageConfusion, leave_one_image_out, score_within_images

Mask = NDArray[np.uint8]


def _masks(count: int) -> list[Mask]:
    generator = np.random.default_rng(0)
    return [generator.integers(0, 4, (6 + at, 5), dtype=np.uint8) for at in range(count)]


def _flipped(masks: Sequence[Mask], number: int) -> Mask:
    """A mask with mistakes."""
    return np.roll(masks[number], 1, axis=0)


def test_no_image_is_segmented_by_a_model_that_learnt_from_it() -> None:
    masks = _masks(4)
    used: dict[int, Sequence[int]] = {}

    def predict(learnt_from: Sequence[int], number: int) -> Mask:
        used[number] = learnt_from
        return masks[number]

    leave_one_image_out("abcd", fit=lambda numbers: numbers, predict=predict, truth=masks.__getitem__)
    assert used == {0: [1, 2, 3], 1: [0, 2, 3], 2: [0, 1, 3], 3: [0, 1, 2]}


def test_with_an_image_all_of_its_sample_are_left_out_and_one_model_serves_them() -> None:
    masks = _masks(4)
    fits: list[Sequence[int]] = []
    used: dict[int, Sequence[int]] = {}

    def fit(numbers: Sequence[int]) -> Sequence[int]:
        fits.append(numbers)
        return numbers

    def predict(learnt_from: Sequence[int], number: int) -> Mask:
        used[number] = learnt_from
        return masks[number]

    scored = leave_one_image_out("abcd", fit=fit, predict=predict, truth=masks.__getitem__, groups="xxyx")
    assert used == {0: [2], 1: [2], 2: [0, 1, 3], 3: [2]}
    assert fits == [[2], [0, 1, 3]]
    assert [one.name for one in scored.images] == list("abcd")
    assert scored.protocol.startswith("leave-one-sample-out")


def test_the_pooled_counts_are_those_of_all_pixels_of_all_images() -> None:
    masks = _masks(3)
    seen: list[ImageConfusion] = []
    scored = leave_one_image_out(
        "abc",
        fit=lambda _: None,
        predict=lambda _, number: _flipped(masks, number),
        truth=masks.__getitem__,
        on_image=seen.append,
    )
    whole = count_confusion(
        np.concatenate([mask.ravel() for mask in masks]),
        np.concatenate([_flipped(masks, at).ravel() for at in range(3)]),
    )
    np.testing.assert_array_equal(scored.pooled.counts, whole.counts)
    assert tuple(seen) == scored.images
    assert [one.name for one in scored.images] == ["a", "b", "c"]


def test_a_rule_that_differs_from_image_to_image_is_known_within_and_unknown_outside() -> None:
    # Each image has one grey for each class, but another one than the other images: what is learnt does not carry over.
    masks = [np.random.default_rng(at).integers(0, 2, (20, 20), dtype=np.uint8) for at in range(4)]
    greys = [np.where(mask == at % 2, 9, 7) for at, mask in enumerate(masks)]

    def learn(grey: NDArray[np.int64], mask: Mask) -> dict[int, float]:
        return {value: float(mask[grey == value].mean()) for value in (7, 9)}

    def fit(numbers: Sequence[int]) -> dict[int, float]:
        return learn(np.concatenate([greys[at] for at in numbers]), np.concatenate([masks[at] for at in numbers]))

    def predict(model: dict[int, float], number: int) -> Mask:
        return np.where(greys[number] == 9, model[9] > 0.5, model[7] > 0.5).astype(np.uint8)

    within = score_within_images(
        "abcd",
        fit=lambda number, is_learnt: learn(greys[number][is_learnt], masks[number][is_learnt]),
        predict=predict,
        truth=masks.__getitem__,
    )
    outside = leave_one_image_out("abcd", fit=fit, predict=predict, truth=masks.__getitem__)
    counts = within.pooled.counts
    assert np.trace(counts) == counts.sum()
    assert np.trace(outside.pooled.counts) == 0
    assert within.protocol == LEAK


def test_within_an_image_only_the_other_half_is_scored() -> None:
    mask = _masks(1)[0]
    learnt: list[NDArray[np.bool_]] = []
    scored = score_within_images(
        ["a"], fit=lambda _, half: learnt.append(half), predict=lambda _, __: mask, truth=lambda _: mask, seed=3
    )
    assert 0 < learnt[0].sum() < mask.size
    assert scored.pooled.pixels == np.count_nonzero(~learnt[0])


def test_one_image_or_one_sample_is_refused() -> None:
    masks = _masks(2)
    for names, groups in (("a", None), ("ab", "xx"), ("ab", "x"), ("", None)):
        with pytest.raises(SegmentationError, match="at least two samples"):
            leave_one_image_out(
                names, fit=lambda _: None, predict=lambda _, at: masks[at], truth=masks.__getitem__, groups=groups
            )
    with pytest.raises(SegmentationError, match="at least one"):
        score_within_images([], fit=lambda *_: None, predict=lambda _, at: masks[at], truth=masks.__getitem__)


def test_a_prediction_of_another_size_is_refused_by_the_name_of_its_image() -> None:
    masks = _masks(2)
    with pytest.raises(MaskSizeError, match="the mask of b"):
        leave_one_image_out("bc", fit=lambda _: None, predict=lambda *_: masks[1], truth=masks.__getitem__)
    with pytest.raises(MaskSizeError, match="the mask of b"):
        score_within_images("b", fit=lambda *_: None, predict=lambda *_: masks[1], truth=masks.__getitem__)
