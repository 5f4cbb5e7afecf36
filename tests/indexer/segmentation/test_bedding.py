import numpy as np
import pytest

from facies.indexer.segmentation.bedding import lay_strata


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(("height", "width", "classes"), [(2693, 369, 14), (300, 64, 3), (120, 90, 2)])
def test_every_class_has_strata_and_none_lies_upon_itself(seed: int, height: int, width: int, classes: int) -> None:
    bedding = lay_strata(np.random.default_rng(seed), height, width, classes)
    assert bedding.level.shape == bedding.stratum.shape == (height, width)
    assert np.bincount(bedding.classes, minlength=classes).min() >= 2
    assert (np.diff(bedding.classes) != 0).all()
    present = bedding.classes[np.unique(bedding.stratum)]
    assert set(present.tolist()) == set(range(classes))


def test_strata_follow_each_other_downwards_and_differ_in_thickness() -> None:
    bedding = lay_strata(np.random.default_rng(1), 1_000, 120, 5)
    steps = np.diff(bedding.stratum[:, 60])
    assert (np.diff(bedding.level[:, 60]) > -1).all()
    assert (steps > 0).sum() > 8
    sizes = np.bincount(bedding.stratum.ravel())
    assert sizes.max() > 1.5 * sizes.min()
