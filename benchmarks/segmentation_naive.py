"""The poster's recipe of segmentation, written from its text alone, as a worker: the peer in every ratio.

The whole image goes through the network in one forward pass, stopped behind the last layer that is wanted; the map of
each layer is upsampled bilinearly to the grid of the pixels and written into one cube of float32 (height, width,
channels); scikit-learn's random forest of 100 trees is fitted to the labelled pixels of the cube, and names all pixels
in one call of `predict_proba`. torch as it comes, two threads on either side, nothing slowed on purpose: autograd is
off, no map is copied that need not be, and the forest gets the float32 that it computes with.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from benchmarks.spending import spend
from benchmarks.workers import serve_tasks

if TYPE_CHECKING:
    import torch

THREADS = 2
TREES = 100

Ids = npt.NDArray[np.uint8]
Cube = npt.NDArray[np.float32]


class NaiveNetwork:
    """The first stages of a backbone; the output of each stage is a layer of the hypercolumns."""

    def __init__(self, card_name: str, weights: Path) -> None:
        """Build a backbone, fill it from a checkpoint and keep the stages that are wanted.

        Raises:
            KeyError: no recipe for this card of layers.
        """
        import torch

        from facies.models.checkpoints import load_checkpoint
        from facies.models.networks import build_network
        from facies.models.registry import get_card

        backbone, cut = STAGES[card_name]
        card = get_card(backbone)
        network = build_network(card)
        load_checkpoint(card, network, weights)
        self._stages = cut(network)
        self._mean = torch.tensor(card.mean).view(1, 3, 1, 1)
        self._std = torch.tensor(card.std).view(1, 3, 1, 1)

    def cube(self, image: Ids) -> Cube:
        """Compute the features of every pixel.

        Args:
            image: uint8 (height, width, 3), RGB.

        Returns:
            float32 (height, width, channels).
        """
        import torch
        from torch.nn import functional

        size = image.shape[:2]
        with torch.inference_mode():
            maps: list[torch.Tensor] = []
            batch = torch.from_numpy(image).permute(2, 0, 1)[None].float() / 255
            batch = (batch - self._mean) / self._std
            for stage in self._stages:
                batch = stage(batch)
                maps.append(batch)
            cube = np.empty((*size, sum(one.shape[1] for one in maps)), np.float32)
            begin = 0
            for one in maps:
                end = begin + one.shape[1]
                whole = functional.interpolate(one, size=size, mode="bilinear", align_corners=False)
                cube[..., begin:end] = whole[0].permute(1, 2, 0).numpy()
                begin = end
        return cube


def _vgg_stages(network: Any) -> list[torch.nn.Module]:
    return [network.features[:5], network.features[5:10]]


def _lite_stages(network: Any) -> list[torch.nn.Module]:
    import torch

    return [torch.nn.Sequential(network.conv_stem, network.bn1), *network.blocks[:3]]


STAGES: dict[str, tuple[str, Callable[[Any], list[torch.nn.Module]]]] = {
    "vgg16-pool1-pool2": ("vgg16", _vgg_stages),
    "lite0-stem-3": ("efficientnet-lite0", _lite_stages),
}
"""For each card of layers: its backbone, and how it is cut. timm's batch norms of lite0 hold their activation."""


def name_pixels(cube: Cube, labels: Ids, unlabelled: int, *, seed: int = 0) -> Ids:
    """Fit a random forest to the labelled pixels and name all pixels by it.

    Args:
        cube: float32 (height, width, channels).
        labels: uint8 (height, width) of class ids.
        unlabelled: the id of pixels without a label.
        seed: of the forest.

    Returns:
        uint8 (height, width) of class ids.
    """
    from sklearn.ensemble import RandomForestClassifier

    known = labels != unlabelled
    forest = RandomForestClassifier(TREES, n_jobs=THREADS, random_state=seed)
    forest.fit(cube[known], labels[known])
    probabilities = forest.predict_proba(cube.reshape(-1, cube.shape[-1]))
    mask: Ids = forest.classes_[probabilities.argmax(1)].reshape(labels.shape).astype(np.uint8)
    return mask


def main(card_name: str, weights: str, folder: str, unlabelled: str) -> None:
    """Load the network and the inputs, greet, then segment whenever asked.

    Args:
        card_name: of a card of layers.
        weights: a checkpoint file of its backbone.
        folder: has image.png and labels.png.
        unlabelled: id of pixels without a label.
    """
    import torch

    importlib.import_module("sklearn.ensemble")  # before anything is measured, as torch is
    torch.set_num_threads(THREADS)
    image, labels = (np.array(Image.open(Path(folder) / f"{name}.png")) for name in ("image", "labels"))
    network = NaiveNetwork(card_name, Path(weights))

    def whole(mask: str) -> dict[str, object]:
        found: list[Ids] = []
        took = spend(lambda: found.append(name_pixels(network.cube(image), labels, int(unlabelled))))
        np.save(mask, found[0])
        return asdict(took)

    def relabel(mask: str) -> dict[str, object]:
        cube = network.cube(image)
        found: list[Ids] = []
        took = spend(lambda: found.append(name_pixels(cube, labels, int(unlabelled))))
        np.save(mask, found[0])
        return asdict(took)

    serve_tasks({"card": card_name}, {"whole": whole, "relabel": relabel})


if __name__ == "__main__":
    main(*sys.argv[1:])
