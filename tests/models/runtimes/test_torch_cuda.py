"""The GPU's code on a CPU device: without streams and page-locked memory, but with every step of a pass."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from facies.core.errors import ConfigurationError
from facies.models.preprocess import View, dihedral_views, prepare_views
from facies.models.runtimes.torch_cuda import MAX_DEVICE_PIXELS, TorchCudaRuntime, look

from .conftest import Network, OpenRuntime, unit

if TYPE_CHECKING:
    from facies.core.images import RgbImage

VIEWS = (*dihedral_views(View(64, 48)), View(80, 48, across=0.0), View(48, 48))


@settings(deadline=None, max_examples=25)
@given(height=st.integers(1, 300), width=st.integers(1, 300), seed=st.integers(0, 99))
def test_the_device_looks_as_the_cpu_does(height: int, width: int, seed: int) -> None:
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    on_device = look(torch.from_numpy(pixels), VIEWS, "bicubic").numpy().astype(int)
    on_cpu = prepare_views(pixels, VIEWS, "bicubic").astype(int)
    difference = np.abs(on_device - on_cpu)
    assert difference.max() <= 2
    assert difference.mean() < 0.1


def test_large_images_are_squashed_before_they_travel(open_runtime: OpenRuntime, pictures: list[RgbImage]) -> None:
    runtime = open_runtime("torch-cuda", "resnet18")
    assert runtime.prepare(pictures[0]).shape == (224, 224, 3)
    assert pictures[-1].shape[0] * pictures[-1].shape[1] > MAX_DEVICE_PIXELS
    assert runtime.prepare(pictures[-1]).shape == (1, 3, 224, 224)


@pytest.mark.parametrize("batch_size", [1, 5])
def test_short_and_full_batches_give_every_image_its_own(
    batch_size: int, open_runtime: OpenRuntime, pictures: list[RgbImage]
) -> None:
    runtime = open_runtime("torch-cuda", "resnet18", batch_size=batch_size)
    exact = open_runtime("torch", "resnet18")
    images = [*pictures, *pictures[::-1]]
    made = unit(runtime.run([runtime.prepare(image) for image in images]).embedding[:, 0])
    expected = unit(exact.run([exact.prepare(image) for image in images]).embedding[:, 0])
    similarities = made @ expected.T
    assert similarities.diagonal().min() > 0.99


def test_the_pass_is_one_graph(networks: dict[str, Network], pictures: list[RgbImage]) -> None:
    """What is compiled on a GPU holds nothing that breaks a graph: not the normalisation, not the taps."""
    torch._dynamo.reset()
    card, weights = networks["resnet18"]
    views = networks["resnet18"].views[:1]
    runtime = TorchCudaRuntime(
        card, weights, views=views, maps=["layer4"], device="cpu", batch_size=2, compiled=False, preprocessing=""
    )
    plain = runtime.run([runtime.prepare(pictures[0])])
    graphs: list[Any] = []

    def count(graph: torch.fx.GraphModule, _inputs: object) -> Any:
        graphs.append(graph)
        return graph.forward

    runtime._pass = torch.compile(runtime._forward, backend=count, fullgraph=True, dynamic=False)
    for _ in range(2):
        compiled = runtime.run([runtime.prepare(pictures[0])])
    assert len(graphs) == 1
    np.testing.assert_allclose(unit(compiled.embedding), unit(plain.embedding), atol=1e-4)
    assert compiled.maps["layer4"].shape == plain.maps["layer4"].shape


def test_a_batch_that_does_not_fit_says_what_to_set(
    open_runtime: OpenRuntime, pictures: list[RgbImage], monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime = open_runtime("torch-cuda", "resnet18")

    def full(_: torch.Tensor) -> Any:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(runtime, "_pass", full)
    with pytest.raises(ConfigurationError, match=r"batch of 3 images.*FACIES_MODELS__BATCH_SIZE"):
        runtime.run([runtime.prepare(pictures[0])])
