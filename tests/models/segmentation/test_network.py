"""The front part of a network: what is run, what is let go, and convolutions whose bits do not depend on the size."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from timm.layers.conv2d_same import Conv2dSame

from facies.core.errors import LayerError
from facies.models.networks import load_network
from facies.models.preprocess import normalise
from facies.models.registry import get_card
from facies.models.segmentation.network import FrontNetwork, SteadyConvolution, steady

from .conftest import Opened, noise


class Chain(torch.nn.Module):
    """Three layers, the second of which writes over the output of the first, and a last one that cannot be run."""

    def __init__(self) -> None:
        super().__init__()
        self.first = torch.nn.Conv2d(3, 2, 1)
        self.second = torch.nn.ReLU(inplace=True)
        self.third = torch.nn.Conv2d(2, 4, 3, padding=1)
        self.never = torch.nn.Linear(1, 1)

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        last: torch.Tensor = self.never(self.third(self.second(self.first(pixels))))
        return last


def test_nothing_behind_the_last_layer_is_run() -> None:
    network = FrontNetwork(Chain(), ["second", "first"], name="chain")
    shapes = network.run(torch.zeros(1, 3, 5, 7), lambda output: output.shape)
    assert shapes == ((1, 2, 5, 7), (1, 2, 5, 7))


def test_a_layer_is_taken_before_the_next_writes_over_it() -> None:
    chain = Chain()
    first, second = FrontNetwork(chain, ["first", "second"], name="chain").run(
        torch.randn(1, 3, 9, 9, generator=torch.Generator().manual_seed(0)), lambda output: output.clone()
    )
    assert (first < 0).any()
    assert torch.equal(first.clamp(min=0), second)


def test_weights_behind_the_last_layer_are_let_go() -> None:
    chain = Chain()
    network = FrontNetwork(chain, ["first"], name="chain")
    network.drop_rest(torch.zeros(1, 3, 8, 8))
    assert {name for name, _ in chain.named_parameters()} == {"first.weight", "first.bias"}
    assert network.run(torch.zeros(1, 3, 4, 4), lambda output: output.shape) == ((1, 2, 4, 4),)


def test_a_layer_that_is_not_run_is_refused() -> None:
    class Unused(Chain):
        def forward(self, pixels: torch.Tensor) -> torch.Tensor:
            taken: torch.Tensor = self.first(pixels)
            return taken

    network = FrontNetwork(Unused(), ["first", "third"], name="unused")
    with pytest.raises(LayerError, match=r"'third' of unused.*does not run it"):
        network.run(torch.zeros(1, 3, 4, 4), lambda output: output)


@pytest.mark.parametrize("same", [False, True], ids=["zeros", "tensorflow"])
@pytest.mark.parametrize(("kernel", "stride", "groups"), [(1, 1, 1), (3, 1, 1), (3, 2, 8), (5, 2, 8), (2, 2, 1)])
def test_a_steady_convolution_computes_what_the_plain_one_does(
    same: bool, kernel: int, stride: int, groups: int
) -> None:
    kind = Conv2dSame if same else torch.nn.Conv2d
    plain = kind(8, 16, kernel, stride=stride, padding=0 if same else kernel // 2, groups=groups, bias=same)
    with torch.inference_mode():
        pixels = torch.randn(1, 8, 26, 33, generator=torch.Generator().manual_seed(1))
        torch.testing.assert_close(SteadyConvolution(plain)(pixels), plain(pixels), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("kernel", [1, 3])
def test_rows_have_the_same_bits_in_an_image_of_any_height(kernel: int, threads: int) -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        convolution = steady(torch.nn.Sequential(torch.nn.Conv2d(24, 40, kernel)))
        pixels = torch.randn(1, 24, 300, 16, generator=torch.Generator().manual_seed(2))
        pixels = pixels.contiguous(memory_format=torch.channels_last)
        with torch.inference_mode():
            whole = convolution(pixels)
            for top in (0, 7, 100, 290):
                rows = min(9, 300 - top)
                part = convolution(pixels[:, :, top : top + rows])
                assert torch.equal(part, whole[:, :, top : top + rows - kernel + 1])
    finally:
        torch.set_num_threads(before)


@pytest.mark.parametrize("name", ["lite0-stem-3", "vgg16-pool1-pool2"])
def test_the_maps_are_those_of_the_plain_network(name: str, cards: dict[str, Opened]) -> None:
    opened = cards[name]
    model = get_card(opened.card.backbone)
    image = noise(120, 88)
    plain = FrontNetwork(load_network(model, opened.weights.path, device="cpu"), opened.card.layers, name=name)
    batch = torch.from_numpy(image).permute(2, 0, 1)[None]
    wanted = plain.run(normalise(batch, model.mean, model.std), lambda output: output[0].clone().numpy())
    for got, expected in zip(opened.hypercolumns().maps(image).arrays, wanted, strict=True):
        np.testing.assert_allclose(got.astype(np.float32), expected, rtol=1e-3, atol=1e-3 * np.abs(expected).max())
