import numpy as np
import pytest

from facies.core.errors import QueryError
from facies.indexer.segmentation.generated_cores import GeneratedScene
from facies.indexer.segmentation.generated_macerals import generate_macerals
from facies.models.macerals import MACERALS


@pytest.fixture(scope="module", params=[0, 1])
def scene(request: pytest.FixtureRequest) -> GeneratedScene:
    return generate_macerals(request.param)


def test_a_scene_has_all_macerals_and_mostly_background(scene: GeneratedScene) -> None:
    assert scene.image.shape == (1024, 1360, 3)
    shares = np.bincount(scene.truth.ravel(), minlength=4) / scene.truth.size
    assert len(shares) == 4
    assert 0.7 < shares[0] < 0.95
    assert (shares[1:] > 0.005).all()


def test_labels_agree_with_the_truth_and_every_class_has_strokes(scene: GeneratedScene) -> None:
    labels = scene.labels
    assert scene.table == MACERALS
    assert np.array_equal(MACERALS.ids_of(labels.classes), scene.truth[labels.rows, labels.columns])
    assert labels.present.tolist() == [0, 1, 2, 3]
    assert 12 <= len(scene.strokes.strokes) <= 24


def test_inertinite_is_brightest_and_liptinite_darkest_as_petrography_has_it(scene: GeneratedScene) -> None:
    inertinite, vitrinite, liptinite = (float(np.median(scene.image[scene.truth == number])) for number in (1, 2, 3))
    assert inertinite > vitrinite + 20 > liptinite + 60


def test_brightness_alone_does_not_tell_macerals_from_background(scene: GeneratedScene) -> None:
    grey = scene.image.mean(-1)
    ground = grey[scene.truth == 0]
    low, high = np.percentile(grey[scene.truth == 2], [10, 90])
    as_grey_as_vitrinite = ((ground >= low) & (ground <= high)).sum()
    assert as_grey_as_vitrinite > 0.3 * (scene.truth == 2).sum()
    assert ground.max() > np.percentile(grey[scene.truth == 1], 99)  # pyrite


def test_seed_and_number_make_a_scene() -> None:
    one, same, next_one, other = (
        generate_macerals(seed, number, height=240, width=300) for seed, number in ((3, 0), (3, 0), (3, 1), (4, 0))
    )
    assert np.array_equal(one.image, same.image)
    assert not np.array_equal(one.truth, next_one.truth)
    assert not np.array_equal(one.truth, other.truth)


@pytest.mark.parametrize("values", [{"height": 199}, {"width": 10}, {"strokes_per_class": 0}, {"number": -1}])
def test_values_out_of_range_are_refused(values: dict[str, int]) -> None:
    with pytest.raises(QueryError, match="expected at least"):
        generate_macerals(0, **values)
