import numpy as np
import pytest

from facies.core.errors import NoLabelsError, TooFewClassesError
from facies.core.segmentation import ClassTable
from facies.indexer.segmentation.labelled_pixels import LabelledPixels, check_trainable, collect_pixels

TABLE = ClassTable.of_names(["sand", "shale", "chalk"])


def collect(*claims: tuple[int, int, int]) -> LabelledPixels:
    places, classes, strokes = np.array(claims, np.int64).reshape(-1, 3).T
    return collect_pixels(places, classes.astype(np.int32), strokes.astype(np.int32), TABLE, (10, 10), where="labels")


def test_a_pixel_that_two_strokes_of_a_class_claim_goes_to_the_first() -> None:
    labels = collect((7, 1, 5), (7, 1, 2), (3, 0, 9))
    assert (labels.columns.tolist(), labels.classes.tolist(), labels.strokes.tolist()) == ([3, 7], [0, 1], [9, 2])


def test_no_claims_label_nothing() -> None:
    with pytest.raises(NoLabelsError):
        collect()


def test_strokes_of_a_class_that_touch_are_one_group() -> None:
    # rows of ten: strokes 0 and 1 touch at a corner, 2 is apart, 3 touches 2 but is of another class
    labels = collect((0, 0, 0), (11, 0, 1), (50, 1, 2), (51, 2, 3), (90, 0, 4))
    groups = dict(zip(labels.strokes.tolist(), labels.groups().tolist(), strict=True))
    assert groups[0] == groups[1]
    assert len({groups[0], groups[2], groups[3], groups[4]}) == 4


def test_the_image_of_labels_holds_ids_and_says_nothing_elsewhere() -> None:
    image = collect((0, 2, 0), (99, 1, 1)).image(unlabelled=7)
    assert (int(image[0, 0]), int(image[9, 9])) == (2, 1)
    assert np.count_nonzero(image == 7) == 98


def test_labels_of_one_class_cannot_be_trained_on() -> None:
    with pytest.raises(TooFewClassesError, match="the labels have labels of 'shale' only"):
        check_trainable([collect((0, 1, 0)), collect((5, 1, 0))])
    check_trainable([collect((0, 1, 0)), collect((5, 2, 0))])
