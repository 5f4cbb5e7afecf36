import numpy as np
import pytest

from facies.core.errors import MaskSizeError
from facies.indexer.segmentation import confusion as subject
from facies.indexer.segmentation.confusion import count_confusion


def draw(seed: int, shape: tuple[int, ...] = (23, 31)) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.choice([1, 49, 67, 91], shape), rng.choice([0, 1, 49, 255], shape)


def test_counts_are_those_of_scikit_learn() -> None:
    from sklearn.metrics import confusion_matrix

    truth, mask = draw(1)
    counted = count_confusion(truth, mask)
    assert counted.ids.tolist() == [0, 1, 49, 67, 91, 255]
    assert np.array_equal(counted.counts, confusion_matrix(truth.ravel(), mask.ravel()))
    assert counted.pixels == truth.size


def test_the_sum_of_images_is_the_confusion_of_all_their_pixels() -> None:
    (truth, mask), (other_truth, other_mask) = draw(1), draw(2, (7, 3))
    other_mask[0, 0] = 7
    whole = count_confusion(
        np.concatenate([truth.ravel(), other_truth.ravel()]), np.concatenate([mask.ravel(), other_mask.ravel()])
    )
    added = count_confusion(truth, mask) + count_confusion(other_truth, other_mask)
    assert np.array_equal(added.ids, whole.ids)
    assert np.array_equal(added.counts, whole.counts)


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    truth, mask = draw(3)
    whole = count_confusion(truth, mask)
    monkeypatch.setattr(subject, "_BLOCK", 17)
    assert np.array_equal(count_confusion(truth, mask).counts, whole.counts)


def test_ignored_pixels_of_the_truth_are_left_out_whatever_the_mask_says() -> None:
    truth, mask = np.array([255, 1, 1]), np.array([1, 1, 255])
    counted = count_confusion(truth, mask, ignored=255)
    assert counted.pixels == 2
    assert counted.counts.tolist() == [[1, 1], [0, 0]]


def test_masks_of_another_size_are_refused() -> None:
    with pytest.raises(MaskSizeError, match=r"m\.png has 4 x 3 pixels, the truth has 3 x 4"):
        count_confusion(np.zeros((4, 3), int), np.zeros((3, 4), int), what="m.png")
