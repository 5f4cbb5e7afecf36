import numpy as np
import pytest

from facies.core.segmentation.class_colours import colour_of, format_colour, parse_colour


def test_all_256_colours_differ_and_the_first_twenty_differ_much() -> None:
    colours = [colour_of(number) for number in range(256)]
    assert len(set(colours)) == 256
    first = np.array(colours[:20])
    apart = np.abs(first[:, None] - first).sum(-1) + 1_000 * np.eye(20)
    assert apart.min() > 60


def test_no_colour_is_lost_against_black_or_white_marks() -> None:
    light = np.array([colour_of(number) for number in range(256)]) @ [0.3, 0.59, 0.11]
    assert light.min() > 40
    assert light.max() < 235


def test_text_of_a_colour_is_read_as_it_was_written() -> None:
    assert [parse_colour(format_colour(colour_of(number))) for number in range(256)] == [
        colour_of(number) for number in range(256)
    ]
    assert parse_colour("C08040") == (192, 128, 64)


@pytest.mark.parametrize("text", ["", "#fff", "red", "#12345g", "#1234567"])
def test_other_text_is_no_colour(text: str) -> None:
    assert parse_colour(text) is None
