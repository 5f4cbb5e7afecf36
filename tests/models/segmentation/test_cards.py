"""Cards of hypercolumns: the table, and those that are spelt."""

from __future__ import annotations

import pytest

from facies.core.errors import LayerError, UnknownCardError, UnknownModelError
from facies.models.registry import CARDS as BACKBONES
from facies.models.segmentation.cards import CARDS, DEFAULT, HypercolumnCard, LayerGeometry, card, names


@pytest.mark.parametrize(
    ("name", "channels", "stride"), [("lite0-stem-3", 112, 2), ("lite0-stem", 48, 2), ("vgg16-pool1-pool2", 192, 2)]
)
def test_the_table_has_the_cards_of_the_design(name: str, channels: int, stride: int) -> None:
    assert (card(name).channels, card(name).stride) == (channels, stride)


def test_every_card_has_a_backbone_of_the_registry_and_the_default_comes_first() -> None:
    assert names()[0] == DEFAULT
    assert {one.backbone for one in CARDS.values()} <= set(BACKBONES)
    assert all(one.name == name and len(one.layers) == len(one.geometry) for name, one in CARDS.items())


@pytest.mark.parametrize("one", CARDS.values(), ids=str)
def test_halos_are_whole_strides_and_as_small_as_that_allows(one: HypercolumnCard) -> None:
    step = one.coarsest_stride
    above = max(-layer.first for layer in one.geometry)
    below = max(layer.last - layer.stride + 1 for layer in one.geometry)
    assert one.halo_above_px % step == one.halo_below_px % step == 0
    assert above <= one.halo_above_px < above + step
    assert below <= one.halo_below_px < below + step
    assert one.halo_px == max(one.halo_above_px, one.halo_below_px)


def test_a_place_lies_in_the_middle_of_what_it_sees_but_within_its_block() -> None:
    assert LayerGeometry(1, 2, -2, 3).origin == 0.5
    assert LayerGeometry(1, 8, -49, 49).origin == 0
    assert LayerGeometry(1, 8, -26, 40).origin == 3.5


@pytest.mark.parametrize("name", ["lite0-stem3", "efficientnet-lite0", "@bn1", "vgg16@", "vgg16@features.4+features.4"])
def test_what_is_no_card_is_refused_with_the_names_and_the_spelling(name: str) -> None:
    with pytest.raises(UnknownCardError, match=r"vgg16-pool1-pool2.*BACKBONE@LAYER") as refused:
        card(name)
    assert repr(name) in refused.value.message


def test_a_near_miss_is_named() -> None:
    with pytest.raises(UnknownCardError, match="Did you mean lite0-stem-3"):
        card("lite0-stem3")


def test_a_spelt_card_is_measured_from_the_network() -> None:
    made = card("efficientnet-lite0@blocks.0+bn1")
    known = dict(zip(CARDS["lite0-stem"].layers, CARDS["lite0-stem"].geometry, strict=True))
    assert made.geometry == (known["blocks.0"], known["bn1"])
    assert made.name == made.spelling == "efficientnet-lite0@blocks.0+bn1"


def test_any_network_of_timm_can_be_spelt() -> None:
    made = card("timm:convnext_atto@stages.0")
    assert (made.channels, made.stride, made.coarsest_stride) == (40, 4, 4)


def test_an_unknown_backbone_is_refused() -> None:
    with pytest.raises(UnknownModelError, match="efficientnet-lite0"):
        card("efficientnet-lite@bn1")


def test_an_unknown_layer_is_refused_with_layers_of_similar_names() -> None:
    with pytest.raises(LayerError, match=r"'blocks\.99'.*Did you mean blocks\."):
        card("efficientnet-lite0@bn1+blocks.99")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("dino-vits16@blocks.0", "tokens of patches"),
        ("efficientnet-b0@blocks.0", "the whole image"),
        ("timm:inception_v3@Conv2d_1a_3x3", "no whole number"),
        ("efficientnet-lite0@global_pool", "no map"),
    ],
)
def test_layers_that_do_not_lie_on_the_image_are_refused(name: str, said: str) -> None:
    with pytest.raises(LayerError, match=said):
        card(name)
