import inspect

import pytest

from facies.core import errors


def error_classes() -> list[type[errors.FaciesError]]:
    return [
        kind
        for _, kind in inspect.getmembers(errors, inspect.isclass)
        if issubclass(kind, errors.FaciesError) and kind.__module__ == errors.__name__
    ]


@pytest.mark.parametrize("kind", error_classes())
def test_every_class_stands_in_the_drawn_tree(kind: type[errors.FaciesError]) -> None:
    assert errors.__doc__ is not None
    assert kind.__name__ in errors.__doc__
    assert kind.__doc__


@pytest.mark.parametrize("kind", error_classes())
def test_a_message_makes_the_same_class_again(kind: type[errors.FaciesError]) -> None:
    again = kind.from_message("what, expected, got, remedy")
    assert type(again) is kind
    assert again.message == str(again) == "what, expected, got, remedy"


def test_an_unknown_model_names_its_near_ones() -> None:
    error = errors.UnknownModelError("efficientnet-lite", ["efficientnet-lite0", "resnet18"])
    assert "efficientnet-lite0" in error.message
    assert "facies models list" in error.message


def test_a_missing_image_says_where_ids_come_from_and_how_images_come_in() -> None:
    message = errors.ImageNotFoundError("fossils", "0b9a1a4e").message
    assert message.startswith("collection 'fossils' holds no image '0b9a1a4e'. ")
    assert "`facies search FILE -c fossils --json`" in message
    assert "`facies index SOURCE -c fossils`" in message


def test_a_missing_collection_names_those_that_exist() -> None:
    assert "fossils, scenes" in errors.CollectionNotFoundError("x", ["scenes", "fossils"]).message
    assert "facies index" in errors.CollectionNotFoundError("x").message


def test_a_checkpoint_that_does_not_fit_lists_its_tensors() -> None:
    error = errors.WeightsMismatchError("vgg16", "x.pth", [f"layer{i}.weight" for i in range(20)], ["head.bias"])
    assert "Missing tensors (20): layer0.weight" in error.message
    assert error.message.count("layer") == 8
    assert "Unexpected tensors (1): head.bias" in error.message


def test_what_cannot_be_written_is_not_blamed_on_the_data_folder() -> None:
    message = errors.StorageError("/out/mask.png", "No space left on device").message
    assert message.startswith("cannot write /out/mask.png: No space left on device. ")
    assert "name a place that can be written" in message
    assert "set FACIES_DATA_DIR" not in message
