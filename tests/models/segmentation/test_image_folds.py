"""Folds of whole images."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facies.core.errors import FinetuningError
from facies.models.segmentation.image_folds import fold_images


@given(st.lists(st.integers(0, 9), min_size=2, max_size=40), st.integers(2, 5), st.integers(0, 5))
def test_every_image_is_in_one_fold_and_no_group_is_divided(groups: list[int], folds: int, seed: int) -> None:
    if len(set(groups)) < folds:
        with pytest.raises(FinetuningError, match="a group for each"):
            fold_images(groups, folds, seed=seed)
        return
    parted = fold_images(groups, folds, seed=seed)
    assert sorted(number for fold in parted for number in fold) == list(range(len(groups)))
    assert all(fold for fold in parted)
    sides = [{groups[number] for number in fold} for fold in parted]
    assert sum(len(side) for side in sides) == len(set(groups))
    assert parted == fold_images(groups, folds, seed=seed)


def test_folds_of_single_images_are_of_nearly_one_size() -> None:
    assert sorted(len(fold) for fold in fold_images(range(11), 4)) == [2, 3, 3, 3]


def test_the_seed_decides_who_is_together() -> None:
    assert fold_images(range(20), 4, seed=1) != fold_images(range(20), 4, seed=2)


def test_one_fold_is_refused() -> None:
    with pytest.raises(FinetuningError, match="at least 2"):
        fold_images(["a", "b"], 1)
