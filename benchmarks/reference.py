"""The reference way of embedding, as the field does it, as a worker: the peer in every ratio.

torchvision's ImageFolder, a resize to 256 x 256 by antialiased bicubic with Pillow, a centre crop of 224, a DataLoader
of batch 128 without workers, float32, eager, autograd left on, two threads; nothing is said about how threads wait.

Source: the evaluation code of Martinsen et al. (2024), https://doi.org/10.1016/j.aiig.2024.100080.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np

from benchmarks.workers import serve_tasks, timed_pass
from facies.core.metrics import Embeddings

THREADS = 2
BATCH = 128
_SIDE = 1024
_PRODUCTS = 20


def main(card_name: str, weights: str, folder: str, count: str) -> None:
    """Load the network, greet with the paths of the images, then embed them whenever asked."""
    import torch
    from torch.utils.data import DataLoader, Subset
    from torchvision import datasets, transforms

    from facies.models.checkpoints import load_checkpoint
    from facies.models.networks import build_network
    from facies.models.registry import get_card

    torch.set_num_threads(THREADS)
    card = get_card(card_name)
    network = build_network(card)
    load_checkpoint(card, network, Path(weights))
    transform = transforms.Compose(
        [
            transforms.Resize(
                (card.resize_px, card.resize_px), interpolation=transforms.InterpolationMode(card.interpolation)
            ),
            transforms.CenterCrop(card.input_px),
            transforms.ToTensor(),
            transforms.Normalize(card.mean, card.std),
        ]
    )
    images = datasets.ImageFolder(folder, transform=transform)
    number = min(int(count), len(images))
    chosen = Subset(images, range(number))

    def embed() -> list[Embeddings]:
        return [network(batch).detach().numpy() for batch, _labels in DataLoader(chosen, batch_size=BATCH)]

    def save(path: str) -> dict[str, object]:
        np.save(path, np.concatenate(embed()))
        return {}

    serve_tasks(
        {"paths": [path for path, _label in images.samples[:number]]},
        {"embed": lambda: timed_pass(number, embed), "save": save, "products": _time_products},
    )


def _time_products() -> dict[str, object]:
    """How fast a core multiplies large matrices in each precision, GFLOP per second of CPU: no network is faster."""
    import torch

    rates: dict[str, object] = {}
    for name, dtype in (("f32", torch.float32), ("bf16", torch.bfloat16)):
        one = torch.rand(_SIDE, _SIDE).to(dtype)
        torch.mm(one, one)
        start = time.process_time()
        for _ in range(_PRODUCTS):
            torch.mm(one, one)
        rates[name] = _PRODUCTS * 2 * _SIDE**3 / (time.process_time() - start) / 1e9
    return rates


if __name__ == "__main__":
    main(*sys.argv[1:])
