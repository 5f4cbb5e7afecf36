"""Embedding and search against plain references, interleaved A B A B in one run; prints one JSON line.

The embedding reference is the usual way of the field: Pillow and torchvision transforms, one batch of 128, eager
network, autograd left on, the same packaged weights. The search reference is an exact numpy scan. Ratios above 1 mean
that facies is faster; absolute figures depend on the machine and on what else it does.
"""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from facies.core.errors import WeightsNotFoundError
from facies.core.images import decode_image
from facies.core.metrics import exact_neighbours
from facies.core.settings import ImageSettings, ModelSettings, StoreSettings
from facies.core.store import CollectionSchema, Point, VectorQuery, open_store
from facies.indexer.samples import write_samples
from facies.models.embedder import load_embedder
from facies.models.registry import get_card
from facies.models.threads import wait_without_spinning
from facies.models.weights import find_weights_at_hand

CARD = "efficientnet-lite0"
ROUNDS = 3
IMAGES = 128
VECTORS, DIM, QUERIES, K = 10_000, 384, 50, 10


def interleaved(ours: Callable[[], object], reference: Callable[[], object]) -> tuple[float, float]:
    """Median seconds of each, measured by turns after one call of each to warm up."""
    times: dict[Callable[[], object], list[float]] = {ours: [], reference: []}
    for round_number in range(ROUNDS + 1):
        for call, into in times.items():
            start = time.perf_counter()
            call()
            if round_number:
                into.append(time.perf_counter() - start)
    return statistics.median(times[ours]), statistics.median(times[reference])


def measure_embedding(folder: Path) -> dict[str, float]:
    """Files to unit vectors with the packaged EfficientNet-lite0; threads of both sides wait without spinning."""
    wait_without_spinning()  # takes effect before the first import of torch only
    import torch
    from torchvision import transforms

    from facies.models.networks import load_network

    paths = write_samples(folder / "samples", per_class=16)[:IMAGES]
    card = get_card(CARD)
    embedder = load_embedder(CARD, settings=ModelSettings(), weights_dir=folder)
    weights = find_weights_at_hand(card, folder)
    if weights is None:
        raise WeightsNotFoundError(CARD, ["the installed package"], "Run `make install`.")
    network = load_network(card, weights, device="cpu").requires_grad_(requires_grad=True)
    network = network.to(memory_format=torch.contiguous_format)
    transform = transforms.Compose(
        [
            transforms.Resize((card.resize_px, card.resize_px), interpolation=transforms.InterpolationMode.BICUBIC),
            transforms.CenterCrop(card.input_px),
            transforms.ToTensor(),
            transforms.Normalize(card.mean, card.std),
        ]
    )
    limit = ImageSettings().max_pixels

    def ours() -> object:
        return embedder.embed([decode_image(p.read_bytes(), p.name, max_pixels=limit).pixels for p in paths])

    def reference() -> object:
        batch = torch.stack([transform(Image.open(p).convert("RGB")) for p in paths])
        return network(batch).detach().numpy()

    seconds, reference_seconds = interleaved(ours, reference)
    return {
        "embed_images_per_s": round(len(paths) / seconds, 1),
        "embed_ratio": round(reference_seconds / seconds, 2),
    }


def measure_search(folder: Path) -> dict[str, float]:
    """Nearest neighbours among vectors in clusters, in the embedded store."""
    rng = np.random.default_rng(0)
    centres = rng.standard_normal((200, DIM))
    vectors = centres[rng.integers(0, 200, VECTORS)] + 0.7 * rng.standard_normal((VECTORS, DIM))
    unit = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    names = [f"00000000-0000-4000-8000-{number:012x}" for number in range(VECTORS)]
    queries = unit[:QUERIES]
    store = open_store(StoreSettings(), folder / "vectors")
    try:
        store.ensure("bench", CollectionSchema({"v": DIM}))
        start = time.perf_counter()
        store.upsert("bench", [Point(name, {"v": row}) for name, row in zip(names, unit, strict=True)])
        insert_s = time.perf_counter() - start
        expected, _ = exact_neighbours(queries, unit, K)
        wanted = [{names[i] for i in row} for row in expected]
        found = [{h.id for h in store.search("bench", VectorQuery("v", [q], k=K))} for q in queries]

        def ours() -> object:
            return [store.search("bench", VectorQuery("v", [q], k=K)) for q in queries]

        def reference() -> object:
            return [exact_neighbours(q[None], unit, K) for q in queries]

        seconds, reference_seconds = interleaved(ours, reference)
    finally:
        store.close()
    return {
        "insert_per_s": round(VECTORS / insert_s),
        "search_10k_ms": round(seconds / QUERIES * 1000, 3),
        "search_10k_ratio": round(reference_seconds / seconds, 2),
        "search_10k_recall": float(np.mean([len(f & w) / K for f, w in zip(found, wanted, strict=True)])),
    }


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name:
        print(json.dumps(measure_embedding(Path(name)) | measure_search(Path(name))))


if __name__ == "__main__":
    main()
