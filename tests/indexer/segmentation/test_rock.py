"""Rock apart from tray and gaps, in drawn scenes and in real photographs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from facies.core.errors import DepthError
from facies.core.images import RgbImage
from facies.indexer.segmentation.rock import RockRule, all_rock, find_rock, reduce_image

TRAYS = {"white": (245, 245, 242), "black": (12, 12, 14), "blue": (40, 70, 160), "cardboard": (140, 105, 60)}


def draw_rock(height: int, width: int, seed: int = 0) -> RgbImage:
    """Layers of several greys and browns with noise, from side to side."""
    rng = np.random.default_rng(seed)
    image = np.empty((height, width, 3), dtype=np.float64)
    for top in range(0, height, 60):
        image[top : top + 60] = rng.uniform(90, 190) + rng.uniform(-15, 15, 3)
    return np.clip(image + rng.normal(0, 12, image.shape), 0, 255).astype(np.uint8)


def lay_in_tray(
    rock: RgbImage, colour: tuple[int, int, int], left: int, right: int
) -> tuple[RgbImage, NDArray[np.bool_]]:
    image = rock.copy()
    truth = np.ones(rock.shape[:2], dtype=np.bool_)
    truth[:, :left] = False
    truth[:, rock.shape[1] - right :] = False
    truth[300:330] = False
    noise = np.random.default_rng(9).normal(0, 4, image.shape)
    image[~truth] = np.clip(np.array(colour) + noise, 0, 255).astype(np.uint8)[~truth]
    return image, truth


@pytest.mark.parametrize("tray", sorted(TRAYS))
@pytest.mark.parametrize(("left", "right"), [(30, 24), (40, 0)])
def test_trays_of_any_colour_and_the_gap_between_two_pieces_are_told_from_rock(
    tray: str, left: int, right: int
) -> None:
    image, truth = lay_in_tray(draw_rock(700, 300), TRAYS[tray], left, right)
    found = find_rock(image).rows(0, 700)
    assert (found & truth).sum() >= 0.97 * truth.sum()
    assert (~found & ~truth).sum() >= 0.9 * (~truth).sum()


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 50))
def test_rock_that_fills_the_photograph_stays_rock(seed: int) -> None:
    assert find_rock(draw_rock(400, 240, seed)).cells.all()


def test_uneven_light_is_no_tray() -> None:
    rock = draw_rock(600, 300).astype(np.float64)
    light = 1 - 0.5 * np.abs(np.linspace(-1, 1, 300)) ** 2
    assert find_rock((rock * light[None, :, None]).astype(np.uint8)).share > 0.98


def test_a_dark_inclusion_that_reaches_no_side_is_rock() -> None:
    image = draw_rock(600, 300)
    image[200:240, 120:180] = 5
    assert find_rock(image).cells.all()


def test_a_black_photograph_is_all_rock_since_nothing_can_be_told() -> None:
    mask = find_rock(np.full((200, 200, 3), 5, dtype=np.uint8))
    assert mask.cells.all()


@pytest.mark.parametrize("shape", [(1, 1), (3, 500), (500, 3), (40, 9)])
def test_tiny_and_narrow_photographs_are_all_rock(shape: tuple[int, int]) -> None:
    mask = find_rock(np.full((*shape, 3), 100, dtype=np.uint8))
    assert mask.rows(0, shape[0]).shape == shape
    assert mask.rows(0, shape[0]).all()


def test_rows_of_a_mask_are_those_of_the_whole_mask() -> None:
    image, _ = lay_in_tray(draw_rock(701, 303), TRAYS["white"], 30, 20)
    mask = find_rock(image)
    whole = mask.rows(0, 701)
    assert whole.shape == (701, 303)
    parts = [mask.rows(top, min(top + 97, 701)) for top in range(0, 701, 97)]
    np.testing.assert_array_equal(np.concatenate(parts), whole)
    np.testing.assert_array_equal(all_rock(5, 7).rows(1, 4), np.ones((3, 7), dtype=np.bool_))


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 25), st.integers(1, 25), st.integers(1, 9))
def test_cells_are_the_means_of_their_pixels(height: int, width: int, cell_px: int) -> None:
    image = np.random.default_rng(height * 41 + width).integers(0, 256, (height, width, 3), dtype=np.uint8)
    cells = reduce_image(image, cell_px)
    for down in range(cells.shape[0]):
        for across in range(cells.shape[1]):
            rows, columns = (slice(at * cell_px, (at + 1) * cell_px) for at in (down, across))
            np.testing.assert_allclose(cells[down, across], image[rows, columns].mean(axis=(0, 1)), rtol=1e-5)


def test_bands_change_no_cell() -> None:
    image = draw_rock(2100, 30)
    cells = reduce_image(image, 7)
    np.testing.assert_allclose(cells[146:148], reduce_image(image[146 * 7 : 148 * 7], 7), rtol=1e-5)


@pytest.mark.parametrize(
    ("column", "rows", "columns", "is_rock"),
    [
        ("column1.jpeg", (1000, 3000), (150, 700), True),
        ("column1.jpeg", (4600, 4750), (760, 778), False),
        ("column2.jpeg", (1800, 4000), (40, 700), True),
        ("column3.jpeg", (2000, 3000), (100, 700), True),
        ("column3.jpeg", (1290, 1310), (30, 150), False),
    ],
)
def test_real_slabs_are_told_from_their_boxes(
    test_data: Callable[[str], Path],
    column: str,
    rows: tuple[int, int],
    columns: tuple[int, int],
    is_rock: bool,
) -> None:
    with Image.open(test_data("core-columns") / column) as opened:
        image = np.asarray(opened.convert("RGB"))
    found = find_rock(image).rows(*rows)[:, slice(*columns)]
    assert (found == is_rock).mean() > 0.97


@pytest.mark.parametrize("change", [{"cell_px": 0}, {"side_share": 0.0}, {"frequency_ratio": 1.0}, {"step": -1.0}])
def test_rules_that_make_no_sense_are_refused(change: dict[str, float]) -> None:
    with pytest.raises(DepthError, match="makes no sense"):
        RockRule(**change)  # type: ignore[arg-type]  # numbers of the parameters above


def test_what_the_photograph_does_not_show_is_no_rock() -> None:
    clear = np.zeros((40, 30), np.bool_)
    clear[:10] = True
    rock = all_rock(40, 30).without(clear)
    assert np.array_equal(rock.rows(0, 40), ~clear)
    assert np.array_equal(rock.rows(8, 12), ~clear[8:12])
    assert "25.0% of the picture is transparent" in rock.note
    assert all_rock(40, 30).without(None).rows(0, 40).all()
