import numpy as np
import pytest
from scipy import ndimage

from facies.indexer.segmentation.connected import connected_pixels


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("shape", [(1, 1), (1, 30), (30, 1), (23, 31)])
def test_pieces_are_those_of_the_whole_image(seed: int, shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(seed)
    image = rng.choice([-1, 0, 1, 2], shape, p=[0.4, 0.3, 0.2, 0.1])
    image[0, 0] = 0
    rows, columns = (axis.astype(np.int32) for axis in np.nonzero(image >= 0))
    pieces = connected_pixels(rows, columns, image[rows, columns].astype(np.int32))
    reference = np.zeros(shape, int)
    for value in range(3):
        found, _ = ndimage.label(image == value, np.ones((3, 3)))
        reference[found > 0] = reference.max() + found[found > 0]
    pairs = set(zip(pieces.tolist(), reference[rows, columns].tolist(), strict=True))
    assert len(pairs) == len({one for one, _ in pairs}) == len({other for _, other in pairs})
    firsts = [np.flatnonzero(pieces == number)[0] for number in range(pieces.max() + 1)]
    assert firsts == sorted(firsts)


def test_the_ends_of_rows_do_not_touch() -> None:
    rows, columns = np.array([0, 1], np.int32), np.array([9, 0], np.int32)
    assert connected_pixels(rows, columns, np.zeros(2, np.int32)).tolist() == [0, 1]
