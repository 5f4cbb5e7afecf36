"""Lessons of pictures whose every pixel has a class."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from facies.indexer.segmentation.maceral_masks import MaskFile
from facies.indexer.segmentation.mask_lessons import MaskLesson, sample_where
from facies.indexer.segmentation.regions import find_components
from facies.models.macerals import MACERALS

SHAPE = (40, 50)


def _lesson(root: Path, mask: np.ndarray, per_class: int = 20) -> MaskLesson:
    Image.fromarray(mask).save(root / "mask.png")
    return MaskLesson(root / "image.png", (MaskFile(root / "mask.png"),), 0, per_class, seed=2)


def _mask() -> np.ndarray:
    mask = np.zeros(SHAPE, np.uint8)
    mask[5:15, 5:20] = 1
    mask[25:35, 5:20] = 1
    mask[10:30, 30:45] = 3
    return mask


def test_pixels_have_the_class_of_the_mask_and_at_most_so_many_of_each(tmp_path: Path) -> None:
    mask = _mask()
    labels = _lesson(tmp_path, mask).read(SHAPE, MACERALS, unlabelled=255)
    assert np.array_equal(labels.classes, mask[labels.rows, labels.columns])
    assert np.bincount(labels.classes, minlength=4).tolist() == [20, 20, 0, 20]


def test_a_region_is_held_out_whole_and_two_regions_of_a_class_apart(tmp_path: Path) -> None:
    mask = _mask()
    labels = _lesson(tmp_path, mask).read(SHAPE, MACERALS, unlabelled=255)
    regions = find_components(mask).numbers[labels.rows, labels.columns]
    groups = labels.groups()
    assert len(np.unique(groups)) == len(np.unique(regions)) == 4
    assert all(len(np.unique(groups[regions == region])) == 1 for region in np.unique(regions))


def test_the_same_seed_draws_the_same(tmp_path: Path) -> None:
    lesson = _lesson(tmp_path, _mask())
    first, again = (lesson.read(SHAPE, MACERALS, unlabelled=255) for _ in range(2))
    assert np.array_equal(first.rows, again.rows)
    assert np.array_equal(first.columns, again.columns)


def test_a_part_of_a_mask_gives_its_own_pixels_alone() -> None:
    allowed = np.random.default_rng(0).random(SHAPE) < 0.3
    drawn = sample_where(_mask(), allowed, 15, seed=0)
    assert allowed[drawn.rows, drawn.columns].all()
    assert np.bincount(drawn.classes, minlength=4).tolist() == [15, 15, 0, 15]
    assert np.array_equal(drawn.classes, _mask()[drawn.rows, drawn.columns])
