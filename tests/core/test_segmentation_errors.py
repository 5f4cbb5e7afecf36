import inspect

import pytest

from facies.core import errors, segmentation_errors


def segmentation_classes() -> list[type[errors.FaciesError]]:
    return [
        kind
        for _, kind in inspect.getmembers(segmentation_errors, inspect.isclass)
        if issubclass(kind, errors.FaciesError) and kind.__module__ == segmentation_errors.__name__
    ]


@pytest.mark.parametrize("kind", segmentation_classes())
def test_every_class_is_exported_and_stands_in_the_drawn_tree(kind: type[errors.FaciesError]) -> None:
    assert errors.SegmentationError in kind.__mro__
    assert getattr(errors, kind.__name__) is kind
    assert kind.__name__ in (errors.__doc__ or "")
    assert type(kind.from_message("what, expected, got")) is kind


def test_an_unknown_class_names_near_ones_and_all() -> None:
    message = errors.UnknownClassError("labels.json", ["sandstome", 9], [(0, "sandstone"), (4, "shale")]).message
    assert message.startswith("labels.json has 'sandstome', 9, which")
    assert "Did you mean 'sandstone'? " in message
    assert "0 (sandstone), 4 (shale)" in message


def test_many_faults_are_listed_up_to_ten_and_counted() -> None:
    message = errors.LabelsError("s.json", [f"fault {number}" for number in range(2_000)]).message
    assert message.startswith("s.json has 2,000 faults:\n  - fault 0\n")
    assert message.count("\n  - fault") == 10
    assert "and 1,990 more" in message


def test_one_fault_is_one_sentence() -> None:
    assert errors.LabelsError("s.json", ["it is empty"]).message == "s.json: it is empty. Correct it and try again."
    assert errors.LabelsError("s.json", ["it is cut off."], "Copy it.").message == "s.json: it is cut off. Copy it."


def test_sizes_are_given_as_width_times_height() -> None:
    message = errors.MaskSizeError("m.png", (10, 20), "the image", (30, 40)).message
    assert message.startswith("m.png has 20 x 10 pixels, the image has 40 x 30; ")
