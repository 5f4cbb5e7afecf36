"""Every runtime that is installed, over three kinds of network: convolutions, residual stages, and a transformer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from facies.core.images import RgbImage, decode_image
from facies.models.cards import ModelCard
from facies.models.hashes import hash_file
from facies.models.preprocess import View, central_view
from facies.models.registry import get_card
from facies.models.runtimes import calibration
from facies.models.runtimes.base import Runtime
from facies.models.runtimes.choice import openvino_is_here
from facies.models.runtimes.quantization import nncf_is_here
from facies.models.synthetic import write_seeded_checkpoint
from facies.models.weights import FoundWeights, find_weights

CARDS = ("efficientnet-lite0", "resnet18", "tiny-transformer")
RUNTIMES = ("openvino", "torch", "torch-cuda")
TAPPED = {
    "efficientnet-lite0": ("blocks.3", "blocks.6"),
    "resnet18": ("layer3", "layer4"),
    "tiny-transformer": ("blocks.5", "blocks.11"),
}


class Network(NamedTuple):
    """A card and a checkpoint for it."""

    card: ModelCard
    weights: FoundWeights

    @property
    def views(self) -> tuple[View, View, View]:
        """The centre; the whole, mirrored; and a corner of a closer look, turned."""
        card = self.card
        return (
            central_view(card),
            View(card.input_px, card.input_px, mirrored=True),
            View(card.resize_px * 3 // 2, card.input_px, across=0.0, down=1.0, quarter_turns=1),
        )


OpenRuntime = Callable[..., Runtime]


@pytest.fixture(scope="session")
def networks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Network]:
    """EfficientNet-Lite0 with its packaged weights; the others with seeded ones."""
    folder = tmp_path_factory.mktemp("checkpoints")
    found = {}
    small = get_card("scampi-vits16")
    tiny = replace(small, name="tiny-transformer", architecture="vit_tiny_patch16_224", dim=192)
    for name in (*CARDS, small.name):
        card = tiny if name == tiny.name else get_card(name)
        if name == "efficientnet-lite0":
            found[name] = Network(card, find_weights(card, weights_dir=folder, hub_endpoint="", offline=True))
        else:
            path = write_seeded_checkpoint(card, folder / f"{name}.safetensors", seed=11)
            found[name] = Network(card, FoundWeights(path, hash_file(path), "seeded"))
    return found


@pytest.fixture(scope="session")
def converted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the networks that were converted in this session."""
    return tmp_path_factory.mktemp("converted")


@pytest.fixture(scope="session")
def open_runtime(networks: dict[str, Network], converted: Path) -> OpenRuntime:
    """Open a runtime by name for a card; converted networks are kept for the session, int8 takes few images."""

    def open_one(
        runtime: str,
        card: str,
        *,
        maps: Sequence[str] = (),
        views: Sequence[View] | None = None,
        precision: str = "f32",
        batch_size: int = 3,
        images: int = 8,
    ) -> Runtime:
        network = networks[card]
        common = {
            "views": network.views[:1] if views is None else views,
            "maps": maps,
            "batch_size": batch_size,
            "preprocessing": "as tested",
        }
        if runtime == "openvino":
            if not openvino_is_here():
                pytest.skip("needs OpenVINO: pip install openvino")
            if precision == "int8" and not nncf_is_here():
                pytest.skip("needs NNCF: pip install 'facies[int8]'")
            from facies.models.runtimes.openvino_cpu import OpenVinoRuntime

            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(calibration, "IMAGES", images)
                return OpenVinoRuntime(*network, precision=precision, kept=converted, **common)  # type: ignore[arg-type]  # mixed
        if runtime == "torch":
            from facies.models.runtimes.torch_cpu import TorchRuntime

            return TorchRuntime(*network, precision=precision, **common)  # type: ignore[arg-type]  # mixed values
        from facies.models.runtimes.torch_cuda import TorchCudaRuntime

        return TorchCudaRuntime(*network, device="cpu", compiled=False, **common)  # type: ignore[arg-type]  # as above

    return open_one


@pytest.fixture(scope="session")
def real_images(test_data: Callable[[str], Path]) -> list[RgbImage]:
    """Twenty-four microfossils of the benchmark, spread over its genera."""
    paths = sorted(test_data("scampi-20").glob("*/*.jpg"))[::29][:24]
    return [decode_image(path.read_bytes(), path.name, max_pixels=10**8).pixels for path in paths]


@pytest.fixture(scope="session")
def pictures() -> list[RgbImage]:
    """Four drawn images of any shape, one of them larger than a GPU is sent."""
    rng = np.random.default_rng(5)
    shapes = [(224, 224), (300, 180), (1, 40), (1100, 1000)]
    return [rng.integers(0, 256, (*shape, 3), dtype=np.uint8) for shape in shapes]


def unit(rows: np.ndarray) -> np.ndarray:
    """Rows of the last axis at unit length."""
    made: np.ndarray = rows / np.linalg.norm(rows, axis=-1, keepdims=True)
    return made
