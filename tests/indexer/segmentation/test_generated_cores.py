import numpy as np
import pytest

from facies.core.errors import QueryError
from facies.indexer.segmentation.folds import stroke_folds
from facies.indexer.segmentation.generated_cores import GeneratedScene, generate_core


@pytest.fixture(scope="module", params=[0, 7, 12345])
def core(request: pytest.FixtureRequest) -> GeneratedScene:
    return generate_core(request.param)


def test_a_core_has_fourteen_classes_and_fifty_six_strokes_on_few_pixels(core: GeneratedScene) -> None:
    assert core.image.shape == (2693, 369, 3)
    assert np.array_equal(np.unique(core.truth), np.arange(14))
    assert len(core.table) == 14
    assert len(core.strokes.strokes) == 56
    assert len(core.labels) < 0.02 * core.truth.size
    assert np.bincount(core.truth.ravel()).min() > 0.02 * core.truth.size


def test_labels_agree_with_the_truth_everywhere(core: GeneratedScene) -> None:
    labels = core.labels
    assert np.array_equal(core.table.ids_of(labels.classes), core.truth[labels.rows, labels.columns])
    assert labels.notes == ()


def test_every_stroke_can_be_held_out_of_some_fold(core: GeneratedScene) -> None:
    groups = core.labels.groups()
    assert len(np.unique(groups)) == 56
    folds = stroke_folds(core.labels.classes, groups, folds=4)
    assert (folds.count, folds.unscored) == (4, ())


def test_brightness_and_colour_hardly_tell_classes_apart(core: GeneratedScene) -> None:
    means = np.array([core.image[core.truth == number].mean(0) for number in range(14)])
    within = np.mean([core.image[core.truth == number].std(0).mean() for number in range(14)])
    assert means.std(0).max() < 0.6 * within


def test_the_same_seed_gives_the_same_core_and_another_another() -> None:
    one, same, other = (generate_core(seed, height=200, width=96, classes=3) for seed in (4, 4, 5))
    assert np.array_equal(one.image, same.image)
    assert np.array_equal(one.truth, same.truth)
    assert np.array_equal(one.labels.rows, same.labels.rows)
    assert not np.array_equal(one.truth, other.truth)


def test_a_core_as_small_as_can_be_still_has_every_class_in_the_truth() -> None:
    core = generate_core(1, height=48 * 14, width=64)
    assert np.array_equal(np.unique(core.truth), np.arange(14))


@pytest.mark.parametrize(
    "values",
    [{"classes": 1}, {"classes": 15}, {"height": 600}, {"width": 63}, {"strokes_per_class": 0}],
)
def test_values_out_of_range_are_refused(values: dict[str, int]) -> None:
    with pytest.raises(QueryError, match=r"expected|need"):
        generate_core(0, **values)
    with pytest.raises(QueryError, match="seed -1"):
        generate_core(-1)
