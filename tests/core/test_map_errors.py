from __future__ import annotations

from facies.core.errors import MapNotFoundError, TooFewImagesError


def test_a_map_that_is_not_there_is_told_with_those_that_are() -> None:
    assert "has no map 7. It has 1, 3." in MapNotFoundError("fossils", 7, [3, 1]).message
    assert "has no map yet" in MapNotFoundError("fossils", None, []).message
    assert "facies map make --collection fossils" in MapNotFoundError("fossils", None, []).message


def test_too_few_images_are_counted() -> None:
    assert (
        "2 images of 'fossils' have a vector 'lite0', expected at least 3"
        in TooFewImagesError("fossils", "lite0", 2, 3).message
    )
