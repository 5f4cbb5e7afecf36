import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facies.indexer.segmentation.confusion import Confusion, count_confusion
from facies.indexer.segmentation.scores import compute_scores

PAIRS = st.lists(st.tuples(st.sampled_from([0, 1, 2, 3]), st.sampled_from([0, 1, 2, 3, 9])), min_size=1, max_size=40)


def count(pairs: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray, Confusion]:
    truth, mask = np.array(pairs).T
    return truth, mask, count_confusion(truth, mask)


@settings(deadline=None)  # the first example loads scikit-learn
@given(PAIRS)
def test_scores_are_those_of_scikit_learn(pairs: list[tuple[int, int]]) -> None:
    from sklearn.metrics import accuracy_score, f1_score, jaccard_score

    truth, mask, confusion = count(pairs)
    scores = compute_scores(confusion, background=0)
    assert scores.macro_f1 == pytest.approx(f1_score(truth, mask, average="macro"))
    assert scores.macro_jaccard == pytest.approx(jaccard_score(truth, mask, average="macro"))
    assert scores.micro_dice_with_background == pytest.approx(accuracy_score(truth, mask))
    ids = sorted(set(truth) | set(mask))
    assert list(scores.per_class) == ids
    each = f1_score(truth, mask, average=None, labels=ids)
    assert [one.f1 for one in scores.per_class.values()] == pytest.approx(each.tolist())
    front = [number for number in ids if number != 0]
    if front:
        assert scores.micro_dice == pytest.approx(f1_score(truth, mask, average="micro", labels=front))
        assert scores.micro_jaccard == pytest.approx(jaccard_score(truth, mask, average="micro", labels=front))
        assert scores.foreground_macro_f1 == pytest.approx(f1_score(truth, mask, average="macro", labels=front))
    else:
        assert scores.micro_dice is scores.micro_jaccard is scores.foreground_macro_f1 is None


@given(PAIRS)
def test_the_micro_jaccard_follows_from_the_micro_dice(pairs: list[tuple[int, int]]) -> None:
    scores = compute_scores(count(pairs)[2], background=0)
    if scores.micro_dice is not None:
        assert scores.micro_jaccard == pytest.approx(scores.micro_dice / (2 - scores.micro_dice))


@given(PAIRS)
def test_without_a_background_all_classes_are_foreground(pairs: list[tuple[int, int]]) -> None:
    scores = compute_scores(count(pairs)[2])
    assert scores.micro_dice == scores.micro_dice_with_background
    assert scores.foreground_macro_f1 == scores.macro_f1


def test_a_mask_of_background_alone_scores_high_only_where_the_background_counts() -> None:
    truth = np.array([0] * 88 + [1] * 12)
    scores = compute_scores(count_confusion(truth, np.zeros(100, int)), background=0)
    assert scores.micro_dice_with_background == 0.88
    assert scores.micro_dice == 0.0


def test_a_perfect_mask_scores_one_everywhere() -> None:
    truth = np.array([0, 1, 5, 5])
    scores = compute_scores(count_confusion(truth, truth), background=0)
    assert (scores.macro_f1, scores.macro_jaccard, scores.micro_dice, scores.micro_jaccard) == (1, 1, 1, 1)


def test_a_class_that_only_the_mask_has_has_no_recall_and_counts_in_the_mean() -> None:
    scores = compute_scores(count_confusion(np.array([1, 1]), np.array([1, 2])))
    assert scores.per_class[2].recall is None
    assert scores.per_class[2].precision == 0
    assert (scores.per_class[1].truth_pixels, scores.per_class[1].mask_pixels) == (2, 1)
    assert scores.macro_f1 == pytest.approx(1 / 3)


def test_classes_that_no_pixel_has_do_not_count() -> None:
    ids = np.array([1, 2])
    scores = compute_scores(Confusion(ids, np.array([[4, 0], [0, 0]])))
    assert list(scores.per_class) == [1]
    assert scores.macro_f1 == 1


def test_the_mean_may_be_over_some_classes() -> None:
    scores = compute_scores(count_confusion(np.array([1, 1, 2, 3]), np.array([1, 1, 2, 2])))
    assert scores.mean_f1([1, 3]) == 0.5
    assert scores.mean_f1([8]) is None


def test_scores_are_written_as_json() -> None:
    scores = compute_scores(count_confusion(np.array([1, 1, 2]), np.array([1, 9, 2])), background=0)
    again = json.loads(json.dumps(scores.as_json(), allow_nan=False))
    assert again["per_class"]["9"]["recall"] is None
    assert {"macro_f1", "micro_dice", "micro_jaccard", "micro_dice_with_background", "background"} < set(again)
